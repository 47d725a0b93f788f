"""Settings of cookies, transport, response headers and passwords. `aeims.settings` takes each by its name."""

from typing import Any

from csp.constants import NONCE, NONE, SELF

from aeims.environment import IS_PRODUCTION, env

# -- Cookies. The prefix has browsers keep each to its own host, secure and for all paths; it needs https.
_PREFIX = "__Host-" if IS_PRODUCTION else ""
SESSION_COOKIE_NAME = f"{_PREFIX}sessionid"
CSRF_COOKIE_NAME = f"{_PREFIX}csrftoken"
MESSAGES_COOKIE_NAME = f"{_PREFIX}messages"
AGE_COOKIE_NAME = f"{_PREFIX}adult"
SCHEME_COOKIE_NAME = f"{_PREFIX}scheme"
DEVICE_COOKIE_NAME = f"{_PREFIX}device"
LINK_COOKIE_NAME = f"{_PREFIX}link"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_PRODUCTION
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True  # scripts read the page's token
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "web.errors.csrf_failure"
MESSAGE_STORAGE = "web.message_storage.MessageStorage"

SESSION_ENGINE = "aeims.session_engine"

# -- Data at rest (core.encryption): the first key of each list is in use, the others are still understood.
DEVELOPMENT_DATA_KEY = "development-only-data-key-that-production-refuses"
DEVELOPMENT_HASH_KEY = "development-only-hash-key-that-production-refuses"
DEVELOPMENT_DOCUMENT_KEY = "development-only-document-key-that-production-refuses"
DATA_KEYS = env.list("AEIMS_DATA_KEYS", default=[DEVELOPMENT_DATA_KEY])
HASH_KEYS = env.list("AEIMS_HASH_KEYS", default=[DEVELOPMENT_HASH_KEY])
DOCUMENT_KEYS = env.list("AEIMS_DOCUMENT_KEYS", default=[DEVELOPMENT_DOCUMENT_KEY])
RECEIPT_KEY = env("AEIMS_RECEIPT_KEY", default="")  # shuffles the numbers of receipts; never replaced

# -- Transport. TLS ends at the proxy, which sets X-Forwarded-Proto (believed from these networks alone: aeims.client_address).
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
TRUSTED_PROXIES = env.list(
    "TRUSTED_PROXIES",
    default=["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"],
)
SECURE_SSL_REDIRECT = IS_PRODUCTION
SECURE_REDIRECT_EXEMPT = [
    r"^api/telephony/(events|event-batches|greeting-calls|sounds)/",
    r"^events/call$",
    r"^livez$",
    r"^readyz$",
    r"^hosts/served$",
]  # spoken inside
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_PRODUCTION else None
SECURE_HSTS_SECONDS = 31_536_000 if IS_PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_PRODUCTION
SILENCED_SYSTEM_CHECKS = ["security.W021"]  # browsers' preload lists are the domains' owner's decision

# -- Headers
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "media-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    name: [] for name in ("camera", "geolocation", "microphone", "payment", "usb", "midi", "display-capture")
}

# -- Passwords
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "customers.passwords.BreachedPasswordValidator"},
    {"NAME": "customers.passwords.BrandNameValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "customers.php_passwords.PhpBcryptHasher",  # of accounts that moved in, until their owners log in
]
OPERATOR_SECOND_FACTOR = env.bool("AEIMS_OPERATOR_SECOND_FACTOR", default=False)
STAFF_SECOND_FACTOR = env.bool("AEIMS_STAFF_SECOND_FACTOR", default=IS_PRODUCTION)

# -- Sessions: seconds without a deed, and seconds since the login, after which one has to log in again
CUSTOMER_IDLE_SECONDS = env.int("AEIMS_CUSTOMER_IDLE_SECONDS", default=14 * 86_400)
CUSTOMER_SESSION_SECONDS = env.int("AEIMS_CUSTOMER_SESSION_SECONDS", default=30 * 86_400)
OPERATOR_IDLE_SECONDS = env.int("AEIMS_OPERATOR_IDLE_SECONDS", default=12 * 3600)
OPERATOR_SESSION_SECONDS = env.int("AEIMS_OPERATOR_SESSION_SECONDS", default=7 * 86_400)
STAFF_IDLE_SECONDS = env.int("AEIMS_STAFF_IDLE_SECONDS", default=1800)
STAFF_SESSION_SECONDS = env.int("AEIMS_STAFF_SESSION_SECONDS", default=12 * 3600)
MAX_SESSIONS = env.int("AEIMS_MAX_SESSIONS", default=10)  # of one person
STAFF_RECENT_LOGIN_SECONDS = env.int("AEIMS_STAFF_RECENT_LOGIN_SECONDS", default=600)  # 0: not asked again

# -- Guessing (docs/authentication.md): how many, in which time, counted by network address, account, or what is typed
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "request_login_code": "20/m/ip,3/m/key",
    "reset_password": "20/m/ip,5/m/key",
    "reset_password_from_key": "20/m/ip",
    "signup": "20/m/ip",
    "reauthenticate": "10/m/user",
    "change_password": "5/m/user",
    "manage_email": "10/m/user",
    "confirm_email": "1/10s/key",
}
