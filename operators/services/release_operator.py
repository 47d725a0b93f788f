"""What the end of a call does to its operator's presence. Called by telephony, inside the transaction that ends it."""

from datetime import datetime, timedelta

from operators.models import Operator
from operators.services.presence import announce_presence, go_offline
from operators.states import AwayReason, Outcome, Presence

MAX_MISSED_IN_A_ROW = 2
RELEASED_COLUMNS = (
    "in_call", "missed_in_row", "wrap_up_until", "online_until", "presence", "presence_since", "away_reason",
    "offline_after_call",
)  # fmt: skip


def release_operator(*, operator: Operator, outcome: Outcome, at: datetime) -> None:
    """Free the operator, and tell the pages."""
    row = Operator.objects.select_for_update().get(pk=operator.pk)
    set_released(row, outcome, at)
    row.save(update_fields=RELEASED_COLUMNS)
    for field in RELEASED_COLUMNS:
        setattr(operator, field, getattr(row, field))
    announce_presence(operator)


def set_released(row: Operator, outcome: Outcome, at: datetime) -> None:
    """Change `RELEASED_COLUMNS` of `row` to what they are once the operator is free; the caller saves them.

    A joined call gives them their wrap-up time; the second missed one in a row sets them away. A fault of the network, a
    decline or a customer who cancelled changes nothing: neither adds to the missed calls nor forgives them. Whose hours
    ended in mid-call goes offline now.
    """
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
    if row.offline_after_call:
        go_offline(row, at)
        row.offline_after_call = False
