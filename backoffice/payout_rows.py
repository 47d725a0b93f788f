"""What the staff's pages of payouts show, as rows: runs, their items and files, and an operator's money told apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from billing.payouts.accounts import account_in_effect, account_to_come, shared_by
from billing.payouts.balances import balance_of
from billing.payouts.maturity import Balance, books_day
from billing.payouts.models import OutsidePayout, PayoutAccount, PayoutFile, PayoutItem, PayoutRun, TaxYear
from billing.payouts.obstacles import STAFF_WORDS
from billing.payouts.outside import outside_payouts_of
from billing.payouts.selectors import (
    STATE_WORDS,
    RunSums,
    accounts_in_effect,
    is_late,
    items_of,
    sums_of_runs,
    years_with_payouts,
)
from billing.payouts.states import FORMAT_OF, FileFormat, ItemState, Method
from core.days import BOOKS_ZONE
from customers.models import User
from operators.models import Operator

LAST = 20
_METHODS = {
    Method.ACH: "ACH",
    Method.TRANSFER: "bank transfer",
    Method.CHECK: "check",
    Method.WALLET: "wallet",
}


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run in the list: where it is in `words`, and what it comes to."""

    run: PayoutRun
    words: str
    sums: RunSums


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One operator's part. `account`: where it goes, or would go now; `why`: why it isn't paid, or came back."""

    item: PayoutItem
    account: str
    words: str
    why: str


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file of a run. `is_open`: something in it is neither paid nor returned."""

    file: PayoutFile
    is_open: bool
    is_late: bool


@dataclass(frozen=True, slots=True)
class YearRow:
    """A year with payouts, or with terms, or both."""

    year: int
    terms: TaxYear | None


@dataclass(frozen=True, slots=True)
class OperatorMoney:
    """All about an operator's payouts that staff see on their page."""

    today: date
    balance: Balance
    account: PayoutAccount | None
    account_words: str
    to_come: PayoutAccount | None
    to_come_words: str
    sharing: Sequence[Operator]
    items: Sequence[ItemRow]
    outside: Sequence[OutsidePayout]


def account_words(account: PayoutAccount | None) -> str:
    """`ACH, ending in 6789`; empty for none."""
    if account is None:
        return ""
    name = _METHODS[Method(account.method)]
    return f"{name}, ending in {account.last_four}" if account.last_four else name


def obstacle_words(word: str) -> str:
    """Why an item isn't paid, for staff."""
    return STAFF_WORDS.get(word, word)


def run_rows(runs: Sequence[PayoutRun]) -> list[RunRow]:
    """With their sums. One query."""
    sums = sums_of_runs([run.pk for run in runs])
    return [RunRow(run, sums[run.pk].words_for(run), sums[run.pk]) for run in runs]


def item_rows(items: Sequence[PayoutItem], at: datetime) -> list[ItemRow]:
    """Of items with their accounts; what isn't approved shows where it would go at `at`. One query at most."""
    open_ids = [item.operator_id for item in items if item.account is None]
    now = accounts_in_effect(open_ids, at) if open_ids else {}
    return [
        ItemRow(
            item=item,
            account=account_words(item.account or now.get(item.operator_id)),
            words="left out" if item.obstacle else STATE_WORDS[ItemState(item.state)],
            why=obstacle_words(item.obstacle) if item.obstacle else item.return_reason,
        )
        for item in items
    ]


def file_rows(run: PayoutRun, at: datetime) -> list[FileRow]:
    """The files that were made of a run. Two queries."""
    methods = run.items.filter(state=ItemState.EXPORTED).order_by().values_list("method", flat=True)
    sent = {FORMAT_OF[Method(method)] for method in methods.distinct() if method in FORMAT_OF}
    rows = []
    for file in run.files.select_related("made_by").order_by("id"):
        is_open = file.format in sent
        rows.append(FileRow(file, is_open, is_open and is_late(file, at)))
    return rows


def formats_to_make(run: PayoutRun) -> list[tuple[str, str]]:
    """Formats (name and label) that approved items of the run need. One query."""
    methods = run.items.filter(state=ItemState.APPROVED).order_by().values_list("method", flat=True)
    needed = {FORMAT_OF[Method(method)] for method in methods.distinct() if method in FORMAT_OF}
    return [(choice.value, choice.label) for choice in FileFormat if choice in needed]


def approver_obstacle(run: PayoutRun, staff: User, at: datetime) -> str:
    """Why this member of staff can't approve the run; empty if they may try."""
    if run.prepared_by_id != staff.pk:
        return ""
    if run.alone_after is None:
        return "You prepared this run. Someone else has to approve it."
    if at < run.alone_after:
        local = run.alone_after.astimezone(BOOKS_ZONE)
        return f"You prepared this run. You can approve it yourself from {local:%Y-%m-%d %H:%M} ET on."
    return ""


def year_rows(today: date) -> list[YearRow]:
    """Years with payouts or terms up to this one, newest first. Two queries."""
    terms = {row.year: row for row in TaxYear.objects.all()}
    years = {*years_with_payouts(), *(year for year in terms if year <= today.year)}
    return [YearRow(year, terms.get(year)) for year in sorted(years, reverse=True)]


def money_of(operator: Operator, at: datetime) -> OperatorMoney:
    """A handful of queries."""
    account, to_come = account_in_effect(operator.pk, at), account_to_come(operator.pk, at)
    digests = [bytes(row.digest) for row in (account, to_come) if row is not None]
    sharing = shared_by(digests, operator.pk) if digests else []
    return OperatorMoney(
        today=books_day(at),
        balance=balance_of(operator.pk, books_day(at)),
        account=account,
        account_words=account_words(account),
        to_come=to_come,
        to_come_words=account_words(to_come),
        sharing=list(Operator.objects.filter(pk__in=sharing).order_by("pk")) if sharing else [],
        items=item_rows(list(items_of(operator.pk)[:LAST]), at),
        outside=list(outside_payouts_of(operator.pk)[:LAST]),
    )
