"""The timer of a running call: what it shows now, and tables of finished strings from which the page counts on.

A table is a list of (second, text): the last entry at or before the current second of the call is shown. So the page
knows no price, no increment and no wording (`static/js/call-timer.js`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from billing.limit_names import bound_name
from billing.states import GrantBound
from core.money import format_money
from web.increments import describe_seconds
from web.templatetags.ui import in_minutes

TextSteps = list[tuple[int, str]]
RING_SECONDS = 120  # the ring around the portrait empties in these last seconds of a call

_NO_MORE: dict[str, str] = {
    GrantBound.CALL_AMOUNT: gettext_noop("That’s the amount you chose for this call."),
    GrantBound.CALL_END: gettext_noop("That’s the end time you chose for this call."),
    GrantBound.LONGEST_CALL: gettext_noop("That’s the longest time for one call."),
    GrantBound.ACCOUNT: gettext_noop("Calls are turned off for your account."),
    GrantBound.UNAVAILABLE: gettext_noop("{operator} is no longer available after that."),
}


@dataclass(frozen=True)
class Timer:
    """A joined call. `amounts` is what it costs or earns, second by second; `joined_ms` and `server_ms` are epochs."""

    joined_ms: int
    server_ms: int
    seconds: int
    granted_seconds: int
    is_final: bool
    warn_at_seconds: tuple[int, ...]
    amounts: TextSteps
    next_seconds: int = 60
    lasts_minutes: int | None = None
    bound_by: str = ""  # why no more is granted (`billing.states.GrantBound`)
    operator: str = ""
    is_capped: bool = False  # the customer chose where the call ends

    @classmethod
    def of(cls, call: Mapping[str, Any], steps: Iterable[tuple[int, int]]) -> Self | None:
        """The timer of a snapshot (`telephony.snapshots`) whose call is joined and runs; None for any other."""
        if call["joined_at_ms"] is None or call["status"] != "answered":
            return None
        return cls(
            joined_ms=call["joined_at_ms"],
            server_ms=call["server_time_ms"],
            seconds=call["duration_seconds"],
            granted_seconds=call["granted_seconds"],
            is_final=call["is_final"],
            warn_at_seconds=tuple(sorted(call["warn_at_seconds"], reverse=True)),
            amounts=[(second, format_money(minor, call["currency"])) for second, minor in steps],
            next_seconds=call["next_seconds"],
            lasts_minutes=call.get("lasts_minutes"),
            bound_by=call.get("bound_by", ""),
            operator=call.get("operator", ""),
            is_capped=bool(call.get("cap")),
        )

    @property
    def amount(self) -> str:
        return text_at(self.amounts, self.seconds)

    @property
    def next_name(self) -> str:
        """What starts next, after the word "next": "minute", "30 seconds"."""
        return describe_seconds(self.next_seconds)

    @cached_property
    def next_starts(self) -> list[int]:
        """The seconds in which a further increment starts."""
        return [second for second, amount in self.amounts[1:]]

    @cached_property
    def seconds_to_next(self) -> int | None:
        return min((start - self.seconds for start in self.next_starts if start > self.seconds), default=None)

    @cached_property
    def free_notes(self) -> TextSteps:
        """Whether the next increment is still free: the amount does not change with it."""
        pairs = zip(self.amounts, self.amounts[1:], strict=False)
        notes = [
            (second, _(", still free") if amount == later else "")
            for (second, amount), (then, later) in pairs
        ]
        return _without_repeats([*notes, *((second, "") for second, amount in self.amounts[-1:])])

    @property
    def free_note(self) -> str:
        return text_at(self.free_notes, self.seconds)

    @property
    def seconds_left(self) -> int:
        return max(0, self.granted_seconds - self.seconds)

    @property
    def ring_until(self) -> int | None:
        """The second at which the ring is empty; None while more time will be granted, and the ring full."""
        return self.granted_seconds if self.is_final else None

    @property
    def ring_left(self) -> int:
        """How much of the ring is left now, in seconds of its last two minutes."""
        return min(RING_SECONDS, self.seconds_left) if self.is_final else RING_SECONDS

    @cached_property
    def lasts(self) -> TextSteps:
        """About how long the balance lasts, while more time will be granted."""
        if self.is_final or self.lasts_minutes is None:
            return []
        begins = range(self.seconds - (self.seconds - 1) % 60, self.granted_seconds + 1, 60)
        minutes = (max(0, (self.lasts_minutes * 60 - second) // 60) for second in begins)
        return [
            (second, _("About %(minutes)s left") % {"minutes": in_minutes(left * 60)})
            for second, left in zip(begins, minutes, strict=True)
        ]

    @property
    def lasts_now(self) -> str:
        return text_at(self.lasts, self.seconds)

    @property
    def is_balance(self) -> bool:
        """Whether it is the balance that time is left on; calls from before the reason was kept had no other."""
        return self.bound_by in ("", GrantBound.BALANCE)

    @property
    def no_more(self) -> str:
        """Why the customer gets no more time, where it is not the balance."""
        if not self.is_final:
            return ""
        if limit := bound_name(self.bound_by):
            return _("That’s your %(limit)s.") % {"limit": limit}
        return _(_NO_MORE.get(self.bound_by, "")).format(operator=self.operator)

    @property
    def no_more_for_caller(self) -> str:
        """The same for the operator: that it is so, as soon as it is."""
        is_stopped = self.is_final and self.bound_by in (GrantBound.ACCOUNT, GrantBound.UNAVAILABLE)
        return _("No more time will be added to this call.") if is_stopped else ""

    @cached_property
    def warn_from(self) -> int | None:
        """The second from which the end is near; None while more time will be granted."""
        return self.granted_seconds - max(self.warn_at_seconds, default=0) if self.is_final else None

    @property
    def is_warning(self) -> bool:
        return self.warn_from is not None and self.seconds >= self.warn_from

    @property
    def warnings(self) -> TextSteps:
        """What is said when the end is near, once at each mark: also by a page that was opened after it."""
        if not self.is_final:
            return []
        return [
            (
                self.granted_seconds - left,
                _("Less than %(span)s left. Then the call ends.") % {"span": _span(left)},
            )
            for left in self.warn_at_seconds
        ]

    @property
    def warning(self) -> str:
        return text_at(self.warnings, self.seconds)

    @property
    def caller_warnings(self) -> TextSteps:
        """The same for the other side, whose money it is not."""
        if not self.is_final:
            return []
        first, *later = self.warn_at_seconds or (0,)
        less = (
            _("Less than %(span)s left in the caller’s balance.")
            if self.is_balance
            else _("Less than %(span)s left.")
        )
        return [
            (self.granted_seconds - first, less % {"span": _span(first)}),
            *(
                (
                    self.granted_seconds - left,
                    _("%(left)s seconds left, then the call ends.") % {"left": left},
                )
                for left in later
            ),
        ]

    @property
    def caller_warning(self) -> str:
        return text_at(self.caller_warnings, self.seconds)


def text_at(steps: TextSteps, second: int) -> str:
    """The text shown at `second`: of the last entry that has begun; empty before the first."""
    return next((text for begins, text in reversed(steps) if begins <= second), "")


def _without_repeats(steps: TextSteps) -> TextSteps:
    return [step for index, step in enumerate(steps) if index == 0 or step[1] != steps[index - 1][1]]


def _span(seconds: int) -> str:
    return _("a minute") if seconds == 60 else _("%(seconds)s seconds") % {"seconds": seconds}
