"""Our account at Twilio, as the environment names it; each is empty where there is none."""

from core.provider_settings import Declaration, Secret, Setting

# twilio.com/docs/api/errors/21610: the reader has replied STOP. In the answer to a hand-over and in a callback.
UNSUBSCRIBED = "21610"

_ACCOUNT_SID = Setting("TWILIO_ACCOUNT_SID")
_AUTH_TOKEN = Secret(
    "TWILIO_AUTH_TOKEN",
    among="SMS_SECRETS",
    algorithm="HTTP Basic over TLS; HMAC-SHA1, by Twilio's protocol",
    replaced="every 90 days: make Twilio's secondary token, change it here, promote it",
)
_PHONE_NUMBER = Setting("TWILIO_PHONE_NUMBER")
_WEBHOOK_URL = Setting("TWILIO_WEBHOOK_URL")

DECLARATION = Declaration(
    title="Twilio",
    settings=(_ACCOUNT_SID, _AUTH_TOKEN, _PHONE_NUMBER, _WEBHOOK_URL),
    hosts=("api.twilio.com",),
    proof="signed, each parameter once; a text counts once Twilio was asked for it",
)


def account_sid() -> str:
    """The account's id."""
    return _ACCOUNT_SID.value


def auth_token() -> str:
    """The key to the account; also signs what Twilio posts."""
    return _AUTH_TOKEN.value


def phone_number() -> str:
    """The number that alerts come from."""
    return _PHONE_NUMBER.value


def webhook_url() -> str:
    """How Twilio reaches us (its signatures cover the address)."""
    return _WEBHOOK_URL.value.rstrip("/")
