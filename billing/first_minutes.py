"""Free first minutes: what an operator gives each new caller for the first call, out of her monthly budget.

One rule for cards, quote, API, and `authorize`: whoever is promised them gets them, by `billing.services.grant_first_minutes`.
All of them or none: where the budget covers only a part, there is no promise. What a package holds counts against the budget
of the month in which it was given, used or not. An attempt that was not joined leaves it to the next call; after the first
joined call the rest expires (`billing.services.settle`).
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.gift_budget import minutes_left_of
from billing.models import FreeMinutesPackage
from core.errors import Conflict
from customers.models import Customer
from customers.selectors import same_person
from operators.eligibility import account_obstacle
from operators.models import Block, Interaction, Operator
from operators.selectors import logins_of_person

VALID_FOR = timedelta(days=30)  # for who tries and isn't joined


class FirstMinutesGone(Conflict):
    """The call would not have the free first minutes that the page promised."""

    code = "first_minutes_gone"


def minutes_for(operators: Iterable[Operator], customer: Customer | None, at: datetime) -> dict[int, int]:
    """Operator id → the free minutes that the first call of `customer` would have; who promises none is left out.

    Without a customer: what somebody new would have. No query where nobody of `operators` offers any.
    """
    offering = {operator.pk: operator for operator in operators if operator.first_minutes}
    if not offering:
        return {}
    if customer is not None:
        if account_obstacle(customer, at) is not None:
            return {}
        for pk in _not_for(customer, offering):
            offering.pop(pk, None)
    left = minutes_left_of(list(offering.values()), at) if offering else {}
    return {pk: operator.first_minutes for pk, operator in offering.items() if covers(operator, left[pk])}


def promised_seconds(customer: Customer, operator: Operator, at: datetime) -> int:
    """Free seconds that the next call of `customer` to `operator` would be given; 0 for most."""
    return minutes_for([operator], customer, at).get(operator.pk, 0) * 60


def covers(operator: Operator, minutes_left: int) -> bool:
    """Whether what is left of the month's budget is enough for one more caller."""
    return minutes_left >= operator.first_minutes


def describe(minutes: int) -> str:
    """As cards and pages say it; empty for none."""
    if not minutes:
        return ""
    return ngettext("First minute free", "First %(count)s minutes free", minutes) % {"count": minutes}


def require_promised(
    expected_seconds: int, packages: Iterable[FreeMinutesPackage], operator: Operator
) -> None:
    """Raise FirstMinutesGone unless `packages` have the first minutes that the customer was promised."""
    seconds = sum(package.seconds_remaining for package in packages if package.is_first_minutes)
    if seconds < expected_seconds:
        raise FirstMinutesGone(
            _(
                "%(operator)s’s free first minutes are used up, so you’d pay from the first minute. Call again if that’s OK."
            )
            % {"operator": operator.stage_name}
        )


def key_of(customer_id: int, operator_id: int) -> str:
    """The idempotency key of the pair: there is one package, ever."""
    return f"first:{operator_id}:{customer_id}"


def _not_for(customer: Customer, operator_ids: Collection[int]) -> set[int]:
    """Those whom this person, by whatever account, has talked with, had them from, is blocked with, or is."""
    of_person = same_person(customer.pk, "customer_id")
    talked = Interaction.objects.filter(of_person, operator__in=operator_ids, calls__gt=0)
    had = FreeMinutesPackage.objects.filter(of_person, operator__in=operator_ids, is_first_minutes=True)
    blocked = Block.objects.filter(of_person, operator__in=operator_ids)
    own = Operator.objects.filter(pk__in=operator_ids, user__in=logins_of_person(customer.user_id))
    found = {pk for rows in (talked, had, blocked) for pk in rows.values_list("operator_id", flat=True)}
    return {pk for pk in found if pk is not None} | set(own.values_list("pk", flat=True))
