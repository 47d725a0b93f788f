"""Photos of identity documents: drawn anew, encrypted under a key of their own, opened by named staff alone, each time on record.

They are served nowhere but in the answer to a staff member who gave a reason, and are deleted after their term
(`privacy.retention`).
"""

import hashlib
from datetime import date, datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Q

from core import audit, clock
from core.db import transactional
from core.encryption import decrypt_document, encrypt_document, is_document_under_first_key
from core.errors import Conflict, Invalid, LimitReached, NotFound
from core.parse import checked_reason
from customers.models import User
from customers.own_account import refuse_own_account
from operators.models import Application, DocumentFile, IdentityDocument, SignedTaxForm
from operators.photo_processing import redraw_document
from operators.services.apply import OPEN, lock_application
from operators.standing import day_of
from operators.states import ApplicationState, DocumentKind

MAX_DOCUMENTS = 10  # of one person; replaced ones count until they are deleted
PURPOSE = "identity document"


def add_document(*, user: User, kind: str, expires_on: date, sides: list[bytes]) -> None:
    """Keep photos of one document, the front first, instead of those that staff haven't accepted.

    An operator whose document expires adds the next one by this, too. Raises Invalid (see `operators.photo_processing`),
    Conflict, LimitReached.
    """
    if kind not in DocumentKind.values:
        raise Invalid("Choose what kind of ID it is.")
    if not 1 <= len(sides) <= 2:
        raise Invalid("Add a photo of the front, and of the back if there is one.")
    if not Application.objects.filter(user=user).exists():  # before the work of drawing
        raise NotFound("Start your application first.")
    _store(
        user, kind, expires_on, [redraw_document(data) for data in sides]
    )  # drawn before anything is locked


@transactional
def _store(user: User, kind: str, expires_on: date, pictures: list[bytes]) -> None:
    application = lock_application(user=user)
    if application.state not in (*OPEN, ApplicationState.APPROVED):
        raise Conflict("Your application has been sent. You can’t change it now.")
    at = clock.now()
    if expires_on < day_of(application, at):
        raise Invalid("This ID has expired. We need one that’s still valid.")
    application.documents.filter(accepted_at=None).delete()
    if application.documents.count() >= MAX_DOCUMENTS:
        raise LimitReached("That’s a lot of documents. Please contact us.", retry_after_seconds=86_400)
    document = IdentityDocument.objects.create(
        application=application, kind=kind, expires_on=expires_on, uploaded_at=at
    )
    DocumentFile.objects.bulk_create(
        DocumentFile(
            document=document,
            side=side,
            data=encrypt_document(picture, PURPOSE),
            digest=hashlib.sha256(picture).hexdigest(),
        )
        for side, picture in enumerate(pictures, 1)
    )
    application.changed_at = at
    application.save(update_fields=["changed_at"])
    audit.record(actor=user, action="document.add", subject=application.user, kind=kind)


@transactional
def open_document(*, file_id: int, actor: AbstractBaseUser, reason: str) -> bytes:
    """The picture (WebP), for a staff member who may see it and says why; on record. Raises Invalid, NotFound, NotAllowed."""
    reason = checked_reason(reason)
    file = DocumentFile.objects.select_related("document__application").filter(pk=file_id).first()
    if file is None:
        raise NotFound("This photo isn’t there anymore.")
    application = file.document.application
    refuse_own_account(actor, application)
    audit.record(
        actor=actor,
        action="document.view",
        subject=application.user,
        reason=reason,
        document=file.document_id,
        side=file.side,
        digest=file.digest,
    )
    return decrypt_document(bytes(file.data), PURPOSE)


@transactional
def delete_old_documents(before: datetime) -> int:
    """Photos of what was decided before this time, and applications that nobody finished or that were declined, with their tax
    forms; how many rows.
    """
    old = Application.objects.filter(changed_at__lt=before, operator=None)
    old = old.exclude(state=ApplicationState.SUBMITTED)
    SignedTaxForm.objects.filter(user__in=old.filter(user__operator=None).values("user")).delete()
    gone = old.delete()[0]
    decided = Q(document__accepted_at__lt=before)
    return gone + DocumentFile.objects.filter(decided).delete()[0]


def rotate_documents() -> int:
    """Encrypt anew what is not under the first of AEIMS_DOCUMENT_KEYS; how many. Raises InvalidToken for what is under none."""
    count = 0
    for pk in DocumentFile.objects.order_by("pk").values_list("pk", flat=True):
        token = bytes(DocumentFile.objects.values_list("data", flat=True).get(pk=pk))
        if not is_document_under_first_key(token, PURPOSE):
            data = encrypt_document(decrypt_document(token, PURPOSE), PURPOSE)
            count += DocumentFile.objects.filter(pk=pk).update(data=data)
    return count
