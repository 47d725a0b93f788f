"""Release: end an authorization whose parties were never joined."""

from billing.outcome import Outcome
from billing.services.settle import settle


def release(*, authorization_id: int) -> Outcome:
    """Charge nothing (0.00); hold and free minutes go back. On one that is over: its Outcome, unchanged. Raises NotFound."""
    return settle(authorization_id=authorization_id, joined_ms=None)
