"""The live region of the staff's board: the rows of running calls."""

from typing import Any

from core.push import time_sequence
from telephony.selectors import live_calls
from telephony.snapshots import board_row
from web.live import Audience, Update, render_region

BOARD = "live-calls"


def board_rows() -> list[dict[str, Any]]:
    """The running calls, newest first."""
    return [board_row(call) for call in live_calls()]


def board_state(audience: Audience) -> Update:
    """The board as it is now."""
    sequence = time_sequence()
    context = {"rows": board_rows(), "sequence": sequence}
    return Update(BOARD, "calls", sequence, render_region("backoffice/live_rows.html", context, audience))
