"""Words of messages."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Side(TextChoices):
    """Who of the two: the seed's `sender_type`."""

    CUSTOMER = "customer", "customer"
    OPERATOR = "operator", "operator"

    @property
    def other(self) -> "Side":
        return Side.OPERATOR if self is Side.CUSTOMER else Side.CUSTOMER


class MessageType(TextChoices):
    """How a message was written: on the site, or as an SMS (the seed's `message_type`)."""

    CHAT = "chat", "chat"
    SMS = "sms", "SMS"


class Delivery(TextChoices):
    """How far a message got, as its sender is shown."""

    SENT = "sent", _("sent")
    DELIVERED = "delivered", _("delivered")
    READ = "read", _("read")
    FAILED = "failed", _("not delivered")


class SmsMode(TextChoices):
    """What a brand uses SMS for. The product is whole without."""

    OFF = "off", "nothing"
    ALERTS = "alerts", "neutral alerts: content stays on the site"
    FULL = "full", "the texts themselves"


class SmsDirection(TextChoices):
    """Which way it went."""

    IN = "in", "received"
    OUT = "out", "sent"


class SmsKind(TextChoices):
    """Why an SMS was written."""

    TEXT = "text", "a message of a conversation"
    ALERT = "alert", "that there is a new message"
    KEYWORD = "keyword", "STOP, HELP, START"
    REFUSED = "refused", "not taken: unknown number, pictures, no money"


class SmsState(TextChoices):
    """Where an outgoing SMS stands. It only moves forward; the last five are final."""

    QUEUED = "queued", "waiting"
    SENDING = "sending", "handed to the carrier, outcome unknown"
    SENT = "sent", "accepted by the carrier"
    DELIVERED = "delivered", "delivered"
    UNDELIVERED = "undelivered", "not delivered"
    FAILED = "failed", "refused"
    DROPPED = "dropped", "not sent: no longer wanted"
    RECEIVED = "received", "received"


FINAL_SMS_STATES = (
    SmsState.DELIVERED,
    SmsState.UNDELIVERED,
    SmsState.FAILED,
    SmsState.DROPPED,
    SmsState.RECEIVED,
)


class ConsentAction(TextChoices):
    """What a person said about SMS to their number, START or STOP. The newest counts.

    The last two are about a STOP that was obeyed before the provider could be asked whether somebody had said it.
    """

    START = "start", "wants SMS"
    STOP = "stop", "wants none"
    HELP = "help", "asked for help"
    PROVED = "proved", "STOP checked: it was said"
    UNDO = "undo", "STOP checked: it was never said"


class ConsentSource(TextChoices):
    """How we know."""

    SMS = "sms", "by SMS"
    SITE = "site", "on the site"
    CARRIER = "carrier", "told by the carrier"
    CLAIMED = "claimed", "by SMS, to be checked"
