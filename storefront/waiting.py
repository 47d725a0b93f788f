"""What an operator's page offers a customer while the operator can't be called: to be told, a callback, a message,
similar people.
"""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from brands.models import Brand
from core import clock
from core.days import write_clock
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
from telephony.callbacks import failed, is_open, last_callback, was_missed
from telephony.models import AvailabilityWatch, Call, CallbackRequest
from telephony.responsibility import Cause, caused_by
from telephony.states import CallbackState
from telephony.waiting import open_watch

_NOT_FREE = (CallPanelState.BUSY, CallPanelState.AWAY, CallPanelState.OFFLINE)
_BY: dict[str, str] = {Channel.MAIL: gettext_noop("by email"), Channel.PUSH: gettext_noop("by notification")}


@dataclass(frozen=True, slots=True)
class WaitBox:
    """`is_shown`: there is something to wait for. `told_by`: the ways that work when no page is open, in words."""

    operator: OperatorCard
    sequence: int
    is_shown: bool = False
    is_free: bool = False  # free now, though a call to them came to nothing
    watch: AvailabilityWatch | None = None
    told_by: str = ""
    rings_until: datetime | None = None  # their phone is called, too, if it happens by then
    message_words: str = ""  # what a message costs; empty: they take none


@dataclass(frozen=True, slots=True)
class CallbackBox:
    """The pair's request for a callback on the operator's page. `offers`: one can be asked for; `words`: how the last one stands.

    `until`: of an open request; `declined`: she can't now, so another one isn't offered.
    """

    operator: OperatorCard
    sequence: int
    words: str = ""
    offers: bool = False
    until: datetime | None = None
    is_offered: bool = False
    told_by: str = ""

    @property
    def is_shown(self) -> bool:
        return self.offers or bool(self.words) or self.until is not None


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
    at = clock.now()
    watch = open_watch(customer.pk, operator.pk, at)
    rings_until = watch.rings_until if watch else None
    return WaitBox(
        panel.operator,
        sequence,
        is_shown=True,
        is_free=operator.availability == Availability.ONLINE,
        watch=watch,
        rings_until=rings_until if rings_until and rings_until > at else None,
        told_by=told_by(customer.user, NoticeKind.WATCHED_FREE),
        message_words=_message_words(operator, brand),
    )


def callback_box(customer: Customer, operator: Operator, panel: CallPanel) -> CallbackBox:
    """As things stand now. `panel`: the call module of the same page."""
    sequence, at = time_sequence(), clock.now()
    if panel.is_running:
        return CallbackBox(panel.operator, sequence)
    last = last_callback(customer.pk, operator.pk, at)
    if last is not None and is_open(last, at):
        is_offered = last.state == CallbackState.OFFERED
        until = last.offered_until if is_offered else last.expires_at
        ways = told_by(customer.user, NoticeKind.CALLBACK_OFFERED)
        return CallbackBox(panel.operator, sequence, until=until, is_offered=is_offered, told_by=ways)
    words = callback_words(last, operator.stage_name, customer.user.time_zone) if last else ""
    is_declined = last is not None and last.state == CallbackState.DECLINED
    return CallbackBox(panel.operator, sequence, words, offers=cannot_be_reached(panel) and not is_declined)


def callback_words(request: CallbackRequest, name: str, time_zone: str) -> str:
    """How a request came to nothing, for its customer; empty if it didn't, or by their own wish."""
    if not failed(request) or request.ended_at is None:
        return ""
    at = write_clock(request.ended_at, time_zone)
    if was_missed(request):
        return _("You missed %(name)s’s callback at %(at)s.") % {"name": name, "at": at}
    if request.state == CallbackState.DECLINED:
        return _("%(name)s can’t call back right now.") % {"name": name}
    return _("%(name)s didn’t get to your request.") % {"name": name}


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
    ways = [_(words) for channel, words in _BY.items() if channel in arriving]
    return _("%(one)s and %(other)s") % {"one": ways[0], "other": ways[1]} if len(ways) > 1 else "".join(ways)
