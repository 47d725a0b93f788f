"""What was measured, as a Markdown table: goal, measured, met."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Goal:
    """One figure. `wanted` is a least (`is_least`) or a most; `beside` says what it was measured beside.

    Without `wanted` it is shown for orientation and neither met nor missed. `failed` says why there is no figure, `absent` what isn't
    there to be measured; a row without a figure meets nothing.
    """

    what: str
    measured: float = float("nan")
    wanted: float | None = None
    is_least: bool = False
    unit: str = ""
    beside: str = ""
    failed: str = ""
    absent: str = ""

    @property
    def is_met(self) -> bool:
        if self.failed or self.absent:
            return False
        if self.wanted is None:
            return True
        return self.measured >= self.wanted if self.is_least else self.measured <= self.wanted

    def line(self) -> str:
        goal = met = ""
        if self.wanted is not None:
            goal = f"{'≥' if self.is_least else '≤'} {_figure(self.wanted)}{self.unit}"
            met = "" if self.absent else "yes" if self.is_met else "**no**"
        measured = _on_one_line(self.failed or self.absent) or f"{_figure(self.measured)}{self.unit}"
        return f"| {self.what} | {goal} | {measured} | {met} | {self.beside} |"


def _on_one_line(words: str) -> str:
    return " ".join(words.replace("|", "/").split())[:300]


def failed(what: str, why: str) -> Goal:
    """The row of what could not be measured, on one line."""
    return Goal(what=what, failed=f"failed: {why}")


def markdown(goals: Iterable[Goal]) -> str:
    """The table, ready to be pasted into docs/performance.md."""
    head = ["| what | goal | measured | met | beside |", "|---|---|---|---|---|"]
    return "\n".join([*head, *(goal.line() for goal in goals)])


def _figure(number: float) -> str:
    return f"{number:.0f}" if number >= 100 or number == int(number) else f"{number:.3g}"
