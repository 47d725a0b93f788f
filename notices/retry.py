"""When a notice is tried again. Pure: times come in as arguments."""

from datetime import timedelta

# After the first attempt, the second, …: about a day in all. One more failure gives up. Two minutes of short waits first: a
# mail server that is started again finds its mail within half a minute.
WAITS = tuple(timedelta(seconds=s) for s in (10, 20, 30, 30, 30, 60, 300, 900, 3_600, 14_400, 43_200))
MAX_ATTEMPTS = len(WAITS) + 1
# Nobody could be asked at all: tried again every minute until the notice expires, so that mail goes out within a minute of
# the end of any outage. It costs one refused connection a minute for each notice that waits.
UNREACHABLE_WAIT = timedelta(seconds=60)
# A row that is being sent for longer was left by a worker that died. SMTP and provider time-outs are shorter.
LOST_AFTER = timedelta(minutes=5)


def wait_after(attempts: int, *, is_unreachable: bool = False) -> timedelta | None:
    """How long to wait after so many failed attempts (1 or more); None: give up."""
    usual = WAITS[attempts - 1] if attempts < MAX_ATTEMPTS else None
    if is_unreachable:
        return UNREACHABLE_WAIT if usual is None else min(usual, UNREACHABLE_WAIT)
    return usual
