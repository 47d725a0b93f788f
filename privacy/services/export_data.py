"""Somebody asks for a copy of what is kept about them, or staff do for them; a job makes it, and the person gets a letter."""

from django.conf import settings
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from brands.models import Brand
from core import audit, clock
from core.db import transactional
from core.encryption import InvalidToken, decrypt_bytes, encrypt_bytes
from core.errors import Conflict, NotFound
from core.ids import new_id
from core.parse import checked_reason
from customers.models import User
from notices.letters import day_of
from notices.services.enqueue import enqueue
from notices.states import NoticeKind
from privacy.export import zip_of
from privacy.models import DataExport
from privacy.ownership import Person
from privacy.pages import CUSTOMER_DATA, OPERATOR_DATA
from privacy.retention import kind
from privacy.states import ExportState

MAKE_EXPORT = "privacy.make_export"


@transactional
def request_export(*, user: User, actor: User, reason: str = "", brand: Brand | None = None) -> DataExport:
    """Have a copy of everything about `user` made, for `actor` alone: the person, or staff with a reason. On record.

    `brand`: where the person asked, none for the operators' site. Raises Conflict `already_asked` while one is being made, Invalid (no reason).
    """
    is_own = actor.pk == user.pk
    stated = "" if is_own else checked_reason(reason)
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    own = DataExport.objects.filter(user=user, requested_by=actor)
    if own.filter(state=ExportState.WAITING).exists():
        raise Conflict(_("Your copy is being made. We’ll email you when it’s ready."), code="already_asked")
    own.delete()  # the one before
    export = DataExport.objects.create(
        reference=new_id("data"),
        user=user,
        requested_by=actor,
        reason=stated,
        brand=brand,
        requested_at=clock.now(),
    )
    audit.record(
        actor=actor,
        action="person.export",
        subject=Person.of(user).record_subject,
        reason=stated,
        export=export.pk,
    )
    app.configure_task(MAKE_EXPORT, allow_unknown=True).defer(export_id=export.pk)
    return export


@transactional
def make_export(*, export_id: int) -> None:
    """Make the file; once. Who asked for their own gets a letter with the link."""
    export = DataExport.objects.select_for_update(of=("self",)).select_related("user", "brand")
    row = export.filter(pk=export_id, state=ExportState.WAITING).first()
    if row is None:
        return
    at = clock.now()
    row.data = encrypt_bytes(zip_of(Person.of(row.user), at.isoformat()))
    row.state, row.ready_at = ExportState.READY, at
    row.save(update_fields=["data", "state", "ready_at"])
    if row.requested_by_id == row.user_id:
        kept_for = kind("exports").kept_for
        assert kept_for is not None, "copies are deleted"
        day = day_of(row.requested_at + kept_for, row.user)
        enqueue(NoticeKind.DATA_READY, recipient=row.user, brand=row.brand, url=_url(row), day=day)


@transactional
def download_export(*, reference: str, actor: User) -> bytes:
    """The ZIP file, for whoever asked for it and nobody else, until it expires. On record. Raises NotFound."""
    row = DataExport.objects.filter(reference=reference, requested_by=actor, state=ExportState.READY).first()
    kept_for = kind("exports").kept_for
    if row is None or kept_for is None or row.requested_at + kept_for <= clock.now():
        raise NotFound(_("This link has expired."))
    try:
        data = decrypt_bytes(bytes(row.data))
    except InvalidToken:  # its key was replaced
        raise NotFound(_("This link has expired.")) from None
    audit.record(
        actor=actor,
        action="person.export_downloaded",
        subject=Person.of(row.user).record_subject,
        export=row.pk,
    )
    return data


def latest_export(*, user: User, actor: User) -> DataExport | None:
    """The copy that `actor` asked for, without the file; None: there is none, or it has expired."""
    kept_for = kind("exports").kept_for
    assert kept_for is not None, "copies are deleted"
    rows = DataExport.objects.filter(user=user, requested_by=actor, requested_at__gt=clock.now() - kept_for)
    return rows.defer("data").order_by("-id").first()


def _url(row: DataExport) -> str:
    if row.brand is None:
        return OPERATOR_DATA.url(row.reference, host=settings.PORTAL_HOSTS[0])
    host = row.brand.hosts.first()
    return CUSTOMER_DATA.url(row.reference, host=host.host) if host else ""
