"""The owner's letter each morning: what the day before came to, and what needs somebody. Sums alone, and nobody's name.

Its money is that of the books and of *Revenue*, its checks are those of the home page.
"""

from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, Q, Sum
from django.utils import timezone

from backoffice.backup.checks import BACKUPS, backup_checks
from backoffice.books_audit import last_audit
from backoffice.health import checks
from backoffice.revenue import revenue_between
from billing import conf
from billing.cases import waiting_cases
from billing.models import DailyClose
from billing.trial_balance import bounds_of
from core.days import BOOKS_ZONE
from core.db import transactional
from core.money import format_money
from notices.models import Notice
from notices.services.enqueue import enqueue
from notices.states import NoticeKind
from telephony.faults import OF_OURS
from telephony.models import Call
from telephony.states import EndReason

BOOKS_WITHIN_HOURS = 2  # so long after its hour the letter waits for the close of the day
_FAILED = OF_OURS | {
    EndReason.PHONE_SYSTEM_UNAVAILABLE,
    EndReason.CUSTOMER_UNREACHABLE,
    EndReason.OPERATOR_UNREACHABLE,
}
# What came from outside, what went back there, and what operators were paid. Deposits and fees move between accounts of ours.
_MONEY = """
SELECT coalesce(-sum(e.amount_minor) FILTER (WHERE a.kind IN ('processor', 'received') AND e.amount_minor < 0), 0)::bigint,
       coalesce(sum(e.amount_minor) FILTER (WHERE a.kind IN ('processor', 'received') AND e.amount_minor > 0), 0)::bigint,
       coalesce(sum(e.amount_minor) FILTER (WHERE a.kind IN ('payout', 'out_transit') AND t.kind = 'payout'), 0)::bigint
  FROM ledger_transaction t
  JOIN ledger_entry e ON e.transaction_id = t.id
  JOIN ledger_account a ON a.id = e.account_id
 WHERE t.created_at >= %s AND t.created_at < %s AND t.kind NOT IN ('deposit', 'fee', 'opening')
   AND a.currency = %s
"""


def send_morning_letter(*, at: datetime) -> bool:
    """Queue the letter about yesterday to `OWNER_EMAIL`, once, from its hour in New York on; whether it was queued now."""
    now = at.astimezone(BOOKS_ZONE)
    hour, day = settings.MORNING_LETTER_HOUR, now.date() - timedelta(days=1)
    key = f"morning:{day}"
    if not settings.OWNER_EMAILS or not 0 <= hour <= now.hour or Notice.objects.filter(key=key).exists():
        return False
    is_closed = DailyClose.objects.filter(day=day).exists()
    if not is_closed and now.hour < hour + BOOKS_WITHIN_HOURS and _has_books():
        return False
    return _queue(key, day, is_closed=is_closed)


@transactional
def _queue(key: str, day: date, *, is_closed: bool) -> bool:
    texts: dict[str, Any] = {
        "day": f"{day:%A, %B} {day.day}",
        **_calls(day),
        **_money(day),
        "cases": _cases(),
        "books": _books(is_closed=is_closed),
        **_status(),
        "backups": _backups(),
    }
    enqueue(NoticeKind.MORNING, key=key, **texts)
    return True


def _has_books() -> bool:
    return DailyClose.objects.exists()


def _calls(day: date) -> dict[str, str]:
    start, end = bounds_of(day)
    counts = Call.objects.filter(ended_at__gte=start, ended_at__lt=end).aggregate(
        calls=Count("pk"),
        joined=Count("pk", filter=Q(joined_ms__isnull=False)),
        seconds=Sum("charged_seconds"),
        failed=Count("pk", filter=Q(end_reason__in=_FAILED)),
    )
    minutes = (counts["seconds"] or 0) // 60
    return {
        "calls": f"{counts['calls']:,} calls, {counts['joined']:,} connected, {minutes:,} minutes.",
        "failed": f"{counts['failed']:,} failed because of us, Asterisk, or the carrier.",
    }


def _money(day: date) -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(_MONEY, [*bounds_of(day), conf.currency()])
        money_in, back, payouts = cursor.fetchone()
    rows = [row for row in revenue_between(day, day + timedelta(days=1)) if row.currency == conf.currency()]
    paid, margin = sum(row.paid_minor for row in rows), sum(row.margin_minor for row in rows)
    return {
        "money_in": f"{_amount(money_in)}.",
        "money_out": f"{_amount(back)} back to customers, {_amount(payouts)} to operators.",
        "sales": f"{_amount(paid)}. Margin: {_amount(margin)}.",
    }


def _cases() -> str:
    """How many wait for an answer, and for how long the oldest has."""
    waiting = list(waiting_cases())
    if not waiting:
        return "No open cases."
    oldest, urgent = max(case.business_days for case in waiting), sum(case.is_red for case in waiting)
    return f"Open cases: {len(waiting)}, {urgent} urgent; the oldest has waited {oldest} business days."


def _books(*, is_closed: bool) -> str:
    closed = "The day's books are closed." if is_closed else "The day's books aren't closed yet."
    last = last_audit()
    if last is None:
        return f"{closed} They haven't been audited yet."
    if last.findings:
        return f"{closed} The audit found {last.findings} wrong rows."
    when = timezone.localtime(last.at, BOOKS_ZONE)
    return f"{closed} Audited on {when:%B} {when.day}: nothing wrong."


def _status() -> dict[str, str]:
    """The home page's checks that are not well: queues of staff, and everything else."""
    bad = [check for check in checks() if not check.is_well]
    waiting = [f"{check.name}: {check.words}" for check in bad if check.count is not None]
    troubles = [f"{check.name}: {check.words}" for check in bad if check.count is None]
    return {
        "waiting": "; ".join(waiting) or "Nothing is waiting.",
        "troubles": " ".join(troubles) or "Everything is OK.",
    }


def _backups() -> str:
    """How old the newest is, and how old the newest full one."""
    words = [check.words for check in backup_checks() if check.name == BACKUPS]
    return f"Backups: {words[0]}" if words else "Backups are not set up here."


def _amount(minor: int) -> str:
    return format_money(minor, conf.currency())
