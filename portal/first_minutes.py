"""Free first minutes in the operator's settings: how many, and what is left of the month's budget."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from billing.first_minutes import covers
from billing.services.grant_as_operator import minutes_left
from core import clock
from core.errors import Invalid
from core.parse import whole_number
from operators.models import Operator
from operators.models.operator import MOST_FIRST_MINUTES
from operators.services.change_first_minutes import change_first_minutes
from portal.decorators import operator_page
from web.actions import run_service


@dataclass(frozen=True, slots=True)
class FirstMinutes:
    """`minutes` are for each new caller; `left` of `budget` can still be given away this month."""

    minutes: int
    left: int
    budget: int
    is_covered: bool
    choices: tuple[int, ...] = tuple(range(MOST_FIRST_MINUTES + 1))


def first_minutes_of(operator: Operator) -> FirstMinutes:
    """As it stands now."""
    left = minutes_left(operator, clock.now())
    return FirstMinutes(operator.first_minutes, left, operator.free_minutes_per_month, covers(operator, left))


@require_POST
@operator_page
def first_minutes(request: HttpRequest, operator: Operator) -> HttpResponse:
    """How many."""

    def change() -> None:
        minutes = whole_number(request.POST.get("minutes", ""), most=999)
        if minutes is None:
            raise Invalid("How many minutes?")
        change_first_minutes(operator_id=operator.pk, minutes=minutes)

    then = f"{reverse('portal:settings-prices')}#first-minutes"
    return run_service(request, change, then=then, message="Saved. It counts from the next call.")
