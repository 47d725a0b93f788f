"""The live regions of the operators' console: what each shows when something changed, and when a page asks.

Called by `portal.consumers` with a hint, in the live thread, and by the `/live/` view.
"""

from collections.abc import Iterable
from functools import partial
from typing import Any

from billing.tips import latest_tips_to
from core import clock
from core.days import start_of_day
from core.push import time_sequence
from messaging.selectors import unread_of
from operators.models import Operator
from operators.selectors import customer_history, presence_state, today_figures
from operators.services.presence import ONLINE_CHOICES
from portal.callbacks import callbacks_context
from portal.console import ConsoleCall, ConsolePresence, TipLine
from portal.inbox import inbox_of
from telephony.models import Call
from telephony.push_reads import live_call_for_push_to_operator
from telephony.selectors import live_call_of_operator
from telephony.snapshots import operator_snapshot
from web.live import Audience, Hint, Region, Update, Viewer, render_region, sequence_before_reading, shared
from web.live_reads import read_call, unread_update

TALK = "console-talk"  # the offered or running call: time and earnings, what can be done
FACTS, CALLER = "console-facts", "console-caller"  # who calls and what it pays; the note, and blocking
PRESENCE, ONLINE = "console-presence", "console-online"  # the three states; until when one is online
TODAY, INBOX = "console-today", "console-inbox"
TIPS = "console-tips"  # the last ones of today
CALLBACKS = "console-callbacks"  # who asked for a callback

OF_CALLERS = frozenset({FACTS, CALLER})
OF_CALLS = OF_CALLERS | {TALK}
OF_PRESENCE = frozenset({PRESENCE, ONLINE})
OF_TIPS = frozenset({TIPS, TODAY})
KINDS = OF_CALLS | OF_PRESENCE | OF_TIPS | {INBOX, CALLBACKS}
TIPS_SHOWN = 3
CHOICES = [(minutes, minutes // 60) for minutes in ONLINE_CHOICES]


def call_updates(
    hint: Hint, operator: Operator, regions: Iterable[Region], audience: Audience
) -> list[Update]:
    """A call of this operator changed. Who calls is known from the beginning, so it is not read again while they talk."""
    sequence = sequence_before_reading(hint)
    call = read_call(hint)
    if not call.is_live:  # another one may have begun already
        call = live_call_for_push_to_operator(operator.pk) or call
    is_talk = call.is_live and call.joined_at is not None
    changed = {TALK} if is_talk else OF_CALLS if call.is_live else OF_CALLS | {TODAY}
    shown = tuple(region for region in regions if region.kind in changed)
    # A call's own sequence orders what is about that call; the day's figures, and that there is no call, go by the time.
    make = partial(_console_updates, shown, operator, call, audience, sequence)
    updates: list[Update] = shared.once((Viewer.OPERATOR, shown, audience, hint), make)
    return updates


def presence_updates(
    hint: Hint, operator: Operator, regions: Iterable[Region], audience: Audience
) -> list[Update]:
    """The operator came, went, or is in a call."""
    row = shared.once(hint, lambda: Operator.objects.get(pk=operator.pk))
    shown = tuple(region for region in regions if region.kind in OF_PRESENCE)
    make = partial(_console_updates, shown, row, None, audience, hint.sequence)
    updates: list[Update] = shared.once((Viewer.OPERATOR, shown, audience, hint), make)
    return updates


def tip_updates(
    hint: Hint, operator: Operator, regions: Iterable[Region], audience: Audience
) -> list[Update]:
    """A tip came, or was refunded: the last ones, the day's figures, and a sentence for screen readers."""
    shown = tuple(region for region in regions if region.kind in OF_TIPS)
    make = partial(_console_updates, shown, operator, None, audience, hint.sequence)
    updates: list[Update] = shared.once((Viewer.OPERATOR, shown, audience, hint), make)
    return updates


def message_updates(hint: Hint, operator: Operator, regions: Iterable[Region]) -> list[Update]:
    """A message waits, or was read: the number, and the inbox for pages that show it to fetch."""
    count = shared.once((Viewer.OPERATOR, hint), lambda: unread_of(operator))
    inbox = [Update(INBOX, INBOX, hint.sequence) for region in regions if region.kind == INBOX]
    return [unread_update(count, hint.sequence, hint.more.get("conversation")), *inbox]


def callback_updates(hint: Hint, regions: Iterable[Region]) -> list[Update]:
    """Somebody asked for a callback, or a request stands elsewhere: pages fetch the list."""
    return [Update(CALLBACKS, CALLBACKS, hint.sequence) for region in regions if region.kind == CALLBACKS]


def console_state(operator: Operator, regions: Iterable[Region], audience: Audience) -> list[Update]:
    """What the regions of an operator's page show now."""
    sequence, regions = time_sequence(), tuple(regions)
    shows_call = any(region.kind in OF_CALLS for region in regions)
    call = live_call_of_operator(operator) if shows_call else None
    updates = _console_updates(regions, operator, call, audience, sequence)
    return [*updates, unread_update(unread_of(operator), sequence)]


def console_context(operator: Operator) -> dict[str, Any]:
    """Everything the console shows, for the whole page."""
    call = live_call_of_operator(operator)
    return {
        **_call_context(call),
        **_caller_context(operator, call),
        **_presence_context(operator),
        **_today_context(operator),
        **_tips_context(operator),
        **_inbox_context(operator),
        **callbacks_context(operator),
        "sequence": time_sequence(),
    }


def _console_updates(
    regions: Iterable[Region], operator: Operator, call: Call | None, audience: Audience, sequence: int
) -> list[Update]:
    """`call`: the one to show, or one that is over; None where no region is about a call."""
    live = call if call is not None and call.is_live else None
    context = _call_context(live)
    console: ConsoleCall = context["console"]
    updates = []
    for region in regions:
        about, as_of, slots = region.kind, sequence, {}
        if region.kind in OF_CALLS:
            about, as_of = (console.object, console.sequence) if live else ("call.", sequence)
        if region.kind == TALK:
            slots = {"console-title": console.title}
        more = _context_of(region, operator, live)
        if region.kind == TIPS:
            slots = {"tip-news": more["tips"][0].words if more["tips"] else ""}
        template = f"portal/console/{region.kind.removeprefix('console-')}.html"
        html = render_region(template, {**context, **more, "sequence": sequence}, audience)
        updates.append(Update(str(region), about, as_of, html, slots))
    return updates


def _context_of(region: Region, operator: Operator, call: Call | None) -> dict[str, Any]:
    if region.kind in OF_CALLERS:
        return _caller_context(operator, call)
    if region.kind in OF_PRESENCE:
        return _presence_context(operator)
    if region.kind == TODAY:
        return _today_context(operator)
    if region.kind == TIPS:
        return _tips_context(operator)
    if region.kind == CALLBACKS:
        return callbacks_context(operator)
    return _inbox_context(operator) if region.kind == INBOX else {}


def _call_context(call: Call | None) -> dict[str, Any]:
    return {"console": ConsoleCall(operator_snapshot(call) if call else None)}


def _caller_context(operator: Operator, call: Call | None) -> dict[str, Any]:
    return {"caller": customer_history(operator.pk, call.customer_id) if call else None}


def _presence_context(operator: Operator) -> dict[str, Any]:
    return {"presence": ConsolePresence(presence_state(operator), operator.online_minutes, CHOICES)}


def _today_context(operator: Operator) -> dict[str, Any]:
    return {"today": today_figures(operator, clock.now())}


def _tips_context(operator: Operator) -> dict[str, Any]:
    today = start_of_day(clock.now(), operator.user.time_zone)
    return {"tips": [TipLine.of(tip) for tip in latest_tips_to(operator.pk, today, TIPS_SHOWN)]}


def _inbox_context(operator: Operator) -> dict[str, Any]:
    return {"conversations": inbox_of(operator)}
