"""Paid time of one joined call: how much is granted, when to ask for more, when to warn, when to end. Pure.

Times are seconds since both parties were joined. Rules: docs/design.md section 4. Grants are absolute totals, and the
largest that was ever told is the one that holds, in whatever order the answers arrive.
"""

from dataclasses import dataclass, field
from enum import StrEnum

LIMIT_MARGIN_SECONDS = 3  # how far Asterisk's own limit lies behind our timer
ASK_EVERY_SECONDS = 5
LAST_QUESTION_SECONDS = 5  # left of a final grant, after a question at each warning
_LATE = 0.5  # a mark passed by less than this still counts


class DueKind(StrEnum):
    """What can be due."""

    ASK = "ask"
    WARN = "warn"
    END = "end"


@dataclass(frozen=True, slots=True)
class DueAction:
    """Something to do `at` so many seconds after joining; `mark` is the seconds left then."""

    what: DueKind
    at: float
    mark: int = 0


@dataclass(slots=True)
class Grants:
    """What is known of the paid time, and what has been done about it.

    `ask_ahead` and `warn_at` are those of the call plan, in seconds left. `total` is the largest grant known; `applied`
    the one that Asterisk's own limit has been moved to. The call ends at `applied`: when the limit can't be moved,
    ending early is the safe side. `ends` ends it sooner, whatever is granted.

    A customer is warned once it is known that nothing more will be granted, so the first question comes soon enough before
    the first warning, whatever `ask_ahead` says.
    """

    total: int
    final: bool
    ask_ahead: int
    warn_at: tuple[int, ...]
    applied: int = 0
    ends: float | None = None  # when the end time comes that the customer chose
    _taken_at: float = 0.0
    _last_asked_at: float | None = None
    _done: set[tuple[DueKind, float, int]] = field(default_factory=set)

    def take(self, total: int, final: bool, elapsed: float) -> bool:
        """Take a grant that was told; True if it is news. A smaller total than known changes nothing."""
        if total < self.total or (total == self.total and final == self.final):
            return False
        self.total, self.final, self._taken_at = total, final, elapsed
        return True

    def end_by(self, ends: float, elapsed: float) -> bool:
        """Take an end time, as seconds after joining; True if it is news. A later one than known changes nothing."""
        if self.ends is not None and ends >= self.ends:
            return False
        self.ends, self._taken_at = ends, elapsed
        return True

    @property
    def end(self) -> float:
        """When the call ends as things stand."""
        return self.total if self.ends is None else min(self.total, self.ends)

    @property
    def is_closed(self) -> bool:
        """Whether the call ends then whatever Django says."""
        return self.final or (self.ends is not None and self.ends <= self.total)

    def next(self) -> DueAction:
        """The next moment at which something is due; it may lie in the past."""
        # A question before the warning of the same moment, which waits for the answer.
        told = self.applied or self.total
        ends_at = told if self.ends is None else min(told, self.ends)
        moments = [DueAction(DueKind.END, ends_at), *self._questions(), *self._warnings()]
        return min(moments, key=lambda moment: moment.at)

    def done(self, moment: DueAction, elapsed: float) -> None:
        """Note that `moment` was acted upon at `elapsed`, so that it is not due again."""
        if moment.what is DueKind.ASK:
            self._last_asked_at = elapsed
        self._done.add((moment.what, self.end, moment.mark))

    @property
    def _asks_at_left(self) -> int:
        """Seconds left of an open grant at the first question."""
        return max(self.ask_ahead, max(self.warn_at, default=0) + 2 * ASK_EVERY_SECONDS)

    def _warnings(self) -> list[DueAction]:
        """Marks at which the customer is warned: the grant is final, or went unextended though asked for twice."""
        unanswered = self._asks_at_left - 2 * ASK_EVERY_SECONDS
        marks = [mark for mark in self.warn_at if self.is_closed or mark <= unanswered]
        return self._marks(DueKind.WARN, marks)

    def _questions(self) -> list[DueAction]:
        if self.is_closed:
            return self._marks(DueKind.ASK, (*self.warn_at, LAST_QUESTION_SECONDS))
        at = float(self.total - self._asks_at_left)
        return [
            DueAction(
                DueKind.ASK,
                at if self._last_asked_at is None else max(at, self._last_asked_at + ASK_EVERY_SECONDS),
            )
        ]

    def _marks(self, what: DueKind, marks: tuple[int, ...] | list[int]) -> list[DueAction]:
        return [
            DueAction(what, self.end - mark, mark)
            for mark in marks
            if (what, self.end, mark) not in self._done and self.end - mark >= self._taken_at - _LATE
        ]
