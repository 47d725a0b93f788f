"""Photos as AVIF beside WebP: made by the worker of the files that we serve, until when pages show WebP alone.

A photo is offered as AVIF once each of its sizes is smaller that way: a browser takes one format for all sizes.
"""

import logging

from django.db.models import Q

from core.db import transactional
from operators.models import Operator, Photo, PhotoFile
from operators.photo_processing import smaller_as_avif
from operators.services.submissions import lock_operator
from operators.states import ReviewState

log = logging.getLogger(__name__)

MAKE_AVIF = "operators.make_avif"
# What Pillow raises for a file that it can't read or write.
_UNREADABLE = (OSError, RuntimeError, SyntaxError, ValueError)


def make_avif(*, photo_id: int) -> None:
    """Make the files of one photo that were not made yet. Nothing if it was replaced or taken down meanwhile.

    A file that can't be read is logged and counts as looked at, so that nobody comes back to it.
    """
    for file in PhotoFile.objects.filter(photo=photo_id, avif=None):
        try:
            avif = smaller_as_avif(bytes(file.data))
        except _UNREADABLE:
            log.exception("photo %s at %s: no AVIF of a file that can't be read", photo_id, file.width)
            avif = b""
        PhotoFile.objects.filter(pk=file.pk, avif=None).update(avif=avif)
    _offer(photo_id)


def make_missing_avif(*, most: int) -> int:
    """Make those of `most` photos from before there was any, or whose job was lost; returns of how many."""
    missing = Photo.objects.filter(files__avif=None, files__isnull=False).order_by("pk").distinct()
    photos = list(missing.values_list("pk", flat=True)[:most])
    for photo_id in photos:
        make_avif(photo_id=photo_id)
    return len(photos)


def has_avif(photo: Photo) -> bool:
    """Whether every size of it is smaller as AVIF."""
    files = photo.files.all()
    return files.exists() and not files.filter(Q(avif=None) | Q(avif=b"")).exists()


@transactional
def _offer(photo_id: int) -> None:
    """Let pages name the files, if the photo is shown. The operator is locked: staff may approve it at this moment."""
    owner = Photo.objects.filter(pk=photo_id).values_list("operator_id", flat=True).first()
    if owner is None:
        return
    operator = lock_operator(owner)
    photo = operator.photos.filter(pk=photo_id, state=ReviewState.SHOWN).first()
    if photo is not None and has_avif(photo):
        Operator.objects.filter(pk=operator.pk).update(avif_photo=photo.digest)
