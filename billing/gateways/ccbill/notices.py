"""What CCBill's webhooks say, one shape for each of its events. Pure but for the request's own decoding.

Of an event we keep its name, our payment, and CCBill's number of the sale; amounts, cards, and names are never read from it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from django.http import HttpRequest

from billing.gateways.base import Forged, Notice
from billing.gateways.ccbill import account, amounts, digest
from billing.gateways.ccbill.account import SubAccount

PAYMENT_FIELD = "aeimsPayment"  # what we pass through; comes back with X- before it
_PASSED_THROUGH = (f"X-{PAYMENT_FIELD}", PAYMENT_FIELD)

SALE, UP_SALE = "NewSaleSuccess", "UpSaleSuccess"  # an up-sale is a charge by a previous transaction
FAILED = frozenset({"NewSaleFailure", "UpSaleFailure"})
_NAME_A_PAYMENT = FAILED | {SALE, UP_SALE}
# Every event of ccbill.com/doc/webhooks-user-guide. What is in none of the sets above concerns a sale that we know by its number;
# renewals, upgrades, and cross sales are never sold by us and stay on record, as does an event that is new to us.
EVENTS = _NAME_A_PAYMENT | {
    "UpgradeSuccess", "UpgradeFailure", "CrossSaleSuccess", "CrossSaleFailure", "RenewalSuccess", "RenewalFailure", "Cancellation",
    "Expiration", "Refund", "Void", "Chargeback", "Return", "BillingDateChange", "UserReactivation", "CustomerDataUpdate",
}  # fmt: skip

_LONGEST_KEY, _LONGEST_NAME, _LONGEST_NUMBER, _LONGEST_VALUE = 80, 30, 20, 100


@dataclass(frozen=True, slots=True)
class Event:
    """One post, as its fields stand: everything a string."""

    name: str
    fields: Mapping[str, str]

    def of(self, *names: str) -> str:
        """The first of these fields that says something. Raises Forged for what no field of CCBill's is like."""
        value = next((self.fields[name] for name in names if self.fields.get(name)), "")
        if len(value) > _LONGEST_VALUE or not (value.isascii() and value.isprintable()):
            raise Forged
        return value


def event_in(request: HttpRequest) -> Event:
    """The event in a request of either documented format (form or JSON). Raises Forged where it is neither."""
    fields = {name: str(value) for name, value in request.GET.items()}
    if request.content_type == "application/json":
        body = _json(request.body)
    else:
        body = {name: str(value) for name, value in request.POST.items()}
    for name in ("eventType", "clientAccnum", "clientSubacc"):
        if fields.get(name) and body.get(name) and fields[name] != body[name]:
            raise Forged
    merged = fields | body
    name = merged.get("eventType", "")
    if not (name.isascii() and name.isalnum()) or len(name) > _LONGEST_NAME:
        raise Forged
    return Event(name, merged)


def notice_of(event: Event) -> Notice:
    """The event as we keep it. Raises Forged where the account isn't ours, or a sale has no digest of CCBill's."""
    if not account.client_account() or event.of("clientAccnum") != account.client_account():
        raise Forged
    number = event.of("subscriptionId")
    if number and not (number.isdecimal() and len(number) <= _LONGEST_NUMBER):
        raise Forged
    _require_digest(event, number)
    names_payment = event.name in _NAME_A_PAYMENT
    return Notice(
        key=_key(event, number),
        event=_kept_name(event),
        payment=event.of(*_PASSED_THROUGH) if names_payment else "",
        charge=number if event.name not in FAILED else "",
    )


def _require_digest(event: Event, number: str) -> None:
    """A sale on a form has the digest always; another event has to have the right one if it has any."""
    given = event.of("dynamicPricingValidationDigest")
    if event.name == SALE or (given and event.name.endswith("Success")):
        salt = account.salt(_sub_account(event).sub)
        if not (number and salt and digest.is_sale_digest(given, number, salt)):
            raise Forged


def _kept_name(event: Event) -> str:
    """Its name; of a sale also where it was made, and the code of a currency that isn't ours: `NewSaleSuccess 900100-0000 978`."""
    if event.name not in (SALE, UP_SALE):
        return event.name
    code = event.of("billedCurrencyCode")
    is_foreign = code not in ("", amounts.US_DOLLAR)
    return " ".join((event.name, str(_sub_account(event)), *([code[:3]] if is_foreign else [])))


def _sub_account(event: Event) -> SubAccount:
    return SubAccount(account.client_account(), event.of("clientSubacc").zfill(4)[:4])


def _key(event: Event, number: str) -> str:
    """The same for each post of one event: its name, CCBill's number of the transaction, and its time."""
    key = ":".join((event.name, event.of("transactionId") or number, event.of("timestamp")))
    return key if len(key) <= _LONGEST_KEY else sha256(key.encode()).hexdigest()


def _json(body: bytes) -> dict[str, str]:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        raise Forged from None
    if not isinstance(fields, dict):
        raise Forged
    return {str(name): str(value) for name, value in fields.items() if isinstance(value, str | int | float)}
