"""Build the bank's file of a run, once; afterwards the same bytes are given out again."""

from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser

from billing import conf
from billing.payouts.account_details import opened
from billing.payouts.csv_file import csv_file
from billing.payouts.files import AlteredFile, opened_file, sealed_file
from billing.payouts.models import PayoutFile, PayoutItem, PayoutRun
from billing.payouts.nacha import Entry, nacha_file
from billing.payouts.postings import reference_of
from billing.payouts.services.approve_run import lock_run
from billing.payouts.services.return_item import put_back
from billing.payouts.states import FORMAT_OF, FileFormat, ItemState
from brands.selectors import require_not_paused
from brands.states import Service
from core import audit, clock
from core.days import BOOKS_ZONE, add_business_days
from core.db import transactional
from core.errors import Conflict, NotAllowed, NotFound, Unavailable
from core.parse import checked_reason
from operators.states import ApprovalStatus

_SUSPENDED = "The operator was suspended before the file was made."


@transactional
def export_run(*, run_id: int, file_format: str, actor: AbstractBaseUser) -> PayoutFile:
    """The run's file in this format: made now, or as it was made. Whoever was suspended meanwhile is left out, and credited again.

    Where no person prepared the run, another one than who approved it makes the file. Raises NotFound, Unavailable
    `paused`, `no_originator`, NotAllowed `own_request`, Conflict `not_approved`, `nothing_to_export`.
    """
    run = lock_run(run_id)
    made = PayoutFile.objects.filter(run=run, format=file_format).first()
    if made is not None:
        return made
    require_not_paused(Service.PAYOUTS)
    if run.approved_at is None:
        raise Conflict("This run hasn’t been approved.", code="not_approved")
    if run.prepared_by_id is None and run.approved_by_id == actor.pk and not conf.has_sole_administrator():
        raise NotAllowed("You approved this run. Someone else has to make its file.", code="own_request")
    at = clock.now()
    items = _items_to_export(run, file_format, actor)
    if not items:
        raise Conflict("This run has no payouts for such a file.", code="nothing_to_export")
    data = _content(FileFormat(file_format), items, at)
    token, digest = sealed_file(data)
    file = PayoutFile.objects.create(
        run=run,
        format=file_format,
        data=token,
        digest=digest,
        entries=len(items),
        total_minor=sum(item.amount_minor for item in items),
        made_at=at,
        made_by_id=actor.pk,
    )
    PayoutItem.objects.filter(pk__in=[item.pk for item in items]).update(
        state=ItemState.EXPORTED, exported_at=at
    )
    audit.record(
        actor=actor, action="payout_run.export", subject=run, format=file_format, digest=file.digest,
        amount_minor=file.total_minor,
    )  # fmt: skip
    return file


@transactional
def open_file(*, file_id: int, reason: str, actor: AbstractBaseUser) -> tuple[PayoutFile, bytes]:
    """The file byte for byte, on record. Raises Invalid (no reason), NotFound, Conflict `file_altered`."""
    reason = checked_reason(reason)
    file = PayoutFile.objects.select_related("run").filter(pk=file_id).first()
    if file is None:
        raise NotFound("There is no such file.")
    try:
        data = opened_file(file)
    except AlteredFile:
        raise Conflict("This file isn’t what was made. Don’t send it.", code="file_altered") from None
    audit.record(actor=actor, action="payout_file.open", subject=file.run, reason=reason, file=file.pk)
    return file, data


def _items_to_export(run: PayoutRun, file_format: str, actor: AbstractBaseUser) -> list[PayoutItem]:
    methods = [method for method, known in FORMAT_OF.items() if known == file_format]
    rows = run.items.select_for_update(of=("self",)).select_related("operator", "account")
    kept = []
    for item in rows.filter(state=ItemState.APPROVED, method__in=methods).order_by("pk"):
        if item.operator.approval_status == ApprovalStatus.SUSPENDED:
            put_back(item, reason=_SUSPENDED, actor=actor, at=clock.now())
        else:
            kept.append(item)
    return kept


def _content(file_format: FileFormat, items: Sequence[PayoutItem], at: datetime) -> bytes:
    entries = [_entry(item) for item in items]
    if file_format == FileFormat.CSV:
        return csv_file(entries, conf.currency()).encode()
    originator = conf.payout_originator()
    if originator is None:
        raise Unavailable(
            "The bank that sends payouts isn’t set up (AEIMS_PAYOUT_BANK_ROUTING).", code="no_originator"
        )
    local = at.astimezone(BOOKS_ZONE)
    settles_on = add_business_days(local.date(), 1)
    return nacha_file(originator, entries, at=local, settles_on=f"{settles_on:%y%m%d}").encode("ascii")


def _entry(item: PayoutItem) -> Entry:
    assert item.account is not None, "an approved item has an account"
    details = opened(item.account)
    return Entry(
        routing=details.routing,
        account=details.account,
        account_type=details.account_type,
        amount_minor=item.amount_minor,
        name=details.holder,
        reference=reference_of(item),
    )
