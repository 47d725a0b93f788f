"""After the database was restored: what left it since comes back into the books, payments first.

The order counts. Ids first: what the world outside knows (receipts, refunds at a processor, seals) must not be given out
again. Payments next: they pay for the calls. Safe to run again: what was booked is left alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from billing import conf
from billing.ledger.heads import append_restored, newest_seal
from billing.services.restore_payments import RestoredPayment, restore_payments
from core import audit
from core.models import AuditRecord
from telephony.services.restore_calls import Restored, RestoredCall, restore_calls

ACTION = "database.restored"
SKIPPED_IDS = 100_000  # more than are given out of any table between a backup's last moment and the restore
MARGIN = timedelta(minutes=10)  # clocks differ, and an archive may end a little before it says


@dataclass(frozen=True, slots=True)
class Step:
    """A line of what was done. `is_open`: something is left to do."""

    words: str
    is_open: bool = False


def reconcile_after_restore(*, since: datetime) -> Iterator[Step]:
    """`since`: the moment that the database was restored to. Raises Unavailable where the adapter doesn't answer."""
    yield _skip_ids(since)
    for payment in restore_payments(since=since - MARGIN):
        yield Step(_of_payment(payment), is_open=payment.is_left)
    for call in restore_calls(since=since - MARGIN):
        if call.what is not Restored.KNOWN:
            yield Step(_of_call(call), is_open=call.what in (Restored.LEFT, Restored.RUNNING))
    yield Step(
        "Texts, tips, and what staff did since then are in no other record, and are gone; so are accounts that were opened."
    )


def _skip_ids(since: datetime) -> Step:
    """Once for each restore; on record, and in the file of heads outside of the database."""
    moment = since.isoformat()
    if AuditRecord.objects.filter(action=ACTION, details__since=moment).exists():
        return Step("The next ids were left out before.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT core_skip_ids(%s)", [SKIPPED_IDS])
        tables = cursor.fetchone()[0]
    if (path := conf.ledger_heads_file()) is not None:
        append_restored(path, newest_seal())
    audit.record(actor=None, action=ACTION, subject="database", since=moment, skipped_ids=SKIPPED_IDS)
    return Step(
        f"The next {SKIPPED_IDS:,} ids of {tables} tables are left out: they may have been given out."
    )


def _of_payment(payment: RestoredPayment) -> str:
    if not payment.public_id:
        return f"{payment.gateway}: {payment.words}"
    words = f"payment {payment.public_id} at {payment.gateway}: {payment.change_minor:+d} cents"
    words += ", made again" if payment.is_new else ""
    return f"{words}; {payment.words}" if payment.words else words


def _of_call(call: RestoredCall) -> str:
    if call.what is Restored.LEFT:
        return f"{call.call_id}: left, {call.why}"
    if call.what is Restored.RUNNING:
        return f"{call.call_id}: still runs; run this again when it has ended"
    words = "ended" if call.what is Restored.ENDED else "rebuilt"
    borne = f", {call.uncollected_minor} of it uncollected" if call.uncollected_minor else ""
    return f"{call.call_id}: {words}, {call.charged_minor} cents charged{borne}"
