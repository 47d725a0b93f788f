"""Held earnings as the staff's page shows them: the figures behind the reason, and each call and text. No text of anybody's."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from billing.earnings import earned_from
from billing.earnings_rules import SHARE_DAYS
from billing.held_words import WORDS
from billing.ledger.models import Transaction
from billing.ledger.states import SALES, TransactionKind
from billing.models import EarningsHold
from billing.states import HoldKind
from core import clock
from core.days import BOOKS_ZONE
from core.money import format_money
from customers.models import Customer
from web.templatetags.ui import clock as clock_text
from web.templatetags.ui import in_seconds, percent

LINES_SHOWN = 20


@dataclass(frozen=True, slots=True)
class HeldLine:
    """One call, text, or tip: when, what, how long (calls alone), and what is left of it; `number` of its transaction."""

    at: datetime
    what: str
    length: str
    paid_minor: int
    earned_minor: int
    number: int


@dataclass(frozen=True, slots=True)
class HeldRow:
    """One hold. `amount_minor`: what the operator still has of it; `days`: how long it waits."""

    hold: EarningsHold
    why: str
    amount_minor: int
    count: int
    days: int
    lines: list[HeldLine]

    @property
    def more(self) -> int:
        """How many lines are not shown."""
        return self.count - len(self.lines)


def held_rows(holds: Iterable[EarningsHold]) -> list[HeldRow]:
    """Each hold with its lines. People and earnings are loaded."""
    return [held_row(hold) for hold in holds]


def held_row(hold: EarningsHold) -> HeldRow:
    """One of them."""
    references = [one.reference for one in hold.earnings.all()]
    earned = {
        one.reference: one.amount_minor for one in earned_from(hold.operator_id, hold.customer_id, references)
    }
    return HeldRow(
        hold=hold,
        why=evidence_words(hold),
        amount_minor=sum(earned.values()),
        count=len(references),
        days=(clock.now() - hold.opened_at).days,
        lines=_lines(sorted(references)[-LINES_SHOWN:], earned),
    )


def evidence_words(hold: EarningsHold) -> str:
    """Why it is held, with the figures of when it was opened."""
    evidence = hold.evidence
    match HoldKind(hold.kind):
        case HoldKind.SHARED_NETWORK:
            operator_at, customer_at = (
                datetime.fromisoformat(evidence[name]).astimezone(BOOKS_ZONE)
                for name in ("operator_at", "customer_at")
            )
            return (
                f"Both logged in from one network address: the operator on {operator_at:%Y-%m-%d}, "
                f"the customer on {customer_at:%Y-%m-%d}."
            )
        case HoldKind.LARGE_SHARE:
            part, total = evidence["amount_minor"], evidence["total_minor"]
            share = percent(part * 10_000 // total)
            whom = _payers_words(evidence.get("accounts", []))
            return f"{format_money(part)} of {format_money(total)} earned in {SHARE_DAYS} days ({share}) came from {whom}."
        case HoldKind.SILENT_LEG:
            return f"One leg sent no sound: {in_seconds(evidence['talk_ms'])} of talk before {evidence['silent_seconds']} s of silence."


def _payers_words(accounts: list[int]) -> str:
    if not accounts:
        return "this customer"
    aliases = Customer.objects.filter(pk__in=accounts).order_by("pk").values_list("alias", flat=True)
    return f"accounts that share a phone or a browser: {', '.join(aliases)}"


def _lines(references: list[str], earned: dict[str, int]) -> list[HeldLine]:
    rows: dict[str, list[Transaction]] = defaultdict(list)
    kinds = (*SALES, TransactionKind.PROMO)
    for row in Transaction.objects.filter(reference__in=references, kind__in=kinds).order_by("id"):
        rows[row.reference].append(row)
    return [_line(own, earned.get(reference, 0)) for reference, own in rows.items()]


def _line(rows: list[Transaction], earned_minor: int) -> HeldLine:
    seconds = sum(row.seconds or 0 for row in rows)
    what = WORDS.get(TransactionKind(rows[0].kind), "Call")
    return HeldLine(
        at=rows[0].created_at,
        what=what,
        length=clock_text(seconds) if what == "Call" else "",
        paid_minor=sum(row.amount_minor for row in rows if row.kind in SALES),
        earned_minor=earned_minor,
        number=rows[0].pk,
    )
