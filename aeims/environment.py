"""Where we are and where things lie; the environment that the settings are read from, with what `.env` adds to it."""

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from core.environment import Environment

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment()
if (BASE_DIR / ".env").exists() and env(
    "AEIMS_ENV", default=""
) != "test":  # tests bring their own environment
    Environment.read_env(BASE_DIR / ".env", overwrite=False)

AEIMS_ENV = env("AEIMS_ENV", default="development")
if AEIMS_ENV not in (
    "development",
    "test",
    "production",
):  # a slip of the pen must not open what production closes
    raise ImproperlyConfigured(f"AEIMS_ENV is {AEIMS_ENV!r}: development, test or production.")
IS_PRODUCTION = AEIMS_ENV == "production"
IS_DEMO = env.bool("AEIMS_DEMO", default=False)
DATA_DIR = Path(env("AEIMS_DATA_DIR", default=str(BASE_DIR / ".local"))).resolve()
SERVES_PEOPLE = env("AEIMS_PROCESS", default="") == "web"  # set by aeims.asgi and aeims.wsgi
