"""Settings of the JSON API and its description. `aeims.settings` takes each by its name."""

from aeims.environment import env

API_PREFIX = "/api/"  # as in aeims.urls.common; below it every answer is JSON
THROTTLES_ON = env.bool("AEIMS_THROTTLES", default=True)
PAGES_PER_MINUTE = env.int("AEIMS_PAGES_PER_MINUTE", default=300)  # of the directory
API_TOKEN_SECONDS = env.int("AEIMS_API_TOKEN_SECONDS", default=30 * 86_400)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "customers.api_tokens.ApiTokenAuthentication",
        "core.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["core.parsers.JSONParser", "rest_framework.parsers.FormParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "core.api.exception_handler",
    "DEFAULT_THROTTLE_CLASSES": ["core.throttles.ScopedThrottle"] if THROTTLES_ON else [],
    "DEFAULT_THROTTLE_RATES": {"calls": "30/min", "reads": "600/min", "messages": "60/min"},
    "NUM_PROXIES": 0,  # REMOTE_ADDR is the client's (aeims.client_address); a header may claim anything
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
