"""What one member of staff may give alone: to one person in 24 hours, and to all together in a day (UTC).

What was given is counted from the audit trail, under the lock of the giver's own row, so that two sessions cannot both use
the rest. Superusers are bound, too. Above a limit a second person decides (`billing.services.carry_out`). These limits are
for staff alone: operators and jobs have others.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Q

from billing import conf
from billing.conf import StaffLimit
from core import clock
from core.errors import LimitReached
from core.models import AuditRecord
from core.money import format_money
from customers.models import Customer, User
from operators.models import Operator
from operators.selectors import logins_of_person

COUNTED_FOR = timedelta(hours=24)
DEEDS = (
    "wallet.credit",
    "wallet.return",
    "payment.pay_back",
    "transaction.refund",
    "payable.payout",
    "free_minutes.grant",
)
_PAYMENTS = ("wallet.return", "payment.pay_back", "payable.payout")  # of what is owed already


@dataclass(frozen=True, slots=True)
class Gift:
    """What a deed gives, in minor units or in seconds of talk, to a customer, an operator, or both."""

    amount_minor: int = 0
    seconds: int = 0
    customer: Customer | None = None
    operator: Operator | None = None
    is_owed: bool = (
        False  # it pays out what is theirs already: counted for the person, not for the giver's day
    )

    @property
    def logins(self) -> list[int]:
        """Ids of the users who gain by it."""
        return [person.user_id for person in (self.customer, self.operator) if person is not None]


@dataclass(frozen=True, slots=True)
class Approval:
    """A second person's approval of exactly this gift; made by `billing.services.decide_approval` alone."""

    request_id: int
    approved_by_id: int | None  # None: a delay stood in for the second person
    gift: Gift

    @property
    def record(self) -> dict[str, Any]:
        """For the audit trail."""
        return {"approval": self.request_id, "approved_by": self.approved_by_id}


class ApprovalNeeded(LimitReached):
    """The giver may not give this alone. `gift` is what a second person has to approve."""

    code = "approval_needed"

    def __init__(self, message: str, gift: Gift) -> None:
        super().__init__(message)
        self.gift = gift


def check(actor: AbstractBaseUser | None, gift: Gift, approval: Approval | None) -> dict[str, Any]:
    """Return what the deed's audit record has to say of the gift, so that it is counted. `actor` is staff, or is not bound.

    Called with the beneficiary's money locked. Raises ApprovalNeeded above a limit, unless `approval` is of this very gift.
    """
    record = {"beneficiaries": gift.logins}
    if approval is not None:
        if approval.gift != gift:
            raise ApprovalNeeded("This isn't what was approved.", gift)
        return record | approval.record
    if actor is not None:
        is_staff = Q(is_staff=True) | Q(is_superuser=True)
        giver = User.objects.select_for_update(no_key=True).filter(is_staff, pk=actor.pk).first()
        if giver is not None:
            _check_alone(giver, gift)
    return record


def limit_of(giver: User) -> StaffLimit:
    """What `giver` may give one person alone: the most that one of their roles allows, else what staff without one may."""
    limits = conf.staff_limits()
    own = [limits[role] for role in giver.groups.values_list("name", flat=True) if role in limits]
    own = own or [limits[conf.ANY_STAFF]]
    return StaffLimit(max(one.amount_minor for one in own), max(one.seconds for one in own))


def _check_alone(giver: User, gift: Gift) -> None:
    at, limit = clock.now(), limit_of(giver)
    midnight = datetime.combine(at.date(), time.min, UTC)
    rows = AuditRecord.objects.filter(actor=giver.pk, action__in=DEEDS)
    given = list(
        rows.filter(created_at__gt=min(midnight, at - COUNTED_FOR)).values_list(
            "created_at", "action", "details"
        )
    )
    lately = [(action, details) for created_at, action, details in given if created_at > at - COUNTED_FOR]
    for login in gift.logins:
        person = logins_of_person(login)
        to_person = [item for _, item in lately if person & set(item.get("beneficiaries", ()))]
        _refuse_above(
            limit, to_person, gift, "You can give one person at most {limit} in 24 hours; {given} so far."
        )
    if gift.is_owed:
        return
    today = [
        details
        for created_at, action, details in given
        if created_at >= midnight and action not in _PAYMENTS and "approval" not in details
    ]
    daily = StaffLimit(conf.staff_daily_minor(), conf.staff_daily_free_minutes() * 60)
    _refuse_above(daily, today, gift, "One staff member can give at most {limit} a day; {given} so far.")


def _refuse_above(limit: StaffLimit, records: Iterable[dict[str, Any]], gift: Gift, words: str) -> None:
    """Raises ApprovalNeeded if the gift and what is on record come to more than `limit`."""
    records = list(records)
    money = sum(abs(int(item.get("amount_minor", 0))) for item in records)
    minutes = sum(int(item.get("minutes", 0)) for item in records)
    rules = (
        (gift.amount_minor, money, limit.amount_minor, format_money),
        (gift.seconds, minutes * 60, limit.seconds, _in_minutes),
    )
    for more, given, most, text in rules:
        if more and given + more > most:
            raise ApprovalNeeded(words.format(limit=text(most), given=text(given)), gift)


def _in_minutes(seconds: int) -> str:
    return f"{seconds // 60:,} free minutes"
