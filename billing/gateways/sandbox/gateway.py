"""The sandbox processor as the rest of billing sees it: like any other, but that its records are read where they are."""

import json
from datetime import datetime, timedelta

from django.http import HttpRequest
from django.utils.translation import gettext_noop

from billing.charges import Charge, ChargeStatus, Totals
from billing.gateways.base import Ability, Forged, Gateway, Limits, Listed, NoAnswer, Notice, Refused
from billing.gateways.sandbox import processor
from billing.gateways.sandbox.models import Outcome, SandboxCharge
from billing.gateways.sandbox.order import Order, is_signed, origin
from billing.gateways.sandbox.webhook import SIGNATURE_HEADER
from billing.gateways.secret_path import is_secret_path
from billing.models import PayBack, Payment
from core import clock

_DECLINED = gettext_noop("Your bank declined this card.")


class SandboxGateway(Gateway):
    """Takes no money. Each test card makes something else happen (`cards`)."""

    title = "Sandbox"
    abilities = frozenset({Ability.REFUND, Ability.SAVED_CARD})
    lists_charges = True
    unheard_of_after = timedelta(minutes=1)

    def limits(self) -> Limits:
        return Limits(smallest_minor=100, largest_minor=50_000)

    def form_origins(self) -> tuple[str, ...]:
        return (origin(),)

    def start(self, payment: Payment, *, return_url: str) -> str:
        return _order(payment, return_url).address

    def verify(self, request: HttpRequest, secret_path: str) -> Notice:
        signature = request.headers.get(SIGNATURE_HEADER, "")
        if not is_secret_path(self.name, secret_path) or not is_signed(request.body, signature):
            raise Forged
        event = json.loads(request.body)
        return Notice(key=event["id"], event=event["event"], payment=event["payment"], charge=event["charge"])

    def confirm(self, payment: Payment) -> Charge:
        at = clock.now()
        charges = processor.charges_of(str(payment.public_id))
        if any(charge.answers_at > at for charge in charges):
            raise NoAnswer
        if not charges:
            return Charge(ChargeStatus.NONE)
        paid = [charge for charge in charges if charge.is_paid(at)]
        pending = [charge for charge in charges if charge.is_pending(at)]
        first = (paid or pending or charges[-1:])[0]
        status = ChargeStatus.PENDING if first.is_pending(at) else ChargeStatus(first.outcome)
        return Charge(
            status=status,
            reference=first.number,
            account=first.account,
            currency=first.currency,
            totals=_totals(first) if status == ChargeStatus.PAID else Totals(),
            others=tuple(charge.number for charge in paid[1:]),
            card=first.card,
            card_label=first.card_label if first.card else "",
            card_kind=first.card_kind if first.card else "",
            reason=_DECLINED if first.outcome == Outcome.DECLINED else "",
        )

    def refund(self, pay_back: PayBack) -> None:
        try:
            processor.refund(
                pay_back.payment.processor_reference, pay_back.amount_minor, key=f"pay-back:{pay_back.pk}"
            )
        except processor.Impossible as error:
            raise Refused(str(error)) from error
        except processor.AnswerLost as error:
            raise NoAnswer from error

    def charge_saved(self, payment: Payment) -> None:
        card = payment.saved_from.card if payment.saved_from else ""
        try:
            processor.charge_again(_order(payment, return_url=""), card=card)
        except processor.Impossible as error:
            raise Refused(str(error)) from error
        except processor.AnswerLost as error:
            raise NoAnswer from error

    def report(self, since: datetime, until: datetime) -> list[Listed]:
        return [
            Listed(key, kind, charge.number, charge.account, amount_minor, charge.payment, charge.payment)
            for key, kind, charge, amount_minor in processor.moved_between(since, until)
        ]


def _order(payment: Payment, return_url: str) -> Order:
    account = payment.merchant_account
    return Order(
        payment=str(payment.public_id),
        account=account.account,
        merchant=account.brand.name,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        statement_text=payment.statement_text,
        return_url=return_url,
    )


def _totals(charge: SandboxCharge) -> Totals:
    return Totals(
        captured_minor=charge.amount_minor,
        refunded_minor=charge.refunded_minor,
        charged_back_minor=charge.charged_back_minor,
        won_back_minor=charge.won_back_minor,
    )
