"""Words about what people asked for."""

from django.db.models import TextChoices


class ErasureState(TextChoices):
    """How far an erasure has come."""

    WAITING = "waiting", "waiting"
    CANCELED = "canceled", "withdrawn"
    DONE = "done", "done"


class ExportState(TextChoices):
    """How far a copy of someone's data has come."""

    WAITING = "waiting", "being made"
    READY = "ready", "ready"
