"""Somebody who applies to be an operator, as the pages' services do it."""

from datetime import date, timedelta
from typing import Any

from core import clock
from customers.models import User
from operators.contract import current_contract
from operators.models import Application, SignedTaxForm
from operators.services.apply import save_facts, submit_application
from operators.services.documents import add_document
from operators.services.sign_contract import sign_contract
from operators.services.tax_forms import sign_tax_form
from tests.factories import UserFactory
from tests.operators.photographs import from_a_phone

NAME = "Sarah Jane Miller"
TAXPAYER = "123-45-6789"
FACTS: dict[str, Any] = {
    "legal_name": NAME,
    "born_on": date(1990, 3, 7),
    "region": "NY",
    "stage_name": "Luna",
    "languages": ["English"],
    "topics": ["Movies"],
}
W9: dict[str, Any] = {
    "name": NAME,
    "business_name": "",
    "tax_class": "individual",
    "address": "12 Bleecker Street",
    "city": "New York",
    "region": "NY",
    "postal_code": "10012",
    "number_kind": "ssn",
    "number": TAXPAYER,
}
W8BEN: dict[str, Any] = {
    "name": NAME,
    "citizenship": "DE",
    "born_on": date(1990, 3, 7),
    "address": "Lindenallee 5",
    "city": "Berlin",
    "postal_code": "10115",
    "country": "DE",
    "foreign_number": "12 345 678 903",
}


def given_applicant(*, submitted: bool = True, signed: bool = True, taxed: bool = True) -> Application:
    """An application with everything, sent unless told otherwise."""
    user: User = UserFactory()
    save_facts(user=user, **FACTS)
    give_document(user)
    if taxed:
        give_tax_form(user)
    if signed:
        sign(user)
    if submitted:
        submit_application(user=user)
    return Application.objects.get(user=user)


def give_document(user: User, *, days: int = 400) -> None:
    """An ID that expires in so many days."""
    expires_on = clock.now().date() + timedelta(days=days)
    add_document(user=user, kind="license", expires_on=expires_on, sides=[from_a_phone()])


def give_tax_form(user: User, kind: str = "w9", **changes: Any) -> SignedTaxForm:
    """A form of this kind, with what is changed about it."""
    fields = (W9 if kind == "w9" else W8BEN) | changes
    return sign_tax_form(user=user, kind=kind, fields=fields, typed_name=fields["name"], address="8.8.8.8")


def sign(user: User, name: str = NAME) -> None:
    """The contract in force."""
    sign_contract(user=user, typed_name=name, digest=current_contract().digest, address="8.8.8.8")
