"""Settings. Everything that differs between installations comes from the environment (`.env.example`).

`AEIMS_ENV` says where we are: `development` (default), `test` or `production`. Production refuses to start with
an unsafe setting (`aeims.checks`); the others have defaults that need nothing installed.
"""

import django_stubs_ext

from aeims import factor_settings, mail_settings
from aeims.api_settings import (
    API_PREFIX,
    API_TOKEN_SECONDS,
    PAGES_PER_MINUTE,
    REST_FRAMEWORK,
    SPECTACULAR_SETTINGS,
    THROTTLES_ON,
)
from aeims.backup_settings import BACKUP
from aeims.database_rights import DATABASE_RIGHTS, DATABASE_RIGHTS_OTHERWISE
from aeims.database_settings import database
from aeims.environment import (
    AEIMS_ENV,
    BASE_DIR,
    DATA_DIR,
    IS_DEMO,
    IS_PRODUCTION,
    env,
)
from aeims.host_settings import (
    ADMIN_HOSTS,
    ALLOWED_HOSTS,
    CSRF_TRUSTED_ORIGINS,
    INTERNAL_HOSTS,
    PORTAL_HOSTS,
    SANDBOX_HOSTS,
)
from aeims.live_settings import CACHES, CHANNEL_LAYERS, REDIS_URL
from aeims.logging_settings import LOGGING, SENTRY_DSN
from aeims.product_settings import (
    ACCESS_CARD_KINDS,
    ADAPTER_LISTEN,
    AEIMS_API_KEY,
    AEIMS_API_KEY_FALLBACKS,
    ASTERISK_ADAPTER_URL,
    BILLING,
    CONTRACT_GRACE_DAYS,
    CORRECTION_LIMIT_MINOR,
    CUSTOMER_RING_SECONDS,
    EXCHANGE_ALARM,
    FAULT_REFUND_SECONDS,
    HOLD_SECONDS,
    INTERNAL_CA,
    LINK_COOKIE_DAYS,
    MAX_UNJOINED_ATTEMPTS,
    MESSAGING,
    METRICS_KEY,
    MORNING_LETTER_HOUR,
    NEXT_PHONE_SECONDS,
    OPERATOR_RING_SECONDS,
    PHONE_CODES,
    PORT,
    PROFILE_TEXTS_WAIT,
    PUSH_HOSTS,
    PUSH_KEY,
    REAPPLY_DAYS,
    RESERVATIONS_PER_HOUR,
    RTP_TIMEOUT,
    SIMULATED_PHONES_HEARD,
    TAX_FORM_GRACE_DAYS,
    TELEPHONY_ALLOWED_PREFIXES,
    TELEPHONY_LAB_PREFIXES,
)
from aeims.security_settings import (
    ACCOUNT_RATE_LIMITS,
    AGE_COOKIE_NAME,
    AUTH_PASSWORD_VALIDATORS,
    CONTENT_SECURITY_POLICY,
    CSRF_COOKIE_HTTPONLY,
    CSRF_COOKIE_NAME,
    CSRF_COOKIE_SAMESITE,
    CSRF_COOKIE_SECURE,
    CSRF_FAILURE_VIEW,
    CUSTOMER_IDLE_SECONDS,
    CUSTOMER_SESSION_SECONDS,
    DATA_KEYS,
    DEVICE_COOKIE_NAME,
    DOCUMENT_KEYS,
    HASH_KEYS,
    LINK_COOKIE_NAME,
    MAX_SESSIONS,
    MESSAGE_STORAGE,
    MESSAGES_COOKIE_NAME,
    OPERATOR_IDLE_SECONDS,
    OPERATOR_SECOND_FACTOR,
    OPERATOR_SESSION_SECONDS,
    PASSWORD_HASHERS,
    PERMISSIONS_POLICY,
    RECEIPT_KEY,
    SCHEME_COOKIE_NAME,
    SECURE_HSTS_INCLUDE_SUBDOMAINS,
    SECURE_HSTS_SECONDS,
    SECURE_PROXY_SSL_HEADER,
    SECURE_REDIRECT_EXEMPT,
    SECURE_REFERRER_POLICY,
    SECURE_SSL_REDIRECT,
    SESSION_COOKIE_HTTPONLY,
    SESSION_COOKIE_NAME,
    SESSION_COOKIE_SAMESITE,
    SESSION_COOKIE_SECURE,
    SESSION_ENGINE,
    SILENCED_SYSTEM_CHECKS,
    STAFF_IDLE_SECONDS,
    STAFF_RECENT_LOGIN_SECONDS,
    STAFF_SECOND_FACTOR,
    STAFF_SESSION_SECONDS,
    TRUSTED_PROXIES,
    TRUSTED_PROXY_COUNT,
    X_FRAME_OPTIONS,
)

django_stubs_ext.monkeypatch()

DEBUG = env.bool("DEBUG", default=False)

DEVELOPMENT_KEY = "development-only-key-that-production-refuses"
SECRET_KEY = env("SECRET_KEY", default=DEVELOPMENT_KEY)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])

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
    "pghistory",
    "procrastinate.contrib.django",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "core",
    "brands",
    "phones",
    "customers",
    "operators",
    "billing.ledger",
    "billing",
    "billing.payouts",
    "billing.gateways.sandbox",  # its tables are everywhere, so that migrations are the same; it works nowhere in production
    "notices",
    "telephony",
    "messaging",
    "history",
    "privacy",
    "web",
    "storefront",
    "portal",
    "backoffice",
    *(["demo"] if (BASE_DIR / "demo").is_dir() else []),  # not in the image
]

MIDDLEWARE = [
    "aeims.request_log.RequestLogMiddleware",
    "aeims.client_address.ClientAddressMiddleware",
    "aeims.content_security.ContentSecurityMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "aeims.hosts.BrandHostMiddleware",
    "aeims.transport.TransportMiddleware",
    *([] if IS_PRODUCTION else ["aeims.compression.CompressStatic"]),
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "aeims.compression.CompressPages",
    "aeims.hosts.SiteMiddleware",
    "aeims.private_answers.PrivateAnswersMiddleware",
    "aeims.readable_input.ReadableInputMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "aeims.hosts.SlashMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "aeims.site_sessions.SiteAuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "aeims.second_factor.SecondFactorMiddleware",
    "aeims.session_lifetimes.SessionLifetimeMiddleware",
    "aeims.account_guard.AccountGuardMiddleware",
]

# One URL table a site, by `web.requests.Site`; code that runs for no site sees the customers' one.
SITE_URLCONFS = {
    "brand": "aeims.urls.storefront",
    "portal": "aeims.urls.portal",
    "admin": "aeims.urls.backoffice",
    "internal": "aeims.urls.internal",
    "sandbox": "aeims.urls.sandbox",
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
                *(
                    ["demo.help.demo_help"]
                    if IS_DEMO and not IS_PRODUCTION and (BASE_DIR / "demo").is_dir()
                    else []
                ),
            ],
        },
    },
]

# -- Database: PostgreSQL always. Without DATABASE_URL: the embedded one under the data directory.
DATABASES = {"default": {**database(env, DATA_DIR), "ATOMIC_REQUESTS": False}}
DATABASE_IS_NAMED = bool(env("DATABASE_URL", default=""))
DATABASE_OWNER_IS_NAMED = bool(env("DATABASE_OWNER_URL", default=""))
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- People
AUTH_USER_MODEL = "customers.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "aeims.allauth_adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_FORMS = {
    "signup": "storefront.accounts.forms.SignUpForm",
    "login": "storefront.accounts.forms.LoginForm",
    "request_login_code": "aeims.account_forms.RequestLoginCodeForm",
    "reset_password": "aeims.account_forms.ResetPasswordForm",
    "reset_password_from_key": "aeims.account_forms.ResetPasswordKeyForm",
    "change_password": "aeims.account_forms.ChangePasswordForm",
    "set_password": "aeims.account_forms.SetPasswordForm",
    "add_email": "aeims.account_forms.AddEmailForm",
    "reauthenticate": "aeims.account_forms.ReauthenticateForm",
}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1"]  # without a password: by codes sent to the address
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# The address is proved by a code before the first login. Known and unknown addresses get the same pages and one mail.
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = 600  # seconds, as for the codes that log in
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
PASSWORD_RESET_TIMEOUT = 3600  # seconds that the link in the mail works
vars().update(factor_settings.SETTINGS)
vars().update(mail_settings.SETTINGS)

# -- Uploads
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

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"
