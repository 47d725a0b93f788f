"""What was read of a person by the statement that read their session (`aeims.session_engine`)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from customers.models import Customer


@dataclass(frozen=True, slots=True)
class ReadAlong:
    """Their roles as they were when the request began; None where they have not that role."""

    customer: "Customer | None"
    operator: Any  # an `operators.models.Operator`, which nothing here may know
    has_second_factor: bool
