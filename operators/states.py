"""Words about operators."""

from django.db.models import TextChoices


class Standing(TextChoices):
    """Whether the house lets an operator work."""

    PENDING = "pending", "waiting for approval"
    APPROVED = "approved", "approved"
    SUSPENDED = "suspended", "suspended"


class Presence(TextChoices):
    """What the operator chose. Being in a call is kept apart, for it is not theirs to choose."""

    ONLINE = "online", "Online"
    AWAY = "away", "Away"
    OFFLINE = "offline", "Offline"


class Availability(TextChoices):
    """What others see: the choice, unless a call is in the way."""

    ONLINE = "online", "Online"
    BUSY = "busy", "In a call"
    AWAY = "away", "Away"
    OFFLINE = "offline", "Offline"


class BlockedBy(TextChoices):
    """Which side wants no contact."""

    OPERATOR = "operator", "the operator"
    CUSTOMER = "customer", "the customer"
