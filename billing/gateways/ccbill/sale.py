"""A sale at CCBill: what was reported of it, what CCBill answers about it, and what its reports list. Pure.

A report of the webhook never credits; it may hold back what would be credited otherwise.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from billing.charges import Charge, ChargeStatus, Totals
from billing.gateways.ccbill.notices import SALE, UP_SALE
from billing.gateways.ccbill.status import Status
from billing.models import Payment, ReportLine
from billing.states import ReportKind


@dataclass(frozen=True, slots=True)
class Sale:
    """`account` and `currency` as the webhook said, empty where it said what we expect, or nothing. `status`: CCBill's answer."""

    number: str
    account: str = ""
    currency: str = ""
    status: Status | None = None
    lines: tuple[ReportLine, ...] = ()

    def with_word(self, status: Status | None, lines: Iterable[ReportLine]) -> "Sale":
        return replace(self, status=status, lines=tuple(lines))

    def listed_minor(self, kind: ReportKind) -> int:
        return sum(line.amount_minor for line in self.lines if line.kind == kind)

    def listed(self, kind: ReportKind) -> int:
        return sum(line.kind == kind for line in self.lines)


def reported_sales(notices: Sequence[tuple[str, str]], *, answered: str) -> list[Sale]:
    """The sales that notices name for one payment, as event and number, the one that it was credited by first."""
    sales = {answered: Sale(answered)} if answered else {}
    for event, number in notices:
        if not number:
            continue
        known = sales.get(number, Sale(number))
        name, *details = event.split()
        if name in (SALE, UP_SALE):
            account, currency = (*details, "", "")[:2]
            known = replace(known, account=account, currency=currency)
        sales[number] = known
    return list(sales.values())


def charge_of(payment: Payment, sales: Sequence[Sale]) -> Charge:
    """What became of the payment: paid as soon as the amount of one of its sales is known."""
    charges = [_charge_of(payment, sale) for sale in sales]
    paid = [charge for charge in charges if charge.status == ChargeStatus.PAID]
    if not paid:
        return charges[0]
    return replace(paid[0], others=tuple(charge.reference for charge in paid[1:]))


def _charge_of(payment: Payment, sale: Sale) -> Charge:
    ours = payment.merchant_account.account
    line = next((line for line in sale.lines if line.kind == ReportKind.SALE), None)
    amount_minor = _amount_minor(payment, sale, line)
    if amount_minor is None:
        return Charge(ChargeStatus.PENDING, reference=sale.number)
    return Charge(
        ChargeStatus.PAID,
        reference=sale.number,
        account=line.account if line else sale.account or ours,
        currency=sale.currency or payment.currency,
        totals=_totals(sale, amount_minor),
        card=sale.number,
        card_kind="",
    )


def _amount_minor(payment: Payment, sale: Sale, line: ReportLine | None) -> int | None:
    """What was paid; None while CCBill has not said so.

    By the report. Before there is one: the period of the sale names our amount. Neither counts for the first time while money went
    back that no report lists yet.
    """
    if payment.captured_minor and payment.processor_reference == sale.number:
        return line.amount_minor if line else payment.captured_minor
    if sale.status is None:
        is_elsewhere = line is not None and line.account != payment.merchant_account.account
        return line.amount_minor if line and is_elsewhere else None
    if sale.status.refunds > sale.listed(ReportKind.REFUND):
        return None
    if sale.status.chargebacks > sale.listed(ReportKind.CHARGEBACK):
        return None
    if line is not None:
        return line.amount_minor
    return payment.amount_minor if sale.status.amount_minor == payment.amount_minor else None


def _totals(sale: Sale, amount_minor: int) -> Totals:
    voided_minor = sale.listed_minor(ReportKind.VOID)
    if sale.status is not None and sale.status.voids:
        voided_minor = amount_minor  # a void is of the whole sale
    return Totals(
        captured_minor=amount_minor,
        refunded_minor=min(amount_minor, voided_minor + sale.listed_minor(ReportKind.REFUND)),
        charged_back_minor=min(amount_minor, sale.listed_minor(ReportKind.CHARGEBACK)),
    )
