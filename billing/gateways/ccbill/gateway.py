"""CCBill as the rest of billing sees it. What its documents say, and what they don't: docs/ccbill.md."""

import logging
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from billing.charges import Charge, ChargeStatus
from billing.gateways.base import Ability, Forged, Gateway, Limits, Listed, NoAnswer, Notice, Refused
from billing.gateways.ccbill import account, client, data_link, digest, status
from billing.gateways.ccbill.account import SubAccount
from billing.gateways.ccbill.amounts import US_DOLLAR, period_for, price_of
from billing.gateways.ccbill.notices import FAILED, PAYMENT_FIELD, event_in, notice_of
from billing.gateways.ccbill.sale import Sale, charge_of, reported_sales
from billing.gateways.secret_path import is_secret_path
from billing.models import PayBack, Payment, ReportLine
from core.errors import Unavailable

log = logging.getLogger(__name__)

FORM_ORIGIN = "https://api.ccbill.com"
_FORMS = f"{FORM_ORIGIN}/wap-frontflex/flexforms"
_DECLINED = gettext_noop("The card company declined this card.")
_NOT_NOW = gettext_noop("This card can’t be charged right now.")
_NO_CARDS = gettext_noop("This site doesn’t take cards yet.")
_CURRENCY = "USD"  # the Data Link lists amounts in US dollars alone
_USERNAME_LENGTH = 16  # the first half of our number of a payment


class CcbillGateway(Gateway):
    """A payment is a one-time sale on a FlexForm, credited once CCBill, asked by its number, says what was paid."""

    title = "CCBill"
    declaration = account.DECLARATION
    report_every = timedelta(minutes=61)  # CCBill: once in 60
    lists_charges = True

    def __init__(self, name: str) -> None:
        super().__init__(name)
        saved_card = {Ability.SAVED_CARD} if account.may_charge_saved_cards() else set[Ability]()
        self.abilities = frozenset({Ability.REFUND} | saved_card)

    def complaints(self) -> list[str]:
        return list(account.complaints())

    def limits(self) -> Limits:
        return Limits(account.smallest_minor(), account.largest_minor())

    def form_origins(self) -> tuple[str, ...]:
        return (FORM_ORIGIN,)

    def start(self, payment: Payment, *, return_url: str) -> str:
        """Where the customer comes back to is set at CCBill. Raises Unavailable `no_cards` where the account is not set up."""
        sub = _sub_account(payment).sub
        form, salt = account.flexform_id(sub), account.salt(sub)
        if not (form and salt and account.login()) or payment.currency != _CURRENCY:
            raise Unavailable(_(_NO_CARDS), code="no_cards")
        price, period = price_of(payment.amount_minor), period_for(payment.amount_minor)
        fields = {
            "clientSubacc": sub,
            "initialPrice": price,
            "initialPeriod": period,
            "currencyCode": US_DOLLAR,
            "formDigest": digest.form_digest(price, period, US_DOLLAR, salt),
            PAYMENT_FIELD: str(payment.public_id),
            "username": payment.public_id.hex[:_USERNAME_LENGTH],
        }
        return f"{_FORMS}/{form}?{urlencode(fields)}"

    def verify(self, request: HttpRequest, secret_path: str) -> Notice:
        if not is_secret_path(self.name, secret_path):
            raise Forged
        if not account.is_from_ccbill(request.META.get("REMOTE_ADDR", "")):
            raise Forged
        return notice_of(event_in(request))

    def confirm(self, payment: Payment) -> Charge:
        """Raises NoAnswer where nothing was reported: CCBill can't be asked by our number of a payment."""
        notices = list(payment.notices.order_by("id").values_list("event", "charge"))
        sales = reported_sales(notices, answered=payment.processor_reference)
        if not sales:
            if any(event in FAILED for event, _ in notices):
                return Charge(ChargeStatus.DECLINED, reason=_DECLINED)
            raise NoAnswer
        return charge_of(payment, [self._looked_up(payment, sale) for sale in sales])

    def refund(self, pay_back: PayBack) -> None:
        """A whole payment by whichever way CCBill finds, a part as a refund: its void may take back more than was asked."""
        payment = pay_back.payment
        is_whole = pay_back.amount_minor == payment.captured_minor
        action = "voidOrRefundTransaction" if is_whole else "refundTransaction"
        amount = {} if is_whole else {"amount": price_of(pay_back.amount_minor)}
        answer = client.manage(
            _sub_account(payment), action, subscriptionId=payment.processor_reference, **amount
        )
        if answer.get("results") != "1":
            raise _refusal(answer)

    def charge_saved(self, payment: Payment) -> str | None:
        earlier = payment.saved_from
        if earlier is None or not earlier.card:
            raise Refused("There is no earlier sale.")
        answer = client.charge_again(
            _sub_account(payment),
            subscriptionId=earlier.card,
            initialPrice=price_of(payment.amount_minor),
            initialPeriod=str(period_for(payment.amount_minor)),
            recurringPrice="0",
            recurringPeriod="0",
            rebills="0",
            currencyCode=US_DOLLAR,
            **{PAYMENT_FIELD: str(payment.public_id)},
        )
        if answer.get("approved") == "1":
            return answer.get("subscriptionId", "")
        if answer.get("approved") == "0":
            raise Refused(_DECLINED)
        if answer.get("results") in status.REFUSALS:
            log.error("CCBill charges no saved card code=%s", answer["results"])
            raise Refused(_NOT_NOW)
        raise NoAnswer

    def report(self, since: datetime, until: datetime) -> list[Listed]:
        first, last = data_link.at_ccbill(since), data_link.at_ccbill(until)
        lines = data_link.lines_in(client.report(first, last, types=",".join(data_link.TYPES)))
        if lines is None:
            raise NoAnswer
        return [
            Listed(
                line.key,
                line.kind,
                line.sale,
                str(line.account),
                line.amount_minor,
                _payment_named(line.username),
                line.username,
            )
            for line in lines
        ]

    def _looked_up(self, payment: Payment, sale: Sale) -> Sale:
        """The sale with what CCBill answers about it, and with its lines of reports. Raises NoAnswer."""
        answer = client.manage(_sub_account(payment), "viewSubscriptionStatus", subscriptionId=sale.number)
        found, code = status.status_in(answer), answer.get("results", "")
        if found is None and code not in status.NO_SUCH_SALE | {status.OF_ANOTHER_ACCOUNT}:
            raise NoAnswer
        lines = ReportLine.objects.filter(gateway=self.name, charge=sale.number).order_by("id")
        return sale.with_word(found, lines)


def _sub_account(payment: Payment) -> SubAccount:
    return SubAccount.named(payment.merchant_account.account)


def _refusal(answer: Mapping[str, str]) -> Exception:
    """Refused where CCBill says that nothing was done, else NoAnswer."""
    words = status.REFUSALS.get(answer.get("results", ""))
    return Refused(words) if words else NoAnswer()


def _payment_named(username: str) -> str:
    """Our number of the payment whose first half was passed on as the user name; empty if there is none."""
    try:
        first = uuid.UUID(hex=username.ljust(32, "0"))
        last = uuid.UUID(hex=username.ljust(32, "f"))
    except ValueError:
        return ""
    if len(username) != _USERNAME_LENGTH:
        return ""
    found = Payment.objects.filter(public_id__gte=first, public_id__lte=last).values_list(
        "public_id", flat=True
    )
    return str(found[0]) if len(found[:2]) == 1 else ""
