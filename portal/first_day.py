"""What the console shows an operator who isn't set up yet: the contract to sign, and the list of the first day until it is done."""

from dataclasses import dataclass
from datetime import datetime

from core import clock
from operators.contract import has_signed, sign_until
from operators.models import Application, Operator
from operators.phones import phone_obstacle
from operators.services.sign_contract import show_contract
from operators.standing import TEXTS, Obstacle, work_obstacle
from operators.states import ReviewState
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
        Step("Verify your phone", phone_obstacle(operator) is None, "portal:settings"),
        Step("Add a photo", bool(operator.photo) or photos.exists(), "portal:settings"),
        Step("Record a greeting", bool(operator.greeting) or greetings.exists(), "portal:settings-greeting"),
        Step("Set your hours", operator.schedule.exists(), "portal:settings"),
        Step("Take a test call", has_tested_phone(operator), "portal:settings"),
        Step("Go online", operator.online_until is not None),
    ]
    return [] if all(step.is_done for step in steps) else steps


@dataclass(frozen=True, slots=True)
class Due:
    """What has to be done to go on working. `until`: by when the contract has to be signed, None if it is too late."""

    words: str
    page: str
    until: datetime | None = None


def due_of(operator: Operator) -> Due | None:
    """A document that expired, or a contract to sign; None if nothing is due."""
    at = clock.now()
    obstacle = work_obstacle(operator, at)
    if obstacle and obstacle != Obstacle.CONTRACT:
        return Due(TEXTS[obstacle], "portal:apply")
    if has_signed(operator.user_id):
        return None
    show_contract()
    until = sign_until(operator)
    if until is not None and until > at:
        return Due("Please read and sign our contract.", "portal:contract", until)
    return Due("Sign our contract to go online and be paid.", "portal:contract")
