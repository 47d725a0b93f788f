"""What was measured, as a Markdown table: goal, measured, met."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Goal:
    """One figure. `wanted` is a least (`is_least`) or a most; `beside` says what it was measured beside.

    Without `wanted` it is shown for orientation and neither met nor missed.
    """

    what: str
    measured: float
    wanted: float | None = None
    is_least: bool = False
    unit: str = ""
    beside: str = ""

    @property
    def is_met(self) -> bool:
        if self.wanted is None:
            return True
        return self.measured >= self.wanted if self.is_least else self.measured <= self.wanted

    def line(self) -> str:
        goal = met = ""
        if self.wanted is not None:
            goal = f"{'≥' if self.is_least else '≤'} {_figure(self.wanted)}{self.unit}"
            met = "yes" if self.is_met else "**no**"
        return f"| {self.what} | {goal} | {_figure(self.measured)}{self.unit} | {met} | {self.beside} |"


def markdown(goals: Iterable[Goal]) -> str:
    """The table, ready to be pasted into docs/performance.md."""
    head = ["| what | goal | measured | met | beside |", "|---|---|---|---|---|"]
    return "\n".join([*head, *(goal.line() for goal in goals)])


def _figure(number: float) -> str:
    return f"{number:.0f}" if number >= 100 or number == int(number) else f"{number:.3g}"
