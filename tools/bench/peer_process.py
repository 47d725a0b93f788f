"""What the peers' processes have in common: `python -m tools.bench.peer_X prepare|rate URL [CLIENTS COUNT]`, in their own environment.

Nothing of the product is imported here: these run where it isn't installed.
"""

import sys
from collections.abc import Callable
from urllib.parse import parse_qs, unquote, urlsplit

from tools.bench.load import WARM_UP, in_parallel

OPERATORS = 100  # whom the customers call; each customer and each operator has an account


def set_up(url: str, apps: list[str], **settings: object) -> None:
    """Django with these apps on the database at `url`, whose connections are kept."""
    import django
    from django.conf import settings as django_settings

    parts = urlsplit(url)
    database = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": parts.username,
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parse_qs(parts.query)["host"][0],
        "CONN_MAX_AGE": None,
    }
    django_settings.configure(
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", *apps],
        DATABASES={"default": database},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        SECRET_KEY="of-a-benchmark",  # noqa: S106
        USE_TZ=True,
        **settings,
    )
    django.setup()


def run(prepare: Callable[[], None], sale: Callable[[], Callable[[int], object]]) -> None:
    """What the command line asks for. `sale()` gives what posts the sale of a number, once accounts are read."""
    if sys.argv[1] == "prepare":
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        prepare()
        sale()(
            0
        )  # what the first one makes, such as a counter, is there before several clients want it at once
    else:
        clients, count = map(int, sys.argv[3:5])
        print(in_parallel(clients, sale(), range(count + clients * WARM_UP)))
