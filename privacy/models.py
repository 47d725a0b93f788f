"""What people asked for about their data. Written by `privacy.services` alone."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from brands.models import Brand
from privacy.states import ErasureState, ExportState


class Erasure(models.Model):
    """Somebody's data are to be erased at `due_at`, unless they change their mind. The row stays: that it was asked for, and done."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="erasures", db_index=False
    )
    state = models.CharField(max_length=10, choices=ErasureState.choices, default=ErasureState.WAITING)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    reason = models.CharField(max_length=300, blank=True)
    closes_account = models.BooleanField(default=False)  # it was open before, and is again if taken back
    requested_at = models.DateTimeField()
    due_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    obstacle = models.CharField(max_length=30, blank=True)  # why it was not done when it was due

    class Meta:
        permissions = [
            ("erase_person", "Can have a person's data erased"),
            ("export_person", "Can export a person's data"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(state=ErasureState.WAITING), name="one_waiting_erasure"
            )
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state=ErasureState.WAITING), name="erasure_waiting"),
            models.Index(fields=["user", "-id"], name="erasure_of_user"),
        ]

    def __str__(self) -> str:
        return f"erasure {self.pk}"


class DataExport(models.Model):
    """A copy of what is kept about somebody, for the one who asked for it: the person, or staff. Deleted after some days."""

    reference = models.CharField(
        max_length=60, unique=True, editable=False
    )  # in the address where it is downloaded
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="exports", db_index=False
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    reason = models.CharField(max_length=300, blank=True)
    brand = models.ForeignKey(
        Brand, null=True, on_delete=models.PROTECT, related_name="+"
    )  # where it was asked for
    state = models.CharField(max_length=10, choices=ExportState.choices, default=ExportState.WAITING)
    requested_at = models.DateTimeField()
    ready_at = models.DateTimeField(null=True)
    data = models.BinaryField(default=b"")  # a ZIP file, encrypted (core.encryption)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "requested_by"],
                condition=Q(state=ExportState.WAITING),
                name="one_waiting_export",
            )
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="export_of_user"),
            models.Index(fields=["requested_at"], name="export_age"),
        ]

    def __str__(self) -> str:
        return self.reference
