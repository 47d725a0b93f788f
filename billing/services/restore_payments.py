"""After the database was restored: every payment that the processors know since then and the books don't, each once.

A processor is asked for its list of charges. A sale whose payment the books have never seen is made a payment again: our number
says whose it is (`billing.payment_numbers`). What it came to, the processor says, as always (`check_payment`). Running it again
changes nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from billing.gateways import GATEWAYS, gateway_named
from billing.gateways.base import Gateway, Listed, NoAnswer
from billing.models import OPEN_STATES, MerchantAccount, Payment, ProcessorReport
from billing.services.check_payment import check_payment
from billing.services.read_report import LONGEST, OVERLAP, take_lines
from billing.services.receive_notice import payment_of
from core import clock


@dataclass(frozen=True, slots=True)
class RestoredPayment:
    """One payment of which the processor knew more than the books; minor units, what the wallet gained or (negative) lost.

    `public_id` is empty for what is said of a processor or a sale, in `words`. `is_left`: something is left to do.
    """

    gateway: str
    public_id: str = ""
    change_minor: int = 0
    is_new: bool = False
    words: str = ""
    is_left: bool = False


def restore_payments(*, since: datetime) -> Iterator[RestoredPayment]:
    """Bring the books up to what each processor knows since then."""
    in_use = MerchantAccount.objects.filter(gateway__in=GATEWAYS).values_list("gateway", flat=True)
    for name in sorted(set(in_use)):
        yield from _of_processor(gateway_named(name), since)


def _of_processor(gateway: Gateway, since: datetime) -> Iterator[RestoredPayment]:
    """Its list, then the payments that are open by the books: these may have been paid without being listed yet."""
    name, newest = gateway.name, Payment.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    wanted = dict.fromkeys(_open_payments(name))
    if not gateway.lists_charges:
        words = "it has no list of charges: compare its statement with the books"
        yield RestoredPayment(name, words=words, is_left=True)
    elif (minutes := _read_before(gateway)) is not None:
        again = "; it may be asked again in an hour, and the worker does" if gateway.report_every else ""
        yield RestoredPayment(name, words=f"its list was read {minutes} min ago{again}")
    else:
        try:
            for line in _listed(gateway, since):
                payment = payment_of(name, charge=line.charge, public_id=line.payment)
                if payment is None:
                    yield RestoredPayment(name, words=_unknown(line), is_left=True)
                else:
                    wanted[payment.pk] = None
        except NoAnswer:
            words = "it does not tell its list now: run this again in an hour"
            yield RestoredPayment(name, words=words, is_left=True)
    for payment_id in wanted:
        before = Payment.objects.get(pk=payment_id)
        after = check_payment(payment_id=payment_id)
        change_minor = _net(after) - _net(before)
        if change_minor or payment_id > newest:
            yield RestoredPayment(
                name, str(after.public_id), change_minor, payment_id > newest,
                after.get_problem_display() if after.problem else "", bool(after.problem),
            )  # fmt: skip


def _read_before(gateway: Gateway) -> int | None:
    """How many minutes ago its list was read here, of one that must not be asked again so soon."""
    if gateway.report_every is None:
        return None
    at = clock.now()
    row = ProcessorReport.objects.filter(
        gateway=gateway.name, asked_at__gt=at - gateway.report_every, covers_until__gte=F("asked_at")
    ).first()
    return None if row is None else int((at - row.asked_at).total_seconds()) // 60


def _listed(gateway: Gateway, since: datetime) -> Iterator[Listed]:
    """All lines since then, a day at a time, kept as the worker keeps them. Raises NoAnswer; a next time goes on from there."""
    at = clock.now()
    report, _ = ProcessorReport.objects.get_or_create(
        gateway=gateway.name, defaults={"asked_at": at, "covers_until": since}
    )
    begin = max(since, report.covers_until) - OVERLAP
    while begin < at:
        end = min(at, begin + LONGEST)
        ProcessorReport.objects.filter(pk=report.pk).update(asked_at=at)
        lines = gateway.report(begin, end)
        take_lines(gateway.name, lines)
        if report.covers_until >= begin:
            report.covers_until = end
            report.save(update_fields=["covers_until"])
        yield from lines
        begin = end


def _open_payments(gateway_name: str) -> list[int]:
    rows = Payment.objects.filter(merchant_account__gateway=gateway_name, state__in=OPEN_STATES)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _net(payment: Payment) -> int:
    totals = payment.totals
    return totals.captured_minor - totals.refunded_minor - totals.disputed_minor


def _unknown(line: Listed) -> str:
    return f"charge {line.charge} ({line.kind}, {line.amount_minor} cents) is of no payment and no customer of the books"
