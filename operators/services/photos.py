"""A photo's way to the customers: the operator offers it, staff approve or refuse it, either takes it down.

Until it is approved the former photo, or the drawn portrait, stays. Every step is on record; what was refused,
replaced or taken down is deleted.
"""

from django.contrib.auth.models import AbstractBaseUser
from procrastinate.contrib.django import app as jobs

from core import audit, clock
from core.db import transactional
from core.errors import NotFound
from core.jobs import Queue
from core.parse import checked_reason
from customers.own_account import refuse_own_account
from operators.domain_events import photo_decided
from operators.models import Operator, Photo, PhotoFile
from operators.photo_processing import ProcessedPhoto, render_sizes
from operators.services.make_avif import MAKE_AVIF, has_avif
from operators.services.submissions import check_daily_limit, lock_operator, lock_waiting
from operators.states import ReviewState

MAX_UPLOADS_PER_DAY = 20
_OFFER = "photo.offer"


def upload_photo(*, operator_id: int, data: bytes) -> None:
    """Put a photo before staff, instead of one that waits. Raises Invalid (see `operators.photo_processing`), LimitReached."""
    words = "That’s a lot of photos for one day. Please try again tomorrow."
    check_daily_limit(operator_id, action=_OFFER, most=MAX_UPLOADS_PER_DAY, words=words)
    _store_files(operator_id, render_sizes(data))  # drawn before anything is locked


@transactional
def _store_files(operator_id: int, picture: ProcessedPhoto) -> None:
    operator = lock_operator(operator_id)
    operator.photos.exclude(state=ReviewState.SHOWN).delete()
    photo = Photo.objects.create(
        operator=operator,
        state=ReviewState.WAITING,
        digest=picture.digest,
        color=picture.color,
        offered_at=clock.now(),
    )
    PhotoFile.objects.bulk_create(
        PhotoFile(photo=photo, width=width, data=data) for width, data in picture.files.items()
    )
    audit.record(actor=operator.user, action=_OFFER, subject=operator, photo=picture.digest)
    jobs.configure_task(MAKE_AVIF, queue=Queue.DEFAULT, allow_unknown=True).defer(photo_id=photo.pk)


@transactional
def withdraw_photo(*, operator_id: int) -> None:
    """The operator changed their mind about the photo that waits, or has read why the last one was refused."""
    operator = lock_operator(operator_id)
    operator.photos.exclude(state=ReviewState.SHOWN).delete()


@transactional
def remove_photo(*, operator_id: int, actor: AbstractBaseUser | None, reason: str = "") -> None:
    """Show the drawn portrait again. Staff give a reason. Raises Invalid, NotFound without a photo."""
    operator = lock_operator(operator_id)
    if actor != operator.user:
        reason = checked_reason(reason)
    if not operator.photo:
        raise NotFound("There’s no photo to remove.")
    audit.record(
        actor=actor,
        action="photo.remove",
        subject=operator,
        reason=reason,
        photo=operator.photo,
    )
    operator.photos.filter(state=ReviewState.SHOWN).delete()
    if actor != operator.user:
        photo_decided.tell(operator=operator, decision="removed", reason=reason, photo=operator.photo)
    _publish(operator, "", "", avif_photo="")


@transactional
def approve_photo(*, photo_id: int, actor: AbstractBaseUser | None) -> None:
    """Show a photo that waits instead of what was shown. Raises NotFound if it was replaced or taken back meanwhile,
    and NotAllowed `own_account`.
    """
    photo = lock_waiting(Photo, photo_id)
    refuse_own_account(actor, photo.operator)
    photo.operator.photos.filter(state=ReviewState.SHOWN).delete()
    photo.state = ReviewState.SHOWN
    photo.save(update_fields=["state"])
    avif_photo = photo.digest if has_avif(photo) else ""
    _publish(photo.operator, photo.digest, photo.color, avif_photo=avif_photo)
    audit.record(actor=actor, action="photo.approve", subject=photo.operator, photo=photo.digest)
    photo_decided.tell(operator=photo.operator, decision="approved", reason="", photo=photo.digest)


@transactional
def refuse_photo(*, photo_id: int, reason: str, actor: AbstractBaseUser | None) -> None:
    """Say no, in words that the operator reads. Raises Invalid without a reason, NotFound as above."""
    reason = checked_reason(reason, "the operator reads it")
    photo = lock_waiting(Photo, photo_id)
    photo.files.all().delete()
    photo.state, photo.reason = ReviewState.REFUSED, reason
    photo.save(update_fields=["state", "reason"])
    audit.record(
        actor=actor, action="photo.refuse", subject=photo.operator, reason=photo.reason, photo=photo.digest
    )
    photo_decided.tell(operator=photo.operator, decision="refused", reason=reason, photo=photo.digest)


def _publish(operator: Operator, digest: str, color: str, *, avif_photo: str) -> None:
    operator.photo, operator.photo_color, operator.avif_photo = digest, color, avif_photo
    operator.save(update_fields=["photo", "photo_color", "avif_photo"])
