"""Our account at Twilio, as the environment names it; each is empty where there is none."""

from core.environment import Environment

_env = Environment()

# twilio.com/docs/api/errors/21610: the reader has replied STOP. In the answer to a hand-over and in a callback.
UNSUBSCRIBED = "21610"


def account_sid() -> str:
    """The account's id."""
    return str(_env("TWILIO_ACCOUNT_SID", default=""))


def auth_token() -> str:
    """The key to the account; also signs what Twilio posts."""
    return str(_env("TWILIO_AUTH_TOKEN", default=""))


def phone_number() -> str:
    """The number that alerts come from."""
    return str(_env("TWILIO_PHONE_NUMBER", default=""))


def webhook_url() -> str:
    """How Twilio reaches us (its signatures cover the address)."""
    return str(_env("TWILIO_WEBHOOK_URL", default="")).rstrip("/")
