"""An operator at work is not logged out: while they are online and a page of theirs is open, their session stays alive.

Called once a minute for all open pages of a process by `web.socket_access`.
"""

import time
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Protocol

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Q
from django.db.models.functions import Now

from operators.models import Operator
from operators.states import Presence

LONGEST_SHIFT_SECONDS = 86_400  # the last end of a session waits no longer for the end of a shift


class WorkingSocket(Protocol):
    """An open page of an operator."""

    holder: tuple[str, int] | None  # session key and user id
    session_ends_at: float  # seconds since 1970; the last end of the session


def at_work(user_ids: Collection[int]) -> set[int]:
    """Which of them are operators who are online, away for a moment, or in a call."""
    rows = Operator.objects.filter(~Q(presence=Presence.OFFLINE) | Q(in_call=True), user_id__in=user_ids)
    return set(rows.values_list("user_id", flat=True))


def keep_alive(sockets: Iterable[WorkingSocket]) -> None:
    """Move the idle end of the sessions behind these pages, if their operators are at work."""
    latest = time.time() - LONGEST_SHIFT_SECONDS
    holders = [socket.holder for socket in sockets if socket.holder and socket.session_ends_at > latest]
    working = at_work({user_id for _, user_id in holders})
    keys = {key for key, user_id in holders if user_id in working}
    until = datetime.fromtimestamp(time.time() + settings.OPERATOR_IDLE_SECONDS, UTC)
    if keys:
        rows = Session.objects.filter(session_key__in=keys, expire_date__gt=Now(), expire_date__lt=until)
        rows.update(expire_date=until)
