"""Tables that have no domain word: the audit trail and the answers to idempotent requests."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from core.guards import NO_CHANGE, NO_TRUNCATE


class AuditRecord(models.Model):
    """One deed of a person or a process (`actor` empty). Append-only, enforced by the database."""

    created_at = models.DateTimeField(db_default=Now(), editable=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=80)
    reason = models.CharField(max_length=300, blank=True)
    details = models.JSONField(default=dict, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["subject", "-id"], name="audit_subject"),
            models.Index(fields=["actor", "-id"], name="audit_actor"),
        ]
        triggers = [NO_CHANGE, NO_TRUNCATE]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"


class IdempotentAnswer(models.Model):
    """What a successful write answered under an `Idempotency-Key`."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)  # keyed hash of action and body (core.api)
    status = models.PositiveSmallIntegerField()
    answer = models.JSONField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="idempotent_once")]
        indexes = [models.Index(fields=["created_at"], name="idempotent_age")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.key}"
