"""A photo's way to the customers: the operator offers it, staff approve or refuse it, either takes it down.

Until it is approved the former photo, or the drawn portrait, stays. Every step is on record; what was refused,
replaced or taken down is deleted.
"""

from datetime import datetime, timedelta
from math import ceil

from django.contrib.auth.models import AbstractBaseUser

from core import audit, clock
from core.db import transactional
from core.errors import LimitReached, NotFound
from core.models import AuditRecord
from core.parse import checked_reason
from customers.own_account import refuse_own_account
from operators.domain_events import photo_decided
from operators.models import Operator, Photo, PhotoFile
from operators.photo_processing import ProcessedPhoto, render_sizes
from operators.states import PhotoState

MAX_UPLOADS_PER_DAY = 20
_OFFER = "photo.offer"


def upload_photo(*, operator_id: int, data: bytes) -> None:
    """Put a photo before staff, instead of one that waits. Raises Invalid (see `operators.photo_processing`), LimitReached."""
    uploads = _uploads_in_a_day(operator_id)
    if len(uploads) >= MAX_UPLOADS_PER_DAY:
        wait = uploads[-MAX_UPLOADS_PER_DAY] + timedelta(days=1) - clock.now()
        raise LimitReached(
            "That is enough photos for one day. Please come back tomorrow.",
            retry_after_seconds=max(1, ceil(wait.total_seconds())),
        )
    _store_files(operator_id, render_sizes(data))  # drawn before anything is locked


@transactional
def _store_files(operator_id: int, picture: ProcessedPhoto) -> None:
    operator = _locked(operator_id)
    operator.photos.exclude(state=PhotoState.SHOWN).delete()
    photo = Photo.objects.create(
        operator=operator, state=PhotoState.WAITING, digest=picture.digest, offered_at=clock.now()
    )
    PhotoFile.objects.bulk_create(
        PhotoFile(photo=photo, width=width, data=data) for width, data in picture.files.items()
    )
    audit.record(actor=operator.user, action=_OFFER, subject=operator, photo=picture.digest)


@transactional
def withdraw_photo(*, operator_id: int) -> None:
    """The operator changed their mind about the photo that waits, or has read why the last one was refused."""
    operator = _locked(operator_id)
    operator.photos.exclude(state=PhotoState.SHOWN).delete()


@transactional
def remove_photo(*, operator_id: int, actor: AbstractBaseUser | None, reason: str = "") -> None:
    """Show the drawn portrait again. Staff give a reason. Raises Invalid, NotFound without a photo."""
    operator = _locked(operator_id)
    if actor != operator.user:
        reason = checked_reason(reason)
    if not operator.photo:
        raise NotFound("There is no photo to remove.")
    audit.record(
        actor=actor,
        action="photo.remove",
        subject=operator,
        reason=reason,
        photo=operator.photo,
    )
    operator.photos.filter(state=PhotoState.SHOWN).delete()
    if actor != operator.user:
        photo_decided.tell(operator=operator, decision="removed", reason=reason, photo=operator.photo)
    _publish(operator, "")


@transactional
def approve_photo(*, photo_id: int, actor: AbstractBaseUser | None) -> None:
    """Show a photo that waits instead of what was shown. Raises NotFound if it was replaced or taken back meanwhile,
    and NotAllowed `own_account`.
    """
    photo = _waiting(photo_id)
    refuse_own_account(actor, photo.operator)
    photo.operator.photos.filter(state=PhotoState.SHOWN).delete()
    photo.state = PhotoState.SHOWN
    photo.save(update_fields=["state"])
    _publish(photo.operator, photo.digest)
    audit.record(actor=actor, action="photo.approve", subject=photo.operator, photo=photo.digest)
    photo_decided.tell(operator=photo.operator, decision="approved", reason="", photo=photo.digest)


@transactional
def refuse_photo(*, photo_id: int, reason: str, actor: AbstractBaseUser | None) -> None:
    """Say no, in words that the operator reads. Raises Invalid without a reason, NotFound as above."""
    reason = checked_reason(reason, "the operator reads it")
    photo = _waiting(photo_id)
    photo.files.all().delete()
    photo.state, photo.reason = PhotoState.REFUSED, reason
    photo.save(update_fields=["state", "reason"])
    audit.record(
        actor=actor, action="photo.refuse", subject=photo.operator, reason=photo.reason, photo=photo.digest
    )
    photo_decided.tell(operator=photo.operator, decision="refused", reason=reason, photo=photo.digest)


def _uploads_in_a_day(operator_id: int) -> list[datetime]:
    """When, the first of them first."""
    uploads = AuditRecord.objects.filter(subject=f"{Operator._meta.label_lower}:{operator_id}", action=_OFFER)
    recent = uploads.filter(created_at__gt=clock.now() - timedelta(days=1))
    return list(recent.order_by("created_at").values_list("created_at", flat=True))


def _locked(operator_id: int) -> Operator:
    rows = Operator.objects.select_for_update(of=("self",)).select_related("user")
    operator = rows.filter(pk=operator_id).first()
    if operator is None:
        raise NotFound("There is no such operator.")
    return operator


def _waiting(photo_id: int) -> Photo:
    """A photo that waits, its operator locked before it."""
    owner = Photo.objects.filter(pk=photo_id).values_list("operator_id", flat=True).first()
    operator = _locked(owner) if owner else None
    photo = Photo.objects.filter(pk=photo_id, state=PhotoState.WAITING).first() if operator else None
    if photo is None or operator is None:
        raise NotFound("This photo was replaced, taken back or decided meanwhile.")
    photo.operator = operator
    return photo


def _publish(operator: Operator, digest: str) -> None:
    operator.photo = digest
    operator.save(update_fields=["photo"])
