"""What staff read where a deed of theirs needs a second person: on the page that asks before it, and after it."""

from dataclasses import replace

from billing import conf
from billing.deeds import deed_named
from billing.models import ApprovalRequest
from billing.services.carry_out import CarriedOut
from core.confirm import Confirmation
from core.money import format_money


def asking(confirmation: Confirmation, carried_out: CarriedOut) -> Confirmation:
    """The question as it is if the deed is done now, or else if it has to be approved first."""
    if carried_out.request is None:
        return confirmation
    effect = f"{carried_out.why} {_what_happens(carried_out.request)}"
    return replace(confirmation, effect=effect, button="Request approval")


def outcome(carried_out: CarriedOut, done: str) -> str:
    """What is said afterwards: `done`, or that it was requested."""
    if carried_out.request is None:
        return done
    return f"Not done yet. {_what_happens(carried_out.request)}"


def what_is_given(request: ApprovalRequest) -> str:
    """`$50.00 credit`, `60 free minutes`."""
    noun = deed_named(request.deed).noun
    if request.seconds:
        return f"{request.seconds // 60:,} {noun}"
    return f"{format_money(request.amount_minor, conf.currency())} {noun}"


def whom_it_is_for(request: ApprovalRequest) -> str:
    """The customer's alias, the operator's name, or both."""
    customer, operator = request.customer, request.operator
    if customer is not None and operator is not None:
        return f"{customer.alias} with {operator.stage_name}"
    return customer.alias if customer is not None else str(operator)


def _what_happens(request: ApprovalRequest) -> str:
    if request.due_at is not None:
        return "It will be done in 24 hours, unless someone declines it. The owner gets an email now."
    return "Someone else has to approve it within 72 hours. Until then, nothing changes."
