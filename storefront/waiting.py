"""What an operator's page offers a customer while the operator can't be called: to be told, a message, similar people."""

from dataclasses import dataclass

from brands.models import Brand
from core import clock
from core.money import format_money
from core.push import time_sequence
from customers.models import Customer, User
from notices.selectors import channels_that_arrive
from notices.states import Channel, NoticeKind
from operators.models import Operator
from operators.similar import similar_to
from operators.states import Availability
from storefront.call_panel import CallPanel, CallPanelState
from storefront.cards import OperatorCard, card_of
from telephony.models import AvailabilityWatch, Call
from telephony.responsibility import Cause, caused_by
from telephony.waiting import open_watch

_NOT_FREE = (CallPanelState.BUSY, CallPanelState.AWAY, CallPanelState.OFFLINE)
_BY: dict[str, str] = {Channel.MAIL: "by email", Channel.PUSH: "by notification"}


@dataclass(frozen=True, slots=True)
class WaitBox:
    """`is_shown`: there is something to wait for. `told_by`: the ways that work when no page is open, in words."""

    operator: OperatorCard
    sequence: int
    is_shown: bool = False
    is_free: bool = False  # free now, though a call to them came to nothing
    watch: AvailabilityWatch | None = None
    told_by: str = ""
    message_words: str = ""  # what a message costs; empty: they take none


@dataclass(frozen=True, slots=True)
class SimilarPeople:
    """Who can be called instead; nobody: nothing is shown."""

    operator_id: int
    sequence: int
    cards: tuple[OperatorCard, ...] = ()


def wait_box(customer: Customer, operator: Operator, brand: Brand, panel: CallPanel) -> WaitBox:
    """As things stand now. `panel`: the call module of the same page."""
    sequence = time_sequence()
    if not cannot_be_reached(panel):
        return WaitBox(panel.operator, sequence)
    return WaitBox(
        panel.operator,
        sequence,
        is_shown=True,
        is_free=operator.availability == Availability.ONLINE,
        watch=open_watch(customer.pk, operator.pk, clock.now()),
        told_by=told_by(customer.user, NoticeKind.WATCHED_FREE),
        message_words=_message_words(operator, brand),
    )


def _message_words(operator: Operator, brand: Brand) -> str:
    is_taking = operator.takes_messages
    return format_money(operator.rate_per_message_minor, brand.currency) if is_taking else ""


def similar_people(
    operator: Operator, brand: Brand, panel: CallPanel, customer: Customer | None = None
) -> SimilarPeople:
    """As things stand now."""
    sequence = time_sequence()
    if not cannot_be_reached(panel):
        return SimilarPeople(operator.pk, sequence)
    found = similar_to(operator, brand, customer_id=customer.pk if customer else None)
    return SimilarPeople(operator.pk, sequence, tuple(card_of(other, brand.currency) for other in found))


def cannot_be_reached(panel: CallPanel) -> bool:
    """Whether the operator takes no call now, or did not take the one that the panel shows."""
    if panel.state in _NOT_FREE:
        return True
    if panel.state != CallPanelState.FAILED or panel.call is None:
        return False
    return Call.objects.filter(
        call_id=panel.call["call_id"], end_reason__in=caused_by(Cause.OPERATOR)
    ).exists()


def told_by(user: User, kind: NoticeKind) -> str:
    """The ways by which such a notice really arrives: "by email"; empty: none does."""
    arriving = channels_that_arrive(user, kind)
    return " and ".join(words for channel, words in _BY.items() if channel in arriving)
