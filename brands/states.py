"""Words about brands and what the platform offers on them."""

from django.db.models import TextChoices


class Service(TextChoices):
    """What the owner can pause on all brands at once. What is running goes on: calls to their end, payments to their result."""

    CALLS = "calls", "new calls"
    LOADS = "loads", "adding funds by card"
    PAYOUTS = "payouts", "payouts"


class Attestation(TextChoices):
    """How the carrier signs the caller ids of a brand (STIR/SHAKEN, ATIS-1000074), as the owner was told by it."""

    FULL = "A", "A: it knows us, and that the numbers are ours"
    PARTIAL = "B", "B: it knows us, not the numbers"
    GATEWAY = "C", "C: it only passes the calls on"
