"""What is held of an operator's earnings, line by line: since when, why, until when, and what they wrote about it. Never who the customer is."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from billing.cases import contests_of
from billing.held_words import REASONS, WORDS
from billing.ledger.models import Transaction
from billing.ledger.states import TransactionKind
from billing.models import Case
from billing.payouts.balances import HeldLine, held_lines
from billing.states import CaseState, HoldKind
from core.days import write_date
from core.errors import NotFound


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A call, text, or tip that is held, or was and is contested. Minor units.

    `since` is None, and `amount_minor` 0, once it isn't held anymore. `due_on`: by when a case that holds it is answered.
    """

    reference: str
    at: datetime
    what: str
    since: datetime | None
    whys: list[str]
    amount_minor: int
    due_on: date | None
    contest: Case | None

    @property
    def may_contest(self) -> bool:
        """Whether the operator may open a case about it."""
        return self.since is not None and (self.contest is None or self.contest.is_over)

    @property
    def contest_words(self) -> str:
        """Where the operator's case is; empty where there is none."""
        case = self.contest
        if case is None:
            return ""
        if case.waits_for_us:
            return _("Contested, we answer by %(day)s") % {"day": write_date(case.due_on)}
        return _("Answered") if case.state == CaseState.ANSWERED else _("Decided")


def lines_of(operator_id: int) -> list[ShownLine]:
    """Each line once, whatever the number of reasons, the longest held first. Three queries."""
    held = held_lines(operator_id)
    references = [line.reference for line in held]
    sales, contests = _sales(operator_id, references), contests_of(operator_id, references)
    return [_shown(line, sales[line.reference], contests.get(line.reference)) for line in held]


def line_of(operator_id: int, reference: str) -> ShownLine:
    """One of them, or one that the operator contested and that isn't held anymore. Raises NotFound, also for another operator's."""
    held = next((line for line in held_lines(operator_id) if line.reference == reference), None)
    contest = contests_of(operator_id, [reference]).get(reference)
    sale = _sales(operator_id, [reference]).get(reference)
    if sale is None or (held is None and contest is None):
        raise NotFound(_("Nothing of that is held."))
    if held is not None:
        return _shown(held, sale, contest)
    return ShownLine(reference, *sale, since=None, whys=[], amount_minor=0, due_on=None, contest=contest)


def _shown(line: HeldLine, sale: tuple[datetime, str], contest: Case | None) -> ShownLine:
    whys = [_why(reason) for reason in line.reasons]
    return ShownLine(line.reference, *sale, line.since, whys, line.amount_minor, line.due_on, contest)


def _why(reason: str) -> str:
    if reason in HoldKind.values:
        return REASONS[HoldKind(reason)]
    return _("Someone told us about a problem with it, and we’re looking into it.")


def _sales(operator_id: int, references: Collection[str]) -> dict[str, tuple[datetime, str]]:
    """When each was sold, and as what."""
    found: dict[str, tuple[datetime, str]] = {}
    rows = Transaction.objects.filter(operator=operator_id, reference__in=references).exclude(reference="")
    for reference, at, kind in rows.order_by("pk").values_list("reference", "created_at", "kind"):
        found.setdefault(reference, (at, WORDS.get(TransactionKind(kind), "Call")))
    return found
