"""What is said about each thing of a customer's activity, on pages and in the CSV."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from billing.activity import ActivityKind, Moved
from billing.ledger.models import Entry
from billing.ledger.states import AccountKind, TransactionKind
from billing.models import FreeMinutesPackage, Payment
from billing.receipt_numbers import ReceiptOf, receipt_number
from billing.tips import call_reference_of
from core.days import write_date
from core.money import format_money
from telephony.activity import calls_by_id
from telephony.end_messages import end_message
from telephony.models import Call
from web.templatetags.ui import clock

_BY_CARD = (ActivityKind.FUNDS, ActivityKind.PAY_BACKS, ActivityKind.DISPUTES)
# What a refund is for, with the operator's name and without.
_SOLD: dict[str, tuple[str, str]] = {
    TransactionKind.MESSAGE: (gettext_noop("a text to %(name)s"), gettext_noop("a text")),
    TransactionKind.TIP: (gettext_noop("a tip for %(name)s"), gettext_noop("a tip")),
}
_CALL = (gettext_noop("a call with %(name)s"), gettext_noop("a call"))
Thing = Moved | FreeMinutesPackage | Call


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that happened. `amount_minor` is None where no money is meant, `balance_minor` where it isn't known."""

    at: datetime
    kind: ActivityKind
    title: str
    detail: str
    number: str
    currency: str
    amount_minor: int | None
    balance_minor: int | None = None
    call_id: str = ""  # of a call that is not hidden
    is_hidden: bool = False
    about_call_id: str = ""  # of the call that it was for, unless that is hidden

    @property
    def is_charge(self) -> bool:
        """Whether it took money: from the balance, or from a card."""
        return self.kind == ActivityKind.FUNDS or (self.amount_minor or 0) < 0

    @property
    def url(self) -> str:
        """Where more is said about it; empty for a call that was hidden."""
        if self.is_hidden:
            return ""
        if self.call_id:
            return reverse("receipt", args=[self.call_id])
        return reverse("activity-receipt", args=[self.number])


def row_of_package(package: FreeMinutesPackage, zone: ZoneInfo) -> Row:
    """A gift of free minutes; needs its operator loaded."""
    whom = package.operator.stage_name if package.operator else _("anyone")
    return Row(
        at=package.granted_at,
        kind=ActivityKind.GIFTS,
        title=_("%(minutes)s with %(operator)s")
        % {"minutes": _free_minutes(package.seconds_granted), "operator": whom},
        detail=_("Use by %(date)s") % {"date": write_date(package.expires_at.astimezone(zone))},
        number=receipt_number(ReceiptOf.GIFT, package.pk),
        currency="",
        amount_minor=None,
    )


def rows_of(customer_id: int, things: Sequence[Thing], zone: ZoneInfo) -> list[Row]:
    """The rows of these things: three more statements at most, however many there are."""
    moved = [thing for thing in things if isinstance(thing, Moved)]
    words = _Words(customer_id, moved, zone)

    def row(thing: Thing) -> Row:
        if isinstance(thing, Moved):
            return words.row(thing)
        return _uncharged(thing) if isinstance(thing, Call) else row_of_package(thing, zone)

    return [row(thing) for thing in things]


def _uncharged(call: Call) -> Row:
    free_seconds = call.terms.free_used_seconds if call.authorization else 0
    name = call.operator.stage_name
    return Row(
        at=call.ended_at or call.initiated_at,
        kind=ActivityKind.CALLS,
        title=_("Call, %(length)s with %(name)s") % {"length": _length(call), "name": name}
        if call.charged_seconds
        else _("Call to %(name)s") % {"name": name},
        detail=_used(free_seconds) or end_message(call),
        number=receipt_number(ReceiptOf.CALL, call.pk),
        currency=call.terms.currency if call.authorization else call.brand.currency,
        amount_minor=0,
        call_id=call.call_id,
    )


class _Words:
    """What is said about things of the wallet, with what it takes from elsewhere read once for all of them."""

    def __init__(self, customer_id: int, things: Sequence[Moved], zone: ZoneInfo) -> None:
        self._zone = zone
        references = {call_reference_of(thing.transaction.reference) for thing in things} - {""}
        self._calls = calls_by_id(customer_id, references) if references else {}
        self._others = _other_sides([entry.transaction_id for thing in things for entry in thing.entries])
        self._payments = _payments(customer_id, things)

    def row(self, thing: Moved) -> Row:
        transaction = thing.transaction
        call = self._calls.get(call_reference_of(transaction.reference))
        is_call = thing.kind == ActivityKind.CALLS and call is not None
        call_id = call.call_id if call and not call.is_hidden else ""
        title, detail = self._say(thing, call)
        tax_minor = self._tax_minor(thing)
        if tax_minor > 0:
            tax = _("includes %(amount)s tax") % {"amount": format_money(tax_minor, transaction.currency)}
            detail = f"{detail} · {tax}" if detail else tax
        return Row(
            at=thing.entries[0].transaction.created_at,
            kind=thing.kind,
            title=title,
            detail=detail,
            number=receipt_number(ReceiptOf.CALL, call.pk)
            if is_call and call
            else receipt_number(ReceiptOf.FUNDS, transaction.pk),
            currency=transaction.currency,
            amount_minor=thing.amount_minor,
            balance_minor=thing.balance_minor,
            call_id=call_id if is_call else "",
            is_hidden=is_call and not call_id,
            about_call_id="" if is_call else call_id,
        )

    def _say(self, thing: Moved, call: Call | None) -> tuple[str, str]:
        transaction = thing.transaction
        name = transaction.operator.stage_name if transaction.operator else ""
        if call is not None and call.is_hidden:
            name = ""
        match thing.kind:
            case ActivityKind.CALLS:
                return _call_words(call, name)
            case ActivityKind.TEXTS:
                return _("Text to %(name)s") % {"name": name}, ""
            case ActivityKind.TIPS:
                return _("Tip for %(name)s") % {"name": name} if name else _("Tip"), ""
            case ActivityKind.REFUNDS:
                return _("Refund"), self._of(thing, call, name)
            case ActivityKind.FUNDS:
                return _("Funds added"), self._source(thing)
            case ActivityKind.CORRECTIONS if transaction.reference:
                return _("Correction"), self._of(thing, call, name)
            case ActivityKind.PAY_BACKS:
                title = _("Paid back") if thing.amount_minor < 0 else _("Couldn’t be paid back")
                return title, self._card(transaction.reference) or transaction.reason
            case ActivityKind.DISPUTES:
                return transaction.description, self._card(transaction.reference)
        return transaction.description, ""

    def _of(self, thing: Moved, call: Call | None, name: str) -> str:
        """Which call or text it is about, from the sale where it names one."""
        sale = thing.transaction.reverses
        named, unnamed = _SOLD.get(sale.kind if sale else "", _CALL)
        what = _(named) % {"name": name} if name else _(unnamed)
        is_of_call = sale is None or sale.kind not in _SOLD
        at = call.initiated_at if call and is_of_call else sale.created_at if sale else None
        if at is None:
            return _("For %(what)s") % {"what": what}
        return _("For %(what)s on %(day)s") % {"what": what, "day": write_date(at.astimezone(self._zone))}

    def _source(self, thing: Moved) -> str:
        transaction = thing.transaction
        payment = self._payments.get(transaction.reference)
        if payment is not None:
            return _("%(card)s · your statement says %(statement)s") % {
                "card": payment.card_label or _("By card"),
                "statement": payment.statement_text,
            }
        kinds = {side.account.kind for side in self._others if side.transaction_id == transaction.pk}
        if AccountKind.PROCESSOR in kinds:
            return _("By card")
        return (
            _("Transfer or cash, reference %(reference)s") % {"reference": transaction.reference}
            if transaction.reference
            else _("Transfer or cash")
        )

    def _card(self, reference: str) -> str:
        payment = self._payments.get(reference)
        return payment.card_label if payment else ""

    def _tax_minor(self, thing: Moved) -> int:
        ids = {entry.transaction_id for entry in thing.entries}
        taxes = [side for side in self._others if side.account.kind == AccountKind.TAX]
        return sum(side.amount_minor for side in taxes if side.transaction_id in ids)


def _call_words(call: Call | None, name: str) -> tuple[str, str]:
    if call is None:
        return _("Call with %(name)s") % {"name": name}, ""
    if call.is_hidden:
        return _("Call"), _("Hidden by you")
    free_seconds = call.terms.free_used_seconds
    words = _("Call, %(length)s with %(name)s") % {"length": _length(call), "name": name}
    return words, _used(free_seconds)


def _used(free_seconds: int) -> str:
    """The free minutes of a call; empty for none."""
    return _("%(minutes)s used") % {"minutes": _free_minutes(free_seconds)} if free_seconds else ""


def _free_minutes(seconds: int) -> str:
    """90 → "1.5 free minutes"."""
    count = round(seconds / 60, 2)
    return ngettext("%(count)s free minute", "%(count)s free minutes", count) % {"count": f"{count:g}"}


def _length(call: Call) -> str:
    """3:12, as it is said: without a zero in front."""
    return clock(call.charged_seconds or 0).removeprefix("0")


def _other_sides(transaction_ids: Sequence[int]) -> list[Entry]:
    """Where money came from and which part of it is tax."""
    kinds = (AccountKind.TAX, AccountKind.PROCESSOR, AccountKind.RECEIVED)
    sides = Entry.objects.filter(transaction__in=transaction_ids, account__kind__in=kinds)
    return list(sides.select_related("account")) if transaction_ids else []


def _payments(customer_id: int, things: Sequence[Moved]) -> Mapping[str, Payment]:
    """Payments by card by their reference in the ledger."""
    named = [_payment_id(thing.transaction.reference) for thing in things if thing.kind in _BY_CARD]
    names = {name for name in named if name is not None}
    if not names:
        return {}
    payments = Payment.objects.filter(customer=customer_id, public_id__in=names)
    return {payment.reference: payment for payment in payments.select_related("merchant_account")}


def _payment_id(reference: str) -> UUID | None:
    """The payment that a reference names; None for a transfer's."""
    try:
        return UUID(reference.partition(":")[2])
    except ValueError:
        return None
