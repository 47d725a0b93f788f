"""What the end of a call does to its operator's presence. Called by telephony, inside the transaction that ends it."""

from datetime import datetime, timedelta

from operators.models import Operator
from operators.services.presence import announce_presence
from operators.states import AwayReason, Outcome, Presence

MAX_MISSED_IN_A_ROW = 2


def release_operator(*, operator: Operator, outcome: Outcome, at: datetime) -> None:
    """Free the operator. A joined call gives them their wrap-up time; the second missed one in a row sets them away.

    A fault of the network, a decline or a customer who cancelled changes nothing: neither adds to the missed calls
    nor forgives them.
    """
    row = Operator.objects.select_for_update().get(pk=operator.pk)
    row.in_call = False
    if outcome is Outcome.JOINED:
        row.missed_in_row = 0
        row.wrap_up_until = at + timedelta(seconds=row.wrap_up_seconds) if row.wrap_up_seconds else None
        if row.online_until is not None:
            row.online_until = max(row.online_until, at + timedelta(minutes=row.online_minutes))
    elif outcome is Outcome.MISSED:
        row.missed_in_row += 1
        if row.missed_in_row >= MAX_MISSED_IN_A_ROW and row.presence == Presence.ONLINE:
            row.presence, row.presence_since, row.away_reason = Presence.AWAY, at, AwayReason.MISSED
    row.save(
        update_fields=[
            "in_call", "missed_in_row", "wrap_up_until", "online_until", "presence", "presence_since", "away_reason"
        ]
    )  # fmt: skip
    for field in ("in_call", "missed_in_row", "wrap_up_until", "online_until", "presence", "away_reason"):
        setattr(operator, field, getattr(row, field))
    announce_presence(operator)
