"""Delete what has been kept for as long as the table says (`privacy.retention`), a few thousand rows at a time."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.apps import apps
from django.contrib.sessions.models import Session
from django.db.models import Exists, Min, OuterRef, QuerySet

from billing.models import Case, FundsRequest, Payment
from billing.payouts.services.empty_accounts import empty_old_accounts
from core import clock
from core.models import IdempotentAnswer
from customers.models import Device, LoginNetwork, PhoneVerification
from messaging.models import Conversation, Message, Report, Sms
from notices.models import Notice, PageNotice
from notices.states import UNFINISHED
from operators.models import ScheduleException, SignedTaxForm
from operators.services.documents import delete_old_documents
from phones.services.delete_unused import delete_unused_numbers
from privacy.models import DataExport, Erasure
from privacy.retention import TABLE
from privacy.services.erase_closed import erase_closed_accounts
from telephony.models import AvailabilityWatch, CallbackRequest, CallEvent, GreetingCall

BATCH = 5_000
log = logging.getLogger(__name__)


def delete_old_data() -> dict[str, int]:
    """Rows deleted or emptied, by key of the table. Each batch is a transaction of its own.

    One kind that fails keeps no other from being deleted. Raises ExceptionGroup with what failed.
    """
    at, counts, errors = clock.now(), {}, []
    for row in TABLE:
        delete = DELETIONS.get(row.key)
        if delete is None or row.kept_for is None:
            continue
        try:
            counts[row.key] = delete(at - row.kept_for)
        except Exception as error:
            log.exception("%s: what is older than the privacy notice says could not be deleted", row.key)
            errors.append(error)
    if errors:
        raise ExceptionGroup("old data could not be deleted", errors)
    return counts


def _delete(rows: QuerySet[Any]) -> int:
    total = 0
    while keys := list(rows.values_list("pk", flat=True)[:BATCH]):
        total += rows.model._default_manager.filter(pk__in=keys).delete()[0]
    return total


def _empty(rows: QuerySet[Any], **values: Any) -> int:
    """Set columns of the rows, walking along the primary key. `rows` must not find again what was emptied."""
    total, last = 0, 0
    while keys := list(rows.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        total += rows.model._default_manager.filter(pk__in=keys).update(**values)
        last = keys[-1]
    return total


def _oldest_first(rows: QuerySet[Any], before: datetime, column: str = "created_at") -> int:
    """Delete from the beginning of a table that grows at its end: finds the old rows without an index on their time."""
    total = 0
    while keys := _old_keys(rows, before, column):
        total += rows.model._default_manager.filter(pk__in=keys).delete()[0]
    return total


def _old_keys(rows: QuerySet[Any], before: datetime, column: str) -> list[int]:
    start = rows.aggregate(first=Min("pk"))["first"]
    if start is None:
        return []
    nearest = rows.filter(pk__lt=start + BATCH)
    return list(nearest.filter(**{f"{column}__lt": before}).values_list("pk", flat=True))


def _logins(before: datetime) -> int:
    """Sessions past their end, and what the account pages list of sessions that are gone."""
    count = _delete(Session.objects.filter(expire_date__lt=before))
    session = Session.objects.filter(session_key=OuterRef("session_key"))
    apps.get_model("usersessions.UserSession")._default_manager.filter(~Exists(session)).delete()
    return count


def _messages(before: datetime) -> int:
    """The text goes, and its digest: a short text could be guessed from it. Number, time, and charge stay."""
    return _empty(Message.objects.filter(created_at__lt=before).exclude(text=""), text="", text_sha256=b"")


def _drafts(before: datetime) -> int:
    rows = Conversation.objects.filter(last_message_at__lt=before)
    rows = rows.exclude(customer_draft="", operator_draft="")
    return _empty(rows, customer_draft="", operator_draft="")


def _payment_networks(before: datetime) -> int:
    return _empty(
        Payment.objects.filter(created_at__lt=before, network_hash__isnull=False), network_hash=None
    )


def _funds_requests(before: datetime) -> int:
    rows = FundsRequest.objects.filter(handled_at__lt=before).exclude(words="", answer="")
    return _empty(rows, words="", answer="")


def _reports(before: datetime) -> int:
    rows = Report.objects.filter(handled_at__lt=before).exclude(reason="", outcome="")
    return _empty(rows, reason="", outcome="")


def _tax_forms(before: datetime) -> int:
    """Those that another one replaced so long ago, and those of people whose data are erased since then."""
    newer = SignedTaxForm.objects.filter(user=OuterRef("user"), pk__gt=OuterRef("pk"), signed_at__lt=before)
    gone = Erasure.objects.filter(user=OuterRef("user"), finished_at__lt=before)
    return _delete(SignedTaxForm.objects.filter(Exists(newer) | Exists(gone), signed_at__lt=before))


def _waiting(before: datetime) -> int:
    models = (AvailabilityWatch, CallbackRequest)
    return sum(_delete(model.objects.filter(ended_at__lt=before)) for model in models)


DELETIONS: dict[str, Callable[[datetime], int]] = {
    "payout_accounts": empty_old_accounts,
    "closed_accounts": erase_closed_accounts,
    "phone_codes": lambda before: _delete(PhoneVerification.objects.filter(created_at__lt=before)),
    "greeting_calls": lambda before: _delete(GreetingCall.objects.filter(created_at__lt=before)),
    "dates": lambda before: _delete(ScheduleException.objects.filter(day__lt=before.date())),
    "identity": delete_old_documents,
    "tax_forms": _tax_forms,
    "browsers": lambda before: _delete(Device.objects.filter(last_seen_at__lt=before)),
    "networks": lambda before: _delete(LoginNetwork.objects.filter(last_seen_at__lt=before)),
    "payment_networks": _payment_networks,
    "logins": _logins,
    "call_events": lambda before: _oldest_first(CallEvent.objects.all(), before, "received_at"),
    "waiting": _waiting,
    "messages": _messages,
    "drafts": _drafts,
    "sms": lambda before: _oldest_first(Sms.objects.all(), before),
    "funds_requests": _funds_requests,
    "reports": _reports,
    "cases": lambda before: _delete(Case.objects.filter(closed_at__lt=before)),
    "mail": lambda before: (
        _oldest_first(Notice.objects.exclude(state__in=UNFINISHED), before)
        + _oldest_first(PageNotice.objects.all(), before)
    ),
    "numbers": delete_unused_numbers,
    "exports": lambda before: _delete(DataExport.objects.filter(requested_at__lt=before)),
    "answers": lambda before: _delete(IdempotentAnswer.objects.filter(created_at__lt=before)),
}
BY_THE_QUEUE = {"jobs"}  # Procrastinate deletes its own rows (`privacy.tasks`)
