"""What the console shows an operator who isn't set up yet: the contract to sign, and the list of the first day until it is done."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from billing.payouts.accounts import has_account
from core import clock
from operators.contract import has_signed, sign_until
from operators.models import Application, Operator
from operators.phones import phone_obstacle
from operators.services.sign_contract import show_contract
from operators.standing import TEXTS, Obstacle, tax_form_obstacle, tax_form_until, work_obstacle
from operators.states import ReviewState
from operators.tax_forms import EXPIRING_DAYS, newest
from telephony.services.call_to_test import has_tested_phone


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the list. `page`: the name of the page where it is done, empty: this one."""

    words: str
    is_done: bool
    page: str = ""


def first_day(operator: Operator) -> list[Step]:
    """The list of who came by application; empty once all is done, and for everybody else."""
    if not Application.objects.filter(operator=operator).exists():
        return []
    greetings = operator.greetings.exclude(state=ReviewState.REFUSED)
    photos = operator.photos.exclude(state=ReviewState.REFUSED)
    steps = [
        Step("Verify your phone", phone_obstacle(operator) is None, "portal:settings-phones"),
        Step("Add a photo", bool(operator.photo) or photos.exists(), "portal:settings-profile"),
        Step("Record a greeting", bool(operator.greeting) or greetings.exists(), "portal:settings-greeting"),
        Step("Set your hours", operator.schedule.exists(), "portal:settings-hours"),
        Step("Take a test call", has_tested_phone(operator), "portal:settings-phones"),
        Step("Say how you’re paid", has_account(operator.pk), "portal:payout-account"),
        Step("Fill in your tax form", _has_tax_form(operator), "portal:tax-form"),
        Step("Go online", operator.online_until is not None),
    ]
    return [] if all(step.is_done for step in steps) else steps


def _has_tax_form(operator: Operator) -> bool:
    return newest(operator.user_id) is not None and tax_form_obstacle(operator, clock.now()) is None


@dataclass(frozen=True, slots=True)
class Due:
    """What has to be done to go on working and being paid. `until`: by when, None if it is too late."""

    words: str
    page: str
    until: date | None = None


def due_of(operator: Operator) -> Due | None:
    """A document that expired, a contract to sign, or a tax form to fill in; None if nothing is due."""
    at = clock.now()
    obstacle = work_obstacle(operator, at)
    if obstacle and obstacle != Obstacle.CONTRACT:
        return Due(TEXTS[obstacle], "portal:apply")
    if has_signed(operator.user_id):
        return _tax_form_due(operator, at)
    show_contract()
    until = sign_until(operator)
    if until is not None and until > at:
        return Due("Please read and sign our contract.", "portal:contract", until)
    return Due("Sign our contract to go online and be paid.", "portal:contract")


def _tax_form_due(operator: Operator, at: datetime) -> Due | None:
    """A tax form that is missing, has expired, or is about to."""
    page = "portal:tax-form"
    if obstacle := tax_form_obstacle(operator, at):
        return Due(TEXTS[obstacle], page)
    form = newest(operator.user_id)
    if form is None:
        return Due(
            "Please fill in a tax form, so that we can go on paying you.", page, tax_form_until(operator)
        )
    if form.valid_until and form.valid_until < at.date() + timedelta(days=EXPIRING_DAYS):
        return Due("Your W-8BEN expires soon. Please fill in a new one.", page, form.valid_until)
    return None
