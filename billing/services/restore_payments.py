"""After the database was restored: every payment that the processors know since then and the books don't, each once.

A processor is asked for its list of charges. A sale whose payment the books have never seen is made a payment again: our number
says whose it is (`billing.payment_numbers`). What it came to, the processor says, as always (`check_payment`). Running it again
changes nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

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

    `public_id` is empty where a processor, or a sale, could not be dealt with; `why` says why.
    """

    gateway: str
    public_id: str = ""
    change_minor: int = 0
    is_new: bool = False
    why: str = ""


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
        yield RestoredPayment(name, why="it has no list of charges: compare its statement with the books")
    else:
        try:
            for line in _listed(gateway, since):
                payment = payment_of(name, charge=line.charge, public_id=line.payment)
                if payment is None:
                    yield RestoredPayment(name, why=_unknown(line))
                else:
                    wanted[payment.pk] = None
        except NoAnswer:
            yield RestoredPayment(name, why="it does not tell its list now: run this again in an hour")
    for payment_id in wanted:
        before = Payment.objects.get(pk=payment_id)
        after = check_payment(payment_id=payment_id)
        change_minor = _net(after) - _net(before)
        if change_minor or payment_id > newest:
            why = after.get_problem_display() if after.problem else ""
            yield RestoredPayment(name, str(after.public_id), change_minor, payment_id > newest, why)


def _listed(gateway: Gateway, since: datetime) -> list[Listed]:
    """All lines since then, kept as the worker keeps them. Raises NoAnswer."""
    at, lines = clock.now(), list[Listed]()
    if gateway.report_every is not None:
        ProcessorReport.objects.filter(gateway=gateway.name).update(asked_at=at)
    begin = since - OVERLAP
    while begin < at:
        end = min(at, begin + LONGEST)
        lines += gateway.report(begin, end)
        begin = end
    take_lines(gateway.name, lines)
    return lines


def _open_payments(gateway_name: str) -> list[int]:
    rows = Payment.objects.filter(merchant_account__gateway=gateway_name, state__in=OPEN_STATES)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _net(payment: Payment) -> int:
    totals = payment.totals
    return totals.captured_minor - totals.refunded_minor - totals.disputed_minor


def _unknown(line: Listed) -> str:
    return f"charge {line.charge} ({line.kind}, {line.amount_minor} cents) is of no payment and no customer of the books"
