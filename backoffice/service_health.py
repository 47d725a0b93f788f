"""Whether what people are served by is well: the phone system, Redis, the workers, mail."""

from datetime import datetime
from typing import Any

from django.core.cache import caches

from backoffice.backup.checks import backup_checks
from backoffice.checks import Check
from core.cache import OptionalRedisCache
from core.jobs import job_status
from notices.models import Notice
from notices.states import NoticeState
from telephony import adapter_client

CLOCKS_APART_SECONDS = 5
NEARLY_FULL = 0.8
MANY = 100
NO_CALLS = ("rejected", "not_registered", "unreachable")  # states of a trunk


def queue(name: str, count: int, url: str) -> Check:
    """Something that staff have to look at: well while it is empty."""
    return Check(name, count == 0, counted(count), url, count)


def services(*, seconds: float = 4.0) -> list[Check]:
    """What people are served by beside this process and its database. `seconds`: how long the phone system is waited for."""
    return [*_adapter(seconds), *_redis(), *_jobs(), _mail(), *backup_checks()]


def _adapter(seconds: float) -> list[Check]:
    name = "Phone system"
    try:
        answer = adapter_client.health(seconds=seconds)
    except adapter_client.Refused:
        return [Check(name, False, "The adapter isn't responding: no calls can be made.")]
    except adapter_client.Unknown:
        return [Check(name, False, "The adapter is too slow to answer.")]
    if not answer.is_ok:
        return [Check(name, False, f"The adapter says {answer.error or answer.status}.")]
    ready = Check(name, True, f"Ready ({answer.body.get('node', 'a node')}).")
    return [
        ready,
        *_trunks(answer.body),
        *_capacity(answer.body),
        *_sound(answer.body),
        _clocks(answer.body),
        _journal(answer.body),
    ]


def _journal(health: dict[str, Any]) -> Check:
    """Whether the adapter can write down what must outlive it; an older one does not say."""
    is_well = bool(health.get("journal_ok", True))
    words = (
        "Written."
        if is_well
        else "The adapter can't write to its disk: no new calls. Calls in progress continue."
    )
    return Check("Journal of calls", is_well, words)


def _capacity(health: dict[str, Any]) -> list[Check]:
    """How near the node is to what it takes, before callers are refused; an older adapter does not say."""
    most, most_a_second = (int(health.get(key, 0)) for key in ("max_calls", "max_calls_per_second"))
    if not most or not most_a_second:
        return []
    calls, a_second = int(health.get("calls", 0)), int(health.get("calls_per_second", 0))
    is_well = calls < NEARLY_FULL * most and a_second < NEARLY_FULL * most_a_second
    words = f"{calls} of {most} calls; at most {a_second} of {most_a_second} new ones a second lately"
    return [Check("Phone lines", is_well, f"{words}." if is_well else f"{words}: callers will be refused.")]


def _trunks(health: dict[str, Any]) -> list[Check]:
    """Said only where no carrier takes calls; how each is, `manage.py doctor` tells. An older adapter tells nothing."""
    trunks = health.get("trunks") or []
    if not trunks or any(trunk.get("state") not in NO_CALLS for trunk in trunks):
        return []
    states = ", ".join(f"{trunk.get('name')} is {str(trunk['state']).replace('_', ' ')}" for trunk in trunks)
    return [Check("Trunks", False, f"No carrier takes calls: {states}.")]


def _sound(health: dict[str, Any]) -> list[Check]:
    """All calls of the node fell silent at once lately: no phone's fault, but the node's way to the network."""
    if "silent_seconds_ago" not in health:
        return []
    minutes = int(health["silent_seconds_ago"]) // 60
    words = (
        f"{health.get('silent_calls', 0)} calls on {health.get('node', 'a node')} lost their sound at once "
        f"{f'{minutes} min ago' if minutes else 'just now'}: check the node's network and its RTP ports."
    )
    return [Check("Sound of calls", False, words)]


def _clocks(health: dict[str, Any]) -> Check:
    """Clocks that differ stop no call; but dates on pages and in records are wrong by as much."""
    off = {
        "the adapter": -float(health.get("django_date_off_seconds", 0)),
        "Asterisk": float(health.get("switch_date_off_seconds", 0)),
    }
    apart = [
        f"{name} is {abs(seconds):.0f} s {'ahead' if seconds > 0 else 'behind'}"
        for name, seconds in off.items()
        if abs(seconds) > CLOCKS_APART_SECONDS
    ]
    words = f"Compared with this server, {' and '.join(apart)}." if apart else "They agree."
    return Check("Clocks of the phone system", not apart, words)


def _redis() -> list[Check]:
    cache = caches["default"]
    if not isinstance(cache, OptionalRedisCache):
        return []
    is_there = cache.is_available()
    words = (
        "Answers."
        if is_there
        else "Unreachable: open pages update late, and each process limits requests on its own."
    )
    return [Check("Redis", is_there, words)]


def _jobs() -> list[Check]:
    status = job_status()
    words = (
        f"{status.workers} running."
        if status.workers
        else "None: texts, mail, refunds, and sweeps are waiting."
    )
    kinds = (("late", status.late), ("stuck", status.stuck), ("failed", status.failed))
    troubles = [f"{_names(counts)} {what}" for what, counts in kinds if counts]
    return [
        Check("Background workers", status.workers > 0, words),
        Check("Jobs", not troubles, "; ".join(troubles) + "." if troubles else "All done."),
    ]


def _mail() -> Check:
    """Whether mail gets out. A mailbox that is full or unknown says nothing of that."""
    failed = Notice.objects.filter(state=NoticeState.FAILED).exclude(error__contains="RecipientsRefused")
    sent = Notice.objects.filter(state=NoticeState.SENT)
    # Of both the newest hundred, in one statement.
    newest_failed = failed.order_by("-id").values_list("state", "claimed_at")[:MANY]
    newest_sent = sent.order_by("-id").values_list("state", "finished_at")[:MANY]
    tries: dict[str, list[datetime]] = {NoticeState.FAILED: [], NoticeState.SENT: []}
    for state, at in newest_failed.union(newest_sent, all=True):
        tries[state] += [at] if at else []
    waiting = tries[NoticeState.FAILED]
    is_well = not waiting or any(at > max(waiting) for at in tries[NoticeState.SENT])
    words = f"{counted(len(waiting))} waiting for another try, and none was sent since the last."
    return Check("Mail", is_well, "Going out." if is_well else words)


def _names(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} × {name}" if count > 1 else name for name, count in counts.items())


def counted(count: int) -> str:
    """A count that stopped at `MANY`, in words."""
    if count == 0:
        return "None"
    return f"{MANY} or more" if count >= MANY else str(count)
