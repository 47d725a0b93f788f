"""Write down what a run of payouts would pay: nothing is debited before a second person approves it."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction

from billing import conf
from billing.payouts.balances import balance_of, balances_on, hold_days
from billing.payouts.maturity import Balance, books_day, held_back_since
from billing.payouts.models import ONCE_A_WEEK, PayoutItem, PayoutRun
from billing.payouts.obstacles import BELOW_MINIMUM, NOTHING, obstacle_of, waits_for_approval
from billing.payouts.states import RunKind
from brands.selectors import require_not_paused
from brands.states import Service
from core import audit, clock
from core.db import constraint, transactional
from core.errors import Conflict, NotAllowed
from operators.models import Operator

ALONE_AFTER = timedelta(hours=24)


@transactional
def prepare_run(*, actor: AbstractBaseUser) -> PayoutRun:
    """Everybody with something payable today. Raises Unavailable `paused`, Conflict `nothing_payable`, `run_waiting`."""
    require_not_paused(Service.PAYOUTS)
    if PayoutRun.objects.filter(approved_at=None, canceled_at=None).exclude(kind=RunKind.ON_REQUEST).exists():
        raise Conflict(
            "A run is waiting for approval already. Approve or cancel it first.", code="run_waiting"
        )
    return _prepare(RunKind.STAFF, books_day(clock.now()), actor=actor)


@transactional
def close_week(*, day: date) -> PayoutRun | None:
    """The weekly run of the week that `day` is in, once; None if it is there, or there is nothing to pay. Run by the worker."""
    monday = day - timedelta(days=day.weekday())
    if PayoutRun.objects.filter(kind=RunKind.WEEKLY, week_of=monday).exists():
        return None
    try:
        with transaction.atomic():
            return _prepare(RunKind.WEEKLY, day, week_of=monday)
    except Conflict:
        return None
    except IntegrityError as error:  # another worker's is there by now
        if constraint(error) != ONCE_A_WEEK:
            raise
        return None


@transactional
def ask_for_payout(*, operator_id: int) -> PayoutRun:
    """What is payable now, asked for by the operator, less the fee. A member of staff approves it.

    Raises NotAllowed `not_offered`, Conflict with the obstacle's word, `already_asked`.
    """
    require_not_paused(Service.PAYOUTS)
    fee_minor = conf.payout_rules().at_once_fee_minor
    if fee_minor is None:
        raise NotAllowed("Payouts are weekly.", code="not_offered")
    operator = Operator.objects.select_for_update().select_related("user").get(pk=operator_id)
    if waits_for_approval(operator_id):
        raise Conflict("You’ve asked for a payout already. It’s being looked at.", code="already_asked")
    day = books_day(clock.now())
    return _prepare(
        RunKind.ON_REQUEST,
        day,
        actor=operator.user,
        payable={operator_id: balance_of(operator_id, day)},
        fee_minor=fee_minor,
    )


def _prepare(
    kind: RunKind, day: date, *, actor: AbstractBaseUser | None = None, week_of: date | None = None,
    payable: dict[int, Balance] | None = None, fee_minor: int = 0,
) -> PayoutRun:  # fmt: skip
    at = clock.now()
    amounts = balances_on(day) if payable is None else payable
    operators = Operator.objects.filter(pk__in=list(amounts)).select_related("user").order_by("pk")
    items = list(_items(operators, amounts, fee_minor))
    if not any(item.obstacle == "" for item in items):
        raise Conflict("There’s nothing to pay out.", code=items[0].obstacle if len(items) == 1 else NOTHING)
    run = PayoutRun.objects.create(
        kind=kind,
        week_of=week_of,
        held_back_since=held_back_since(day, hold_days()),
        prepared_at=at,
        prepared_by_id=None if actor is None else actor.pk,
        alone_after=at + ALONE_AFTER if conf.has_sole_administrator() else None,
    )
    for item in items:
        item.run = run
    PayoutItem.objects.bulk_create(items)
    audit.record(
        actor=actor, action="payout_run.prepare", subject=run, kind=kind,
        amount_minor=sum(item.amount_minor for item in items if not item.obstacle),
    )  # fmt: skip
    return run


def _items(
    operators: Iterable[Operator], balances: dict[int, Balance], fee_minor: int
) -> Iterable[PayoutItem]:
    at = clock.now()
    for operator in operators:
        payable_minor = balances[operator.pk].payable_minor
        least_minor = fee_minor + 1 if fee_minor else None
        obstacle = obstacle_of(operator, payable_minor, at, least_minor=least_minor)
        if obstacle == NOTHING or (obstacle == BELOW_MINIMUM and len(balances) > 1):
            continue  # most operators in most weeks
        amount_minor = max(0, payable_minor - fee_minor)
        yield PayoutItem(operator=operator, amount_minor=amount_minor, fee_minor=fee_minor, obstacle=obstacle)
