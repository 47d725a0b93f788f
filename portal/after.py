"""The call that has just ended, on the console: through the wrap-up, for ten minutes at least, and until the next one."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.urls import reverse

from billing import conf
from billing.earnings import earned_from
from billing.services.grant_as_operator import minutes_left
from core import clock
from core.money import format_money
from operators.customer_list import interaction_with
from operators.models import Operator, Rating
from operators.selectors import is_blocked, rating_for
from portal.writing import write_urls
from telephony.models import Call
from telephony.operator_words import ended_words
from telephony.selectors import last_talk_of
from telephony.states import EndedBy, EndReason

SHOWN_FOR = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class AfterCall:
    """One talk. `earned` is what the books have of it by now, refunds taken off: the statement's lines of it, added up."""

    alias: str
    seconds: int
    earned: str
    why: str
    rating: Rating | None
    is_blocked: bool
    customer_url: str
    write_url: str
    minutes_url: str
    minutes_left: int
    minutes_key: str


def call_after(operator: Operator) -> Call | None:
    """The talk that the operator has just had. One query."""
    at = clock.now()
    wrapping_up = timedelta(seconds=operator.wrap_up_seconds)
    return last_talk_of(operator, at - max(SHOWN_FOR, wrapping_up))


def after_context(operator: Operator) -> dict[str, Any]:
    """What the region shows; nothing a while after the call."""
    call = call_after(operator)
    return {"after": _after(operator, call) if call else None}


def _after(operator: Operator, call: Call) -> AfterCall:
    earned = sum(one.amount_minor for one in earned_from(operator.pk, call.customer_id, [call.call_id]))
    blocked = is_blocked(customer_id=call.customer_id, operator_id=operator.pk)
    interaction = interaction_with(operator, call.customer_id)
    left = 0 if blocked else minutes_left(operator, clock.now())
    number = [interaction.pk] if interaction else None
    return AfterCall(
        alias=call.customer.alias,
        seconds=call.charged_seconds or 0,
        earned=format_money(earned, call.authorization.currency if call.authorization else conf.currency()),
        why=ended_words(EndReason(call.end_reason), EndedBy(call.ended_by)),
        rating=rating_for(call.customer_id, call.call_id),
        is_blocked=blocked,
        customer_url=reverse("portal:customer", args=number) if number else "",
        write_url=write_urls(operator, [call.customer_id], clock.now()).get(call.customer_id, ""),
        minutes_url=reverse("portal:customer-minutes", args=number) if number else "",
        minutes_left=left,
        # Of two tabs that offer the same one gift is made; after it what is left, and so the key, is another.
        minutes_key=f"{call.call_id}-{left}",
    )
