"""Is everything all right? One look at the parts and the queues, cheap enough for every visit of the admin's home."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.db.models import Count, Max, Sum
from django.urls import reverse
from django.utils import timezone

from billing.cases import waiting_cases
from billing.ledger.heads import newest_seal
from billing.ledger.models import Account, Entry, Transaction
from billing.ledger.states import AccountKind
from billing.models import ApprovalRequest, Authorization, EarningsHold, FundsRequest
from billing.payment_queue import payments_to_look_at
from billing.selectors import balances_to_return
from billing.states import ApprovalState, AuthorizationState, FundsRequestState, HoldState
from brands.models import PausedService
from core import clock
from core.cache import OptionalRedisCache
from core.days import BOOKS_ZONE
from core.jobs import job_status
from messaging.models import Report
from notices.models import Notice
from notices.states import NoticeState
from operators.models import Photo, ProfileText
from operators.states import ReviewState
from telephony import adapter_client
from telephony.models import Call, Correction, ExchangeAlarm
from telephony.states import LIVE_STATUSES, CorrectionState
from web.requests import Site

SILENT_AFTER = timedelta(seconds=120)
SEALED_WITHIN = timedelta(minutes=10)
CLOCKS_APART_SECONDS = 5
NEARLY_FULL = 0.8
GIVEN_UP_SHOWN = timedelta(days=3)
EXCHANGES_SHOWN = timedelta(days=1)
_LAST_ENTRIES = 2_000
_MANY = 100


@dataclass(frozen=True, slots=True)
class Check:
    """One answer: is it well, and in words why or why not. `url`: where to look."""

    name: str
    is_well: bool
    words: str
    url: str = ""


def checks() -> list[Check]:
    """Every answer, what needs somebody first."""
    results = [*services(), *_paused(), _books(), _seals(), _holds(), *_calls(), *_queues()]
    return sorted(results, key=lambda check: check.is_well)


def services(*, seconds: float = 4.0) -> list[Check]:
    """What people are served by beside this process and its database. `seconds`: how long the phone system is waited for."""
    return [*_adapter(seconds), *_redis(), *_jobs(), _mail()]


def _adapter(seconds: float) -> list[Check]:
    name = "Phone system"
    try:
        answer = adapter_client.health(seconds=seconds)
    except adapter_client.Refused:
        return [Check(name, False, "The adapter does not answer: no call can be made.")]
    except adapter_client.Unknown:
        return [Check(name, False, "The adapter is too slow to answer.")]
    if not answer.is_ok:
        return [Check(name, False, f"The adapter says {answer.error or answer.status}.")]
    ready = Check(name, True, f"Ready ({answer.body.get('node', 'a node')}).")
    return [ready, *_capacity(answer.body), *_sound(answer.body), _clocks(answer.body), _journal(answer.body)]


def _journal(health: dict[str, Any]) -> Check:
    """Whether the adapter can write down what must outlive it; an older one does not say."""
    is_well = bool(health.get("journal_ok", True))
    words = (
        "Written."
        if is_well
        else "The adapter's disk takes nothing: no call can be made, running ones go on."
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
        else "Gone: open pages show changes late, and each process limits requests by itself."
    )
    return [Check("Redis", is_there, words)]


def _jobs() -> list[Check]:
    status = job_status()
    words = f"{status.workers} running." if status.workers else "None: texts, mail, refunds and sweeps wait."
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
    waiting = failed.order_by("-id")[:_MANY].aggregate(count=Count("pk"), last_try=Max("claimed_at"))
    last_sent = sent.order_by("-id")[:_MANY].aggregate(at=Max("finished_at"))["at"]
    is_well = not waiting["count"] or (last_sent is not None and last_sent > waiting["last_try"])
    words = f"{_counted(waiting['count'])} waiting for another try, and none was sent since the last."
    return Check("Mail", is_well, "Going out." if is_well else words)


def _paused() -> list[Check]:
    """What the owner paused, as long as it is."""
    rows = PausedService.objects.order_by("service")
    return [
        Check(
            row.get_service_display().capitalize(),
            False,
            f"Paused since {timezone.localtime(row.paused_at, BOOKS_ZONE):%Y-%m-%d %H:%M} ET.",
            reverse("backoffice:services"),
        )
        for row in rows
    ]


def _names(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} × {name}" if count > 1 else name for name, count in counts.items())


def _books() -> Check:
    """The newest entries balance, whole transactions of them; `manage.py audit` derives everything anew."""
    last = list(Entry.objects.order_by("-id").values_list("transaction_id", "amount_minor")[:_LAST_ENTRIES])
    oldest = last[-1][0] if len(last) == _LAST_ENTRIES else None  # may be cut in two by the limit
    sums: dict[int, int] = {}
    for transaction_id, amount_minor in last:
        sums[transaction_id] = sums.get(transaction_id, 0) + amount_minor
    wrong = [number for number, total in sums.items() if total and number != oldest]
    if wrong:
        return Check("Ledger", False, f"Transaction {wrong[0]} does not balance.")
    return Check("Ledger", True, f"The last {len(sums)} transactions balance.")


def _seals() -> Check:
    """New transactions are sealed within minutes: until then the audit cannot tell whether somebody changed one."""
    head = newest_seal()
    unsealed = Transaction.objects.filter(id__gt=head.last_id if head else 0).order_by("id").first()
    if unsealed is not None and unsealed.created_at < clock.now() - SEALED_WITHIN:
        return Check("Ledger seals", False, f"Transaction {unsealed.pk} isn't sealed yet. Look at the jobs.")
    return Check(
        "Ledger seals", True, f"Up to transaction {head.last_id}." if head else "Nothing to seal yet."
    )


def _holds() -> Check:
    held_wallets = Account.objects.filter(kind=AccountKind.WALLET, held_minor__gt=0).aggregate(
        t=Sum("held_minor")
    )
    promised = Authorization.objects.filter(state=AuthorizationState.OPEN).aggregate(t=Sum("held_minor"))
    agrees = (held_wallets["t"] or 0) == (promised["t"] or 0)
    words = "What is held is held for running calls." if agrees else "Held money and running calls differ."
    return Check("Held money", agrees, words)


def _calls() -> list[Check]:
    to_review = Call.objects.filter(needs_review=True)[:_MANY].count()
    silent = Call.objects.filter(status__in=LIVE_STATUSES, heard_at__lt=clock.now() - SILENT_AFTER)
    count = silent[:_MANY].count()
    return [
        Check(
            "Calls to review",
            to_review == 0,
            _counted(to_review),
            _page("admin:telephony_call_changelist", needs_review__exact=1),
        ),
        Check("Silent calls", count == 0, _counted(count), _page("backoffice:live-calls")),
        _exchanges(),
    ]


def _exchanges() -> Check:
    """Whether numbers of one exchange took too large a part of the trunk lately (access stimulation)."""
    recent = ExchangeAlarm.objects.filter(raised_at__gt=clock.now() - EXCHANGES_SHOWN).order_by("-minutes")
    words = [
        f"{alarm.exchange}: {alarm.share_bps // 100}% of the minutes of a {alarm.window} ({alarm.minutes:,})"
        for alarm in recent[:3]
    ]
    text = (
        f"{'; '.join(words)}. Compare the carrier's bill." if words else "None takes too much of the trunk."
    )
    return Check("Exchanges", not words, text)


def _queues() -> list[Check]:
    waiting = FundsRequest.objects.filter(state=FundsRequestState.WAITING)[:_MANY].count()
    corrections = Correction.objects.filter(state=CorrectionState.WAITING)[:_MANY].count()
    photos = Photo.objects.filter(state=ReviewState.WAITING)[:_MANY].count()
    texts = ProfileText.objects.filter(state=ReviewState.WAITING)[:_MANY].count()
    approvals = ApprovalRequest.objects.filter(state=ApprovalState.WAITING)[:_MANY].count()
    held = EarningsHold.objects.filter(state=HoldState.OPEN)[:_MANY].count()
    owed = balances_to_return()[:_MANY].count()
    lost = Notice.objects.filter(state=NoticeState.GIVEN_UP, finished_at__gt=clock.now() - GIVEN_UP_SHOWN)[
        :_MANY
    ].count()
    problems = payments_to_look_at()[:_MANY].count()
    reports = Report.objects.filter(handled_at__isnull=True)[:_MANY].count()
    return [
        Check("Requests for funds", waiting == 0, _counted(waiting), _page("backoffice:funds")),
        Check("Requests for approval", approvals == 0, _counted(approvals), _page("backoffice:approvals")),
        Check(
            "Corrections of calls", corrections == 0, _counted(corrections), _page("backoffice:corrections")
        ),
        Check("Held earnings", held == 0, _counted(held), _page("backoffice:held")),
        Check("Card payments to look at", problems == 0, _counted(problems), _page("backoffice:payments")),
        _cases(),
        Check("Balances to pay back", owed == 0, _counted(owed), _page("backoffice:balances")),
        Check(
            "Mail given up",
            lost == 0,
            _counted(lost),
            _page("backoffice:notices", state=NoticeState.GIVEN_UP),
        ),
        Check("New photos", photos == 0, _counted(photos), _page("backoffice:photos")),
        Check("New profile texts", texts == 0, _counted(texts), _page("backoffice:profile-texts")),
        Check(
            "Reported conversations",
            reports == 0,
            _counted(reports),
            _page("admin:messaging_report_changelist", handled_at__isempty=1),
        ),
    ]


def _cases() -> Check:
    """Those that wait for an answer, and how many of them may miss their day."""
    waiting = list(waiting_cases()[:_MANY])
    urgent = sum(case.is_red for case in waiting)
    words = f"{_counted(len(waiting))}, {urgent} of them urgent" if urgent else _counted(len(waiting))
    return Check("Cases", not waiting, words, _page("backoffice:cases"))


def _page(name: str, **query: str | int) -> str:
    """The address of a page of the staff's site, whichever site asks: our own processes do, too."""
    return reverse(name, urlconf=settings.SITE_URLCONFS[Site.ADMIN], query=query or None)


def _counted(count: int) -> str:
    if count == 0:
        return "None"
    return f"{_MANY} or more" if count >= _MANY else str(count)
