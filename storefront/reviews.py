"""How many gave an operator so many stars, as bars."""

from dataclasses import dataclass

from operators.models import Operator


@dataclass(frozen=True, slots=True)
class StarBar:
    """One line: so many customers gave so many stars; `percent` of all, for the length of the bar."""

    stars: int
    count: int
    percent: int


def star_bars(operator: Operator) -> list[StarBar]:
    """From five stars to one; none before the first rating. From the operator's row: no rating is counted here."""
    counts = operator.star_counts
    if not counts or not operator.rating_count:
        return []
    bars = [
        StarBar(stars, count, round(100 * count / operator.rating_count))
        for stars, count in enumerate(counts, 1)
    ]
    return bars[::-1]
