"""Settings. Everything that differs between installations comes from the environment (`.env.example`).

`AEIMS_ENV` says where we are: `development` (default), `test` or `production`. Production refuses to start with
an unsafe setting (`aeims.checks`); the others have defaults that need nothing installed.
"""

from pathlib import Path

import django_stubs_ext
import environ
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from aeims.database_settings import database

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
if (BASE_DIR / ".env").exists() and env(
    "AEIMS_ENV", default=""
) != "test":  # tests bring their own environment
    environ.Env.read_env(BASE_DIR / ".env", overwrite=False)

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
DEBUG = env.bool("DEBUG", default=False)

DEVELOPMENT_KEY = "development-only-key-that-production-refuses"
SECRET_KEY = env("SECRET_KEY", default=DEVELOPMENT_KEY)

# -- Hosts: which host shows which site (aeims.hosts). A brand's hosts are rows, accepted while it is active.
PORTAL_HOSTS = env.list(
    "AEIMS_PORTAL_HOSTS", default=["portal.localhost", "sexacomms.com", "www.sexacomms.com"]
)
ADMIN_HOSTS = env.list("AEIMS_ADMIN_HOSTS", default=["admin.localhost"])
INTERNAL_HOSTS = env.list("AEIMS_INTERNAL_HOSTS", default=["localhost", "127.0.0.1", "::1", "web"])
ALLOWED_HOSTS = [
    *PORTAL_HOSTS,
    *ADMIN_HOSTS,
    *(f"[{host}]" if ":" in host else host for host in INTERNAL_HOSTS),
]
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "aeims.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "channels",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "pgtrigger",
    "procrastinate.contrib.django",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "core",
    "brands",
    "customers",
    "operators",
    "billing.ledger",
    "billing",
    "telephony",
    "messaging",
    "web",
    "storefront",
    "portal",
    "backoffice",
    "demo",
]

MIDDLEWARE = [
    "aeims.hosts.BrandHostMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "aeims.compression.CompressPages",
    "aeims.hosts.SiteMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "aeims.hosts.SlashMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "aeims.second_factor.SecondFactorMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
]

# One URL table a site, by `web.requests.Site`; code that runs for no site sees the customers' one.
SITE_URLCONFS = {
    "brand": "aeims.urls.storefront",
    "portal": "aeims.urls.portal",
    "admin": "aeims.urls.backoffice",
    "internal": "aeims.urls.internal",
}
ROOT_URLCONF = SITE_URLCONFS["brand"]
ASGI_APPLICATION = "aeims.asgi.application"
WSGI_APPLICATION = "aeims.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "web.frame.page_frame",
            ],
        },
    },
]

# -- Database: PostgreSQL always. Without DATABASE_URL: the embedded one under the data directory.
DATABASES = {
    "default": {
        **database(env, DATA_DIR),
        "ATOMIC_REQUESTS": False,
    }
}
DATABASE_IS_NAMED = bool(env("DATABASE_URL", default=""))
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- Live messages and cache: Redis where there is one, else PostgreSQL's NOTIFY and memory.
REDIS_URL = env("REDIS_URL", default="")
if REDIS_URL:
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [REDIS_URL]},
        }
    }
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
else:
    CHANNEL_LAYERS = {"default": {"BACKEND": "core.channel_layer.NotifyChannelLayer"}}
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# -- People
AUTH_USER_MODEL = "customers.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
CSRF_FAILURE_VIEW = "web.errors.csrf_failure"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "aeims.allauth_adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_FORMS = {
    "signup": "storefront.accounts.forms.SignUpForm",
    "login": "storefront.accounts.forms.LoginForm",
}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1"]  # without a password: by codes sent to the address
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# The address is proved by a code before the first login. Known and unknown addresses get the same pages and one mail.
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "AEIMS"
STAFF_SECOND_FACTOR = env.bool("AEIMS_STAFF_SECOND_FACTOR", default=IS_PRODUCTION)
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="support@localhost")

# -- Security. TLS ends at the proxy, which sets X-Forwarded-Proto.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_PRODUCTION
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = IS_PRODUCTION
SECURE_REDIRECT_EXEMPT = [
    r"^api/telephony/(events|sounds)/",
    r"^events/call$",
    r"^livez$",
    r"^readyz$",
]  # spoken inside
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_PRODUCTION else None
SECURE_HSTS_SECONDS = 31_536_000 if IS_PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_PRODUCTION
SILENCED_SYSTEM_CHECKS = [
    "security.W021"
]  # to be in browsers' preload lists is the domains' owner's decision
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    name: [] for name in ("camera", "geolocation", "microphone", "payment", "usb", "midi", "display-capture")
}

FILE_UPLOAD_HANDLERS = [
    "aeims.uploads.BoundedUpload",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# -- Static files
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles" if IS_PRODUCTION else None  # elsewhere they are served where they lie
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "aeims.static.HashedStorage"
        if IS_PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not IS_PRODUCTION

# -- API
API_PREFIX = "/api/"  # as in aeims.urls.common; below it every answer is JSON
THROTTLES_ON = env.bool("AEIMS_THROTTLES", default=True)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.TokenAuthentication",
        "core.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["core.parsers.JSONParser", "rest_framework.parsers.FormParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "core.api.exception_handler",
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.ScopedRateThrottle"] if THROTTLES_ON else [],
    "DEFAULT_THROTTLE_RATES": {"calls": "30/min", "reads": "600/min", "messages": "60/min"},
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "COERCE_DECIMAL_TO_STRING": False,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "AEIMS",
    "DESCRIPTION": "Pay-per-minute voice and text. Amounts are decimal numbers in the currency of the account.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": API_PREFIX,
    "ENUM_NAME_OVERRIDES": {},
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "core.openapi.complete"],
}

# -- Telephony (docs/design.md section 8)
AEIMS_API_KEY = env("AEIMS_API_KEY", default="")
PORT = env.int("PORT", default=8000)
ADAPTER_LISTEN = env("ADAPTER_LISTEN", default="127.0.0.1:8090")
ASTERISK_ADAPTER_URL = env("ASTERISK_ADAPTER_URL", default=f"http://{ADAPTER_LISTEN}").rstrip("/")
TELEPHONY_ALLOWED_PREFIXES = env.list("TELEPHONY_ALLOWED_PREFIXES", default=["+1"])
TELEPHONY_LAB_PREFIXES = env.list("TELEPHONY_LAB_PREFIXES", default=[])
MAX_UNJOINED_ATTEMPTS = env.int("AEIMS_MAX_UNJOINED_ATTEMPTS", default=3)  # in ten minutes; 0: no limit
# Codes spoken to phones, which cost us a call each: seconds between two, and how many in a day and in the house's hour.
PHONE_CODES = {
    "PAUSE_SECONDS": env.int("AEIMS_PHONE_CODE_PAUSE_SECONDS", default=60),
    "PER_NUMBER_DAILY": env.int("AEIMS_PHONE_CODES_PER_NUMBER", default=3),
    "PER_CUSTOMER_DAILY": env.int("AEIMS_PHONE_CODES_PER_CUSTOMER", default=5),
    "PER_HOUR": env.int("AEIMS_PHONE_CODES_PER_HOUR", default=200),
}
# How long each phone rings, seconds (5 to 120).
CUSTOMER_RING_SECONDS = env.int("AEIMS_CUSTOMER_RING_SECONDS", default=30)
OPERATOR_RING_SECONDS = env.int("AEIMS_OPERATOR_RING_SECONDS", default=25)

# -- SMS, optional. `TWILIO_WEBHOOK_URL` is how Twilio reaches `/api/sms/` (signatures cover the address).
TWILIO_ACCOUNT_SID = env("TWILIO_ACCOUNT_SID", default="")
TWILIO_AUTH_TOKEN = env("TWILIO_AUTH_TOKEN", default="")
TWILIO_PHONE_NUMBER = env("TWILIO_PHONE_NUMBER", default="")
TWILIO_WEBHOOK_URL = env("TWILIO_WEBHOOK_URL", default="").rstrip("/")

# -- Messages (what differs by brand is a row: messaging.models.BrandRules)
MESSAGING = {
    "MAX_LENGTH": env.int("AEIMS_MESSAGE_MAX_LENGTH", default=1000),
    "MAX_SEGMENTS": env.int("AEIMS_MESSAGE_MAX_SEGMENTS", default=4),
    "MAX_PER_MINUTE": env.int("AEIMS_MESSAGES_PER_MINUTE", default=30),
    "SESSION_GAP_SECONDS": env.int("AEIMS_CHAT_SESSION_GAP_SECONDS", default=1800),
    "ALERT_DELAY_SECONDS": env.int("AEIMS_MESSAGE_ALERT_DELAY_SECONDS", default=60),
    "ANSWERS_UNKNOWN_NUMBERS": env.bool("AEIMS_SMS_ANSWERS_UNKNOWN_NUMBERS", default=True),
}

# -- Money limits (cents, seconds)
BILLING = {
    "GRANT_STEP_SECONDS": env.int("AEIMS_GRANT_STEP_SECONDS", default=180),
    "ASK_AHEAD_SECONDS": env.int("AEIMS_ASK_AHEAD_SECONDS", default=90),
    "WARN_AT_SECONDS": sorted(env.list("AEIMS_WARN_AT_SECONDS", cast=int, default=[60, 15]), reverse=True),
    "CURRENCY": env("AEIMS_CURRENCY", default="USD"),
    "MAX_CALL_SECONDS": env.int("AEIMS_MAX_CALL_SECONDS", default=4 * 3600),
    "PROMO_PAY_BPS": env.int("AEIMS_PROMO_PAY_BPS", default=10_000),
    "FREE_MINUTES_ORDER": env("AEIMS_FREE_MINUTES_ORDER", default="granted"),
    "MAX_BALANCE_MINOR": env.int("AEIMS_MAX_BALANCE_MINOR", default=100_000),
    "FIRST_INCREMENT_SECONDS": env.int("AEIMS_FIRST_INCREMENT_SECONDS", default=60),
    "NEXT_INCREMENT_SECONDS": env.int("AEIMS_NEXT_INCREMENT_SECONDS", default=60),
    "GRACE_SECONDS": env.int("AEIMS_GRACE_SECONDS", default=0),
    "STAFF_DAILY_MINOR": env.int("AEIMS_STAFF_DAILY_MINOR", default=100_000),
    "STAFF_DAILY_FREE_MINUTES": env.int("AEIMS_STAFF_DAILY_FREE_MINUTES", default=1_000),
}

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"no_numbers": {"()": "core.log_redaction.RedactNumbers"}},
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["no_numbers"]}
    },
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django.server": {"handlers": ["console"], "propagate": False},
        "procrastinate": {"level": "WARNING"},  # it tells each registration of each task
    },
}
