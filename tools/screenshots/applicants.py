"""Applicants of the demo, one for each state of an application; made by the services that the pages use."""

from datetime import date, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password

from core import clock
from customers.models import User
from demo.people import PASSWORD
from operators.contract import current_contract
from operators.models import Application
from operators.services.apply import save_facts, submit_application
from operators.services.decide_application import approve_application, ask_applicant, decline_application
from operators.services.documents import add_document
from operators.services.sign_contract import sign_contract
from operators.services.tax_forms import sign_tax_form
from operators.states import ApplicationState

NAME = "Jordan Ellis"
TAX_FORM: dict[str, Any] = {
    "name": NAME, "tax_class": "individual", "address": "12 Bleecker Street", "city": "New York", "region": "NY",
    "postal_code": "10012", "number_kind": "ssn", "number": "123-45-6789",
}  # fmt: skip
_UNFINISHED = (ApplicationState.DRAFT, "new")


def applicant(state: str, photo: bytes) -> str:
    """The email address of somebody whose application is in this state: an ApplicationState, `new` for none yet, or `again` for
    one that was declined a while ago.
    """
    email = f"applicant-{state}@aeims.test"
    if User.objects.filter(email=email).exists():
        return email
    user = User.objects.create(email=email, password=make_password(PASSWORD))
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    if state == "new":
        return email
    save_facts(
        user=user, legal_name=NAME, born_on=date(1990, 3, 7), region="NY", stage_name=f"Jo {state}",
        languages=["English", "Spanish"], topics=["Movies", "Travel"],
    )  # fmt: skip
    if state not in _UNFINISHED:
        _complete(user, photo)
        _decide(user, state)
    return email


def number_of(email: str) -> int:
    """The number of their application, for the staff's page."""
    return Application.objects.get(user__email=email).pk


def _complete(user: User, photo: bytes) -> None:
    expires_on = clock.now().date() + timedelta(days=700)
    add_document(user=user, kind="license", expires_on=expires_on, sides=[photo])
    sign_contract(user=user, typed_name=NAME, digest=current_contract().digest, address=None)
    sign_tax_form(user=user, kind="w9", fields=TAX_FORM, typed_name=NAME, address=None)
    submit_application(user=user)


def _decide(user: User, state: str) -> None:
    which: dict[str, Any] = {"application_id": Application.objects.get(user=user).pk, "actor": _staff()}
    if state == ApplicationState.INCOMPLETE:
        ask_applicant(
            **which, reason="The photo of your ID is too dark to read. Please take it again in daylight."
        )
    elif state in (ApplicationState.DECLINED, "again"):
        decline_application(**which, reason="The name on the ID isn’t the one in your application.")
    elif state == ApplicationState.APPROVED:
        approve_application(**which, reason="Compared the ID on a video call")
    if state == "again":
        Application.objects.filter(user=user).update(decided_at=clock.now() - timedelta(days=8))


def _staff() -> User:
    return User.objects.get(email="staff@aeims.test")
