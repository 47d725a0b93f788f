"""Operators' photos: what is shown, what waits for staff, and the files of each."""

from django.db import models
from django.db.models import Q

from operators.models.operator import Operator
from operators.models.submission import Submission
from operators.portrait_urls import Portrait, photo_portrait
from operators.states import ReviewState


class Photo(Submission):
    """A photo on its way to the customers; of each operator one that is shown, one that waits or was refused."""

    operator = models.ForeignKey(Operator, on_delete=models.CASCADE, related_name="photos", db_index=False)
    digest = models.CharField(max_length=32, db_index=True)  # of the largest file's content
    color = models.CharField(max_length=7, blank=True, db_default="", default="")  # see `photo_processing`

    class Meta:
        constraints = [models.UniqueConstraint(fields=["operator", "state"], name="photo_once")]
        indexes = [
            models.Index(fields=["id"], name="photo_waiting", condition=Q(state=ReviewState.WAITING)),
        ]

    def __str__(self) -> str:
        return f"photo of {self.operator_id}"

    @property
    def portrait(self) -> Portrait:
        """As it would be shown."""
        return photo_portrait(
            self.digest, alt=f"The new photo of {self.operator.stage_name}", color=self.color
        )


class PhotoFile(models.Model):
    """One size of a photo, drawn by us (`operators.photo_processing`): some tens of kilobytes.

    `data` is WebP. `avif` is null until the worker has looked (`services.make_avif`), and empty where AVIF is not smaller
    or the file can't be read.
    """

    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="files", db_index=False)
    width = models.PositiveSmallIntegerField()
    data = models.BinaryField()
    avif = models.BinaryField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["photo", "width"], name="photo_file_once")]
        indexes = [
            models.Index(fields=["photo"], name="photo_file_without_avif", condition=Q(avif=None)),
        ]

    def __str__(self) -> str:
        return f"{self.photo_id} at {self.width}"
