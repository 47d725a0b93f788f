"""What a minute with an operator costs at a time: the one rule that cards, API, directory, and the terms of a call read.

The rule names a column of `Operator`, so that a page asks a row by it and the directory filters and sorts by it off an index.
"""

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from operators.models import Operator


def rate_field(at: datetime) -> str:
    """The column that holds the rate per minute, in cents, at this time. Each has an index `operator_by_…`."""
    return "rate_per_minute_minor"


def rate_minor(operator: "Operator", at: datetime) -> int:
    """The rate per minute at this time, in cents."""
    rate: int = getattr(operator, rate_field(at))
    return rate
