"""The live regions of the operators' site by name, and what each reads to be shown. `portal.live` says when that is."""

from functools import cached_property
from typing import Any

from billing.tips import latest_tips_to
from core import clock
from core.days import start_of_day
from core.errors import NotFound
from core.push import time_sequence
from operators.customer_list import get_interaction
from operators.models import Operator
from operators.selectors import CustomerHistory, customer_history, presence_state, today_figures
from operators.services.presence import ONLINE_CHOICES
from portal.after import after_context, call_after
from portal.callbacks import CallbackQueue, callbacks_of
from portal.console import CallAtHand, ConsoleCall, ConsolePresence, StatusStrip, TipLine
from portal.history_words import history_words
from portal.hours import hours_context
from portal.inbox import inbox_of
from portal.missed import missed_context, unseen_context
from portal.notes import NoteField
from portal.time_off import time_off_of
from telephony.models import Call
from telephony.selectors import live_call_of_operator
from telephony.snapshots import operator_snapshot
from web.live import Region

TALK = "console-talk"  # the offered or running call: time and earnings, what can be done
FACTS, CALLER = "console-facts", "console-caller"  # who calls and what it pays; the note, blocking, reporting
PRESENCE, ONLINE = "console-presence", "console-online"  # the three states; until when one is online
TIME_OFF = "console-time-off"  # breaks, a vacation, texts on or off
TODAY, INBOX = "console-today", "console-inbox"
TIPS = "console-tips"  # the last ones of today
CALLBACKS, CALLBACK_BAR = "console-callbacks", "callback-bar"  # who asked for a callback; on other pages
AFTER, MISSED, HOURS = "console-after", "console-missed", "console-hours"  # which pages fetch
BAR, STRIP = "call-bar", "status-strip"  # on every page: the call; the state
EARNED, UNSEEN = "earned-today", "missed-count"  # likewise: the day's earnings; missed calls not seen yet
CUSTOMER_NOTE = "customer-note"  # with the number of the customer's page

TIPS_SHOWN = 3
CHOICES = [(minutes, minutes // 60) for minutes in ONLINE_CHOICES]


class Contexts:
    """What regions show of one operator and their live call, read once however many ask."""

    def __init__(self, operator: Operator, call: Call | None) -> None:
        self.operator = operator
        self.call = call

    def of(self, region: Region) -> dict[str, Any] | None:
        """The context of a region's template; None if it is about nothing of the operator's."""
        if region.kind == CUSTOMER_NOTE:
            return self._customer_note(region.number)
        if region.kind == CALLER:
            return {"at_hand": self.at_hand}
        if region.kind == FACTS:
            return {"console": self.console, "caller": self.caller}
        if region.kind == BAR:
            return {"console": self.console, "history": self.history}
        if region.kind == STRIP:
            return {"strip": self.strip}
        if region.kind == TIME_OFF:
            return {"time_off": self.presence.time_off}
        if region.kind in (PRESENCE, ONLINE):
            return {"presence": self.presence}
        if region.kind in (CALLBACKS, CALLBACK_BAR):
            return {"callbacks": self.callbacks}
        if region.kind in (TODAY, EARNED):
            return {"today": self.today}
        if region.kind == INBOX:
            return {"conversations": inbox_of(self.operator, self.call)}
        if region.kind == UNSEEN:
            return unseen_context(self.operator)
        return {"console": self.console} if region.kind == TALK else _READ[region.kind](self.operator)

    def page(self) -> dict[str, Any]:
        """Everything that the console shows."""
        context: dict[str, Any] = {
            "console": self.console,
            "caller": self.caller,
            "at_hand": self.at_hand,
            "strip": self.strip,
            "presence": self.presence,
            "callbacks": self.callbacks,
            "conversations": inbox_of(self.operator, self.call),
            "today": self.today,
        }
        for read in _READ.values():
            context |= read(self.operator)
        return context

    @cached_property
    def console(self) -> ConsoleCall:
        return ConsoleCall(operator_snapshot(self.call) if self.call else None)

    @cached_property
    def caller(self) -> CustomerHistory | None:
        if self.call is None:
            return None
        return customer_history(self.operator.pk, self.call.customer_id)

    @cached_property
    def history(self) -> str:
        """New or returning, until the two talk: each push would read it again."""
        if self.call is None or self.call.joined_at is not None:
            return ""
        return history_words(self.caller.past_calls) if self.caller else ""

    @cached_property
    def at_hand(self) -> CallAtHand:
        call = self.call or call_after(self.operator)
        if call is None:
            return CallAtHand()
        history = self.caller or customer_history(self.operator.pk, call.customer_id)
        note = NoteField("call-note", "Your note about this caller", history.note, history.note_at)
        return CallAtHand(call.call_id, call.sequence, call.is_live, note)

    @cached_property
    def strip(self) -> StatusStrip:
        return StatusStrip(self.presence, self.console)

    @cached_property
    def callbacks(self) -> CallbackQueue:
        return callbacks_of(self.operator)

    @cached_property
    def presence(self) -> ConsolePresence:
        time_off = time_off_of(self.operator, clock.now())
        return ConsolePresence(presence_state(self.operator), self.operator.online_minutes, CHOICES, time_off)

    @cached_property
    def today(self) -> dict[str, int]:
        return today_figures(self.operator, clock.now())

    def _customer_note(self, number: int) -> dict[str, Any] | None:
        try:
            interaction = get_interaction(self.operator, number)
        except NotFound:
            return None
        return customer_note(interaction)


def customer_note(interaction: Any) -> dict[str, Any]:
    """The note on the page of one customer: `interaction` is of `operators.customer_list`."""
    text, at = interaction.note_text or "", interaction.note_at
    return {"number": interaction.pk, "note": NoteField("note", "What you want to remember", text, at, 5)}


def console_context(operator: Operator) -> dict[str, Any]:
    """Everything the console shows, for the whole page; its sequence is from before that was read."""
    sequence = time_sequence()
    return {**Contexts(operator, live_call_of_operator(operator)).page(), "sequence": sequence}


def _tips(operator: Operator) -> dict[str, Any]:
    today = start_of_day(clock.now(), operator.user.time_zone)
    return {"tips": [TipLine.of(tip) for tip in latest_tips_to(operator.pk, today, TIPS_SHOWN)]}


_READ = {
    TIPS: _tips,
    AFTER: after_context,
    MISSED: missed_context,
    HOURS: hours_context,
}
