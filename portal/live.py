"""The live regions of the operators' site: what each shows when something changed, and when a page asks.

Called by `portal.consumers` with a hint, in the live thread, and by the `/live/` view. What a region shows is read in
`portal.regions`.
"""

from collections.abc import Iterable
from functools import partial

from core.push import time_sequence
from messaging.selectors import unread_of
from operators.models import Operator
from portal.console import NO_CALL
from portal.regions import (
    AFTER,
    BAR,
    CALLBACK_BAR,
    CALLBACKS,
    CALLER,
    CUSTOMER_NOTE,
    EARNED,
    FACTS,
    HOURS,
    INBOX,
    MISSED,
    ONLINE,
    PRESENCE,
    STRIP,
    TALK,
    TIME_OFF,
    TIPS,
    TODAY,
    UNSEEN,
    Contexts,
)
from telephony.models import Call
from telephony.push_reads import live_call_for_push_to_operator
from telephony.selectors import live_call_of_operator
from web.live import Audience, Hint, Region, Update, Viewer, render_region, sequence_before_reading, shared
from web.live_reads import read_call, unread_update

OF_CALLERS = frozenset({FACTS, CALLER, BAR})
OF_CALLS = OF_CALLERS | {TALK}
OF_TALKS = frozenset({TALK, BAR, STRIP})  # what changes while they talk
OF_PRESENCE = frozenset({PRESENCE, ONLINE, TIME_OFF, STRIP})
OF_TODAY = frozenset({TODAY, EARNED})
OF_TIPS = OF_TODAY | {TIPS}
OF_NOTES = frozenset({CALLER, CUSTOMER_NOTE})
OF_CALLBACKS = frozenset({CALLBACKS, CALLBACK_BAR})
FETCHED_AFTER_CALLS = frozenset({AFTER, MISSED, HOURS, UNSEEN, INBOX})
FETCHED_BEFORE_CALLS = frozenset({INBOX})  # the caller's conversation first
SHOWS_CALLS = OF_CALLS | FETCHED_AFTER_CALLS | OF_TODAY | {STRIP}
KINDS = SHOWS_CALLS | OF_PRESENCE | OF_TIPS | OF_NOTES | OF_CALLBACKS | {INBOX}


def call_updates(
    hint: Hint, operator: Operator, regions: Iterable[Region], audience: Audience
) -> list[Update]:
    """A call of this operator changed. Who calls is known from the beginning, so it is not read again while they talk."""
    sequence = sequence_before_reading(hint)
    call = read_call(hint)
    if not call.is_live:  # another one may have begun already
        call = live_call_for_push_to_operator(operator.pk) or call
    is_talk = call.is_live and call.joined_at is not None
    changed = OF_TALKS if is_talk else OF_CALLS | {STRIP} if call.is_live else OF_CALLS | OF_TODAY
    shown = tuple(region for region in regions if region.kind in changed)
    # A call's own sequence orders what is about that call; the day's figures, and that there is no call, go by the time.
    make = partial(_updates, shown, operator, call, audience, sequence)
    updates: list[Update] = shared.once((Viewer.OPERATOR, shown, audience, hint), make)
    if is_talk:
        return updates
    fetched = FETCHED_BEFORE_CALLS if call.is_live else FETCHED_AFTER_CALLS
    return [*updates, *_to_fetch(regions, fetched, sequence)]


def presence_updates(
    hint: Hint, operator: Operator, regions: Iterable[Region], audience: Audience
) -> list[Update]:
    """The operator came, went, or is in a call."""
    row = shared.once(hint, lambda: Operator.objects.get(pk=operator.pk))
    shown = tuple(region for region in regions if region.kind in OF_PRESENCE)
    has_strip = any(region.kind == STRIP for region in shown)
    call = shared.once(("its call", hint), lambda: _call_of(row)) if has_strip else None
    make = partial(_updates, shown, row, call, audience, hint.sequence)
    updates: list[Update] = shared.once((Viewer.OPERATOR, shown, audience, hint), make)
    return updates


def tip_updates(
    hint: Hint, operator: Operator, regions: Iterable[Region], audience: Audience
) -> list[Update]:
    """A tip came, or was refunded: the last ones, the day's figures, and a sentence for screen readers."""
    shown = tuple(region for region in regions if region.kind in OF_TIPS)
    make = partial(_updates, shown, operator, None, audience, hint.sequence)
    updates: list[Update] = shared.once((Viewer.OPERATOR, shown, audience, hint), make)
    return [*updates, *_to_fetch(regions, {HOURS}, hint.sequence)]


def note_updates(
    hint: Hint, operator: Operator, regions: Iterable[Region], audience: Audience
) -> list[Update]:
    """The note about a customer was saved, on whichever page: those that show it do so."""
    shown = tuple(region for region in regions if region.kind in OF_NOTES)
    call = live_call_for_push_to_operator(operator.pk)
    if call is not None and call.customer_id != int(hint.key):
        shown = tuple(region for region in shown if region.kind != CALLER)
    return _updates(shown, operator, call, audience, hint.sequence)


def message_updates(hint: Hint, operator: Operator, regions: Iterable[Region]) -> list[Update]:
    """A message waits, or was read: the number, and the inbox for pages that show it to fetch."""
    count = shared.once((Viewer.OPERATOR, hint), lambda: unread_of(operator))
    unread = unread_update(count, hint.sequence, hint.more.get("conversation"))
    return [unread, *_to_fetch(regions, {INBOX}, hint.sequence)]


def callback_updates(hint: Hint, regions: Iterable[Region]) -> list[Update]:
    """Somebody asked for a callback, or a request stands elsewhere: pages fetch the list."""
    return _to_fetch(regions, OF_CALLBACKS, hint.sequence)


def console_state(operator: Operator, regions: Iterable[Region], audience: Audience) -> list[Update]:
    """What the regions of an operator's page show now."""
    sequence, regions = time_sequence(), tuple(regions)
    shows_call = any(region.kind in OF_CALLS | {STRIP, INBOX} for region in regions)
    call = live_call_of_operator(operator) if shows_call else None
    updates = _updates(regions, operator, call, audience, sequence)
    return [*updates, unread_update(unread_of(operator), sequence)]


def _updates(
    regions: Iterable[Region], operator: Operator, call: Call | None, audience: Audience, sequence: int
) -> list[Update]:
    """`call`: the one to show, or one that is over; None where no region is about a call."""
    contexts = Contexts(operator, call if call is not None and call.is_live else None)
    updates = []
    for region in regions:
        about, as_of, slots = region.kind, sequence, {}
        context = contexts.of(region)
        if context is None:  # of somebody else, or gone
            continue
        if region.kind in OF_CALLS:
            shown = context["at_hand"] if region.kind == CALLER else context["console"]
            about, as_of = shown.object, sequence if shown.object == NO_CALL else shown.sequence
        if region.kind == TALK:
            slots = {"console-title": context["console"].title}
        if region.kind == BAR:
            slots = {"call-said": context["console"].said}
        if region.kind in OF_CALLBACKS:
            slots = context["callbacks"].slots
        if region.kind == TIPS:
            slots = {"tip-news": context["tips"][0].words if context["tips"] else ""}
        template = f"portal/console/{region.kind.removeprefix('console-')}.html"
        html = render_region(template, {**context, "sequence": sequence}, audience)
        updates.append(Update(str(region), about, as_of, html, slots))
    return updates


def _to_fetch(regions: Iterable[Region], kinds: Iterable[str], sequence: int) -> list[Update]:
    """For what is long, or costs more than a push may."""
    wanted = frozenset(kinds)
    return [Update(region.kind, region.kind, sequence) for region in regions if region.kind in wanted]


def _call_of(operator: Operator) -> Call | None:
    return live_call_for_push_to_operator(operator.pk) if operator.in_call else None
