"""Forms of the staff: free minutes, credits and corrections. Each translates in and calls one service."""

from abc import abstractmethod
from collections.abc import Callable
from types import MappingProxyType
from typing import Any, TypeVar

from django import forms

from billing import conf
from billing.approval_words import asking, outcome
from billing.deeds import CREDIT, GRANT, fee_argument, payment_argument
from billing.ledger.posting import Posted
from billing.models import FreeMinutesPackage
from billing.selectors import wallet_of
from billing.services.carry_out import CarriedOut, carry_out
from billing.services.credit_wallet import MAX_REFERENCE
from billing.services.debit_wallet import debit_wallet
from billing.staff_input import describe_expiry, find_customer, find_operator, parse_expiry
from billing.states import CreditSource, FundedBy
from core import clock, money
from core.confirm import Confirmation
from core.db import dry_run
from core.errors import DomainError
from core.ids import new_id
from customers.models import Customer, User
from operators.models import Operator

T = TypeVar("T")


class MoneyForm(forms.Form):
    """What all have in common: a customer, a reason, and a key that makes sending it twice harmless."""

    customer = forms.CharField(max_length=254, help_text="Email address or ID.")
    reason = forms.CharField(max_length=300, help_text="Kept on record. The customer doesn't see it.")
    key = forms.CharField(max_length=200, widget=forms.HiddenInput, initial=lambda: new_id("form"))

    field_order: list[str]
    carried_out = CarriedOut()  # what came of it, or would

    def clean_customer(self) -> Customer:
        return _or_form_error(lambda: find_customer(self.cleaned_data["customer"]))

    def carry_out(self, actor: User) -> str | None:
        """Do it and say what was done; None if it was refused, which is then an error of the form."""
        try:
            return self.act(actor)
        except DomainError as error:
            self.add_error(None, error.message)
            return None

    def is_possible(self, actor: User) -> bool:
        """Whether it would be done now; a refusal becomes an error of the form."""
        try:
            dry_run(lambda: self.act(actor))
        except DomainError as error:
            self.add_error(None, error.message)
            return False
        return True

    @abstractmethod
    def act(self, actor: User) -> str:
        """Call the service and say what was done. Raises DomainError."""

    def question(self, back: str) -> Confirmation:
        """What is asked before, once it `is_possible`: approval, if it needs that. `back`: where Cancel leads."""
        return asking(self.confirmation(back), self.carried_out)

    @abstractmethod
    def confirmation(self, back: str) -> Confirmation:
        """The person, the amount, and the effect in figures. `back`: where Cancel leads."""


class GrantFreeMinutesForm(MoneyForm):
    """Give a customer free minutes."""

    operator = forms.CharField(
        max_length=60, required=False, help_text="Stage name or ID. Leave it empty for any operator."
    )
    minutes = forms.IntegerField(min_value=1, max_value=conf.MAX_GRANT_MINUTES)
    expires_at = forms.CharField(
        label="Expiry",
        max_length=40,
        initial="+30d",
        help_text="A date like 2027-01-31 or a span like +30d: through the end of that day where the customer lives.",
    )
    funded_by = forms.ChoiceField(
        choices=FundedBy.choices, help_text="The operator is paid for minutes that the platform funds."
    )
    covers_fee = forms.BooleanField(
        label="Covers the connection fee", required=False,
        help_text="A call that uses these minutes first has no connection fee.",
    )  # fmt: skip
    field_order = ["customer", "operator", "minutes", "expires_at", "funded_by", "covers_fee", "reason"]

    def clean_operator(self) -> Any:
        entered = self.cleaned_data["operator"]
        return _or_form_error(lambda: find_operator(entered)) if entered else None

    def clean_expires_at(self) -> Any:
        customer: Customer | None = self.cleaned_data.get("customer")
        time_zone = customer.user.time_zone if customer else "UTC"
        return _or_form_error(lambda: parse_expiry(self.cleaned_data["expires_at"], clock.now(), time_zone))

    def act(self, actor: User) -> str:
        data = self.cleaned_data
        operator: Operator | None = data["operator"]
        carried_out = carry_out(
            GRANT,
            customer=data["customer"].pk,
            operator=operator.pk if operator else None,
            minutes=data["minutes"],
            expires_at=data["expires_at"].isoformat(),
            reason=data["reason"],
            funded_by=data["funded_by"],
            **fee_argument(data["covers_fee"]),
            actor=actor,
            idempotency_key=data["key"],
        )
        package: FreeMinutesPackage = carried_out.result
        until = describe_expiry(package.expires_at, package.customer.user.time_zone)
        self.carried_out = carried_out
        return outcome(carried_out, f"{data['minutes']} free minutes for {package.customer} until {until}.")

    def confirmation(self, back: str) -> Confirmation:
        data = self.cleaned_data
        funded_by = FundedBy(data["funded_by"])
        facts = (
            ("Customer", f"{data['customer'].alias}, {data['customer'].user.email}"),
            ("Free minutes", str(data["minutes"])),
            ("With", str(data["operator"] or "any operator")),
            ("Until", describe_expiry(data["expires_at"], data["customer"].user.time_zone)),
            ("Funded by", funded_by.label),
            ("Connection fee", "covered" if data["covers_fee"] else "paid by the customer"),
        )
        paid = "is paid for them" if funded_by == FundedBy.PLATFORM else "earns nothing on them"
        price = "free of charge" if data["covers_fee"] else "for the connection fee alone"
        effect = f"The customer talks up to {data['minutes']} minutes {price}. The operator {paid}."
        title = f"Give {data['minutes']} free minutes to {data['customer'].alias}?"
        return Confirmation(title, facts, effect, "Give", back)


class WalletForm(MoneyForm):
    """Credit a wallet, or correct it."""

    RECEIVED, CREDIT, PROMO, DEBIT = "received", "credit", "promo", "debit"
    SOURCES = MappingProxyType(
        {
            RECEIVED: CreditSource.RECEIVED,
            CREDIT: CreditSource.ADJUSTMENT,
            PROMO: CreditSource.PROMO,
        }
    )

    what = forms.ChoiceField(
        choices=[
            (RECEIVED, "Credit: money received by transfer or in cash"),
            (CREDIT, "Credit: a correction"),
            (PROMO, "Credit: a promotion"),
            (DEBIT, "Debit: take back a wrong credit"),
        ]
    )
    amount = forms.CharField(max_length=16, help_text="Like 12.50")
    payment_reference = forms.CharField(
        label="Reference", max_length=MAX_REFERENCE, required=False,
        help_text="Of money received: the bank's number or the receipt's, no name. Each payment is booked once.",
    )  # fmt: skip
    field_order = ["customer", "what", "amount", "payment_reference", "reason"]

    def clean_amount(self) -> int:
        try:
            return money.parse(self.cleaned_data["amount"])
        except money.MoneyError as error:
            raise forms.ValidationError(f"{error}: enter it like 12.50") from None

    def act(self, actor: User) -> str:
        data = self.cleaned_data
        who_and_why: dict[str, Any] = {
            "amount_minor": data["amount"],
            "reason": data["reason"],
            "actor": actor,
            "idempotency_key": data["key"],
        }
        if data["what"] == self.DEBIT:
            self.carried_out = CarriedOut(debit_wallet(customer=data["customer"], **who_and_why))
        else:
            self.carried_out = carry_out(
                CREDIT,
                customer=data["customer"].pk,
                source=self.SOURCES[data["what"]],
                **payment_argument(data["payment_reference"]),
                **who_and_why,
            )
        posted: Posted = self.carried_out.result
        amount = money.format_money(data["amount"], conf.currency())
        done = f"{amount} booked for {data['customer']}: transaction {posted.transaction_id}."
        return outcome(self.carried_out, done)

    def confirmation(self, back: str) -> Confirmation:
        data, currency = self.cleaned_data, conf.currency()
        is_debit = data["what"] == self.DEBIT
        before = wallet_of(data["customer"].pk).balance_minor
        after = before - data["amount"] if is_debit else before + data["amount"]
        amount, verb = money.format_money(data["amount"], currency), "Debit" if is_debit else "Credit"
        facts = (
            ("Customer", f"{data['customer'].alias}, {data['customer'].user.email}"),
            ("What", dict(self.fields["what"].choices)[data["what"]]),  # type: ignore[attr-defined]
            ("Amount", amount),
            *([("Reference", data["payment_reference"])] if data["what"] == self.RECEIVED else []),
            ("Balance", f"{money.format_money(before, currency)} → {money.format_money(after, currency)}"),
        )
        effect = (
            f"{amount} is taken off the balance."
            if is_debit
            else f"{amount} is added to the balance and can be spent right away."
        )
        return Confirmation(f"{verb} {amount}: {data['customer'].alias}?", facts, effect, verb, back)


def _or_form_error(look_up: Callable[[], T]) -> T:
    try:
        return look_up()
    except DomainError as error:
        raise forms.ValidationError(error.message) from None
