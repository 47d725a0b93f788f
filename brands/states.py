"""Words about brands and what the platform offers on them."""

from django.db.models import TextChoices


class Service(TextChoices):
    """What the owner can pause on all brands at once. What is running goes on: calls to their end, payments to their result."""

    CALLS = "calls", "new calls"
    LOADS = "loads", "adding funds by card"
    PAYOUTS = "payouts", "payouts"
