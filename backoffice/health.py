"""Is everything all right? One look at the parts and the queues, cheap enough for every visit of the admin's home."""

from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from backoffice.books_audit import last_audit
from backoffice.checks import Check
from backoffice.payout_health import payout_checks
from backoffice.service_health import MANY, counted, queue, services
from billing.cases import red_cases, waiting_cases
from billing.ledger.heads import sealed_up_to
from billing.ledger.models import Entry
from billing.models import ApprovalRequest, EarningsHold, FundsRequest
from billing.payment_queue import payments_to_look_at
from billing.payouts.selectors import late_files, late_runs, open_files, waiting_runs
from billing.reconciliation import open_differences
from billing.selectors import balances_to_return
from billing.states import ApprovalState, FundsRequestState, HoldState
from brands.models import PausedService
from core import clock
from core.counting import count_up_to
from core.days import BOOKS_ZONE
from messaging.models import Report
from notices.models import Notice
from notices.states import NoticeState
from operators.models import Greeting, Photo, ProfileText
from operators.states import ReviewState
from telephony.models import Call, Correction, ExchangeAlarm
from telephony.states import LIVE_STATUSES, CorrectionState
from web.requests import Site

SILENT_AFTER = timedelta(seconds=120)
SEALED_WITHIN = timedelta(minutes=10)
GIVEN_UP_SHOWN = timedelta(days=3)
EXCHANGES_SHOWN = timedelta(days=1)
_LAST_ENTRIES = 2_000
_HOLDS_AGREE = """
SELECT (SELECT coalesce(sum(held_minor), 0) FROM ledger_account WHERE kind = 'wallet' AND held_minor > 0)
     = (SELECT coalesce(sum(held_minor), 0) FROM billing_authorization WHERE state = 'open')
"""


def checks() -> list[Check]:
    """Every answer, what needs somebody first."""
    waiting = _waiting()
    results = [
        *services(), *_paused(), _books(), _seals(), _audit(), _holds(), *_calls(waiting), *_queues(waiting)
    ]  # fmt: skip
    return sorted(results, key=lambda check: check.is_well)


def _paused() -> list[Check]:
    """What the owner paused, as long as it is."""
    rows = PausedService.objects.order_by("service")
    return [
        Check(
            row.get_service_display().capitalize(),
            False,
            f"Paused since {timezone.localtime(row.paused_at, BOOKS_ZONE):%Y-%m-%d %H:%M} ET.",
            _page("backoffice:services"),
        )
        for row in rows
    ]


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
    last = sealed_up_to()
    if last.unsealed_since is not None and last.unsealed_since < clock.now() - SEALED_WITHIN:
        words = f"Transaction {last.unsealed_id} isn't sealed yet. Look at the jobs."
        return Check("Ledger seals", False, words)
    words = f"Up to transaction {last.sealed_id}." if last.sealed_id else "Nothing to seal yet."
    return Check("Ledger seals", True, words)


def _audit() -> Check:
    """What the nightly audit said: it derives the books of the last days anew."""
    name, last = "Audit of the books", last_audit()
    if last is None:
        return Check(name, True, "Not yet: it runs at night.")
    when = f"{timezone.localtime(last.at, BOOKS_ZONE):%Y-%m-%d %H:%M} ET"
    if last.findings:
        return Check(name, False, f"{last.findings} rows were wrong on {when}: run manage.py audit.")
    is_well = last.is_well(clock.now())
    return Check(name, is_well, f"Nothing wrong on {when}." if is_well else f"The last was on {when}.")


def _holds() -> Check:
    with connection.cursor() as cursor:
        cursor.execute(_HOLDS_AGREE)
        agrees = cursor.fetchone()[0]
    words = (
        "All held money is for calls in progress."
        if agrees
        else "Held money doesn’t match calls in progress."
    )
    return Check("Held money", agrees, words)


def _calls(waiting: dict[str, int]) -> list[Check]:
    return [
        queue(
            "Calls to review",
            waiting["to_review"],
            _page("admin:telephony_call_changelist", needs_review__exact=1),
        ),
        queue("Silent calls", waiting["silent"], _page("backoffice:live-calls")),
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
        f"{'; '.join(words)}. Check the carrier's bill."
        if words
        else "No exchange takes too much of the trunk."
    )
    return Check("Exchanges", not words, text)


def _waiting() -> dict[str, int]:
    """How many wait in each list, at most `MANY`: one statement."""
    at = clock.now()
    return count_up_to(
        MANY,
        to_review=Call.objects.filter(needs_review=True),
        silent=Call.objects.filter(status__in=LIVE_STATUSES, heard_at__lt=at - SILENT_AFTER),
        funds=FundsRequest.objects.filter(state=FundsRequestState.WAITING),
        corrections=Correction.objects.filter(state=CorrectionState.WAITING),
        photos=Photo.objects.filter(state=ReviewState.WAITING),
        greetings=Greeting.objects.filter(state=ReviewState.WAITING),
        texts=ProfileText.objects.filter(state=ReviewState.WAITING),
        approvals=ApprovalRequest.objects.filter(state=ApprovalState.WAITING),
        held=EarningsHold.objects.filter(state=HoldState.OPEN),
        owed=balances_to_return(),
        lost=Notice.objects.filter(state=NoticeState.GIVEN_UP, finished_at__gt=at - GIVEN_UP_SHOWN),
        problems=payments_to_look_at(),
        reports=Report.objects.filter(handled_at__isnull=True),
        differences=open_differences(),
        cases=waiting_cases(),
        red_cases=red_cases(at),
        runs=waiting_runs(),
        late_runs=late_runs(at),
        files=open_files(),
        late_files=late_files(at),
    )


def _queues(waiting: dict[str, int]) -> list[Check]:
    return [
        queue("Requests for funds", waiting["funds"], _page("backoffice:funds")),
        queue("Requests for approval", waiting["approvals"], _page("backoffice:approvals")),
        queue("Corrections of calls", waiting["corrections"], _page("backoffice:corrections")),
        queue("Held earnings", waiting["held"], _page("backoffice:held")),
        queue("Card payments to look at", waiting["problems"], _page("backoffice:payments")),
        queue("Differences with processors", waiting["differences"], _page("backoffice:reconcile")),
        _cases(waiting),
        queue("Balances to pay back", waiting["owed"], _page("backoffice:balances")),
        *payout_checks(waiting),
        queue("Failed mail", waiting["lost"], _page("backoffice:notices", state=NoticeState.GIVEN_UP)),
        queue("New photos", waiting["photos"], _page("backoffice:photos")),
        queue("New greetings", waiting["greetings"], _page("backoffice:greetings")),
        queue("New profile texts", waiting["texts"], _page("backoffice:profile-texts")),
        queue(
            "Reported conversations",
            waiting["reports"],
            _page("admin:messaging_report_changelist", handled_at__isempty=1),
        ),
    ]


def _cases(waiting: dict[str, int]) -> Check:
    """Those that wait for an answer, and how many of them may miss their day."""
    count, urgent = waiting["cases"], waiting["red_cases"]
    words = f"{counted(count)}, {urgent} of them urgent" if urgent else counted(count)
    return Check("Cases", not count, words, _page("backoffice:cases"), count)


def _page(name: str, **query: str | int) -> str:
    """The address of a page of the staff's site, whichever site asks: our own processes do, too."""
    return reverse(name, urlconf=settings.SITE_URLCONFS[Site.ADMIN], query=query or None)
