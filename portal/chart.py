"""A bar chart as SVG, drawn by the server: figures in, shapes out. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from core.money import format_money

WIDTH, HEIGHT = 600, 160
_GAP = 0.25  # of a bar's room


@dataclass(frozen=True, slots=True)
class Bar:
    """One day. Numbers are in the units of the drawing."""

    x: float
    y: float
    width: float
    height: float
    day: date
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """What a template needs to draw: bars over a base line, and the size of the highest."""

    title: str
    bars: list[Bar]
    base: float
    highest: str
    lowest: str  # empty where nothing hangs below the base line
    total: str
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def dates(self) -> list[date]:
        """What the axis says: the first day, the one in the middle, and the last."""
        days = [bar.day for bar in self.bars]
        return [days[0], days[len(days) // 2], days[-1]] if days else []


def money_chart(title: str, values: Sequence[tuple[date, int]], currency: str = "USD") -> Chart:
    """Cents by day. A day that lost money (refunds of earlier days) hangs below the base line."""
    return _chart(title, values, [format_money(value, currency) for _, value in values], currency)


def count_chart(title: str, values: Sequence[tuple[date, int]]) -> Chart:
    """Things by day."""
    return _chart(title, values, [str(value) for _, value in values], None)


def _chart(title: str, values: Sequence[tuple[date, int]], labels: list[str], currency: str | None) -> Chart:
    amounts = [value for _, value in values]
    top, bottom = max([0, *amounts]), min([0, *amounts])
    span = (top - bottom) or 1
    room = WIDTH / max(1, len(values))
    base = HEIGHT * top / span if top or bottom else HEIGHT
    bars = [
        Bar(
            x=round(index * room + room * _GAP / 2, 1),
            y=round(base - max(0, value) * HEIGHT / span, 1),
            width=round(room * (1 - _GAP), 1),
            height=round(max(abs(value) * HEIGHT / span, 0), 1),
            day=day,
            label=label,
        )
        for index, ((day, value), label) in enumerate(zip(values, labels, strict=True))
    ]

    def told(value: int) -> str:
        return format_money(value, currency) if currency else str(value)

    lowest = told(bottom) if bottom else ""
    return Chart(title, bars, round(base, 1), told(top), lowest, told(sum(amounts)))
