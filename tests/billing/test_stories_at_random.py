"""Any sequence of verbs, on PostgreSQL, against a model of the wallet that knows nothing of the product."""

from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing import selectors
from billing.auditing import run, scope_since
from billing.ledger.models import Account
from billing.models import FreeMinutesPackage
from billing.services.authorize import authorize
from billing.services.debit_wallet import debit_wallet
from billing.services.expire_free_minutes import expire_free_minutes
from billing.services.extend_grant import extend_grant
from billing.services.settle import settle
from billing.states import FundedBy
from core import clock
from core.errors import Conflict, InsufficientCredit
from tests.factories import BrandFactory
from tests.model import rules
from tests.scenario import given_credit, given_customer, given_free_minutes, given_operator

pytestmark = pytest.mark.django_db

LONG = [pytest.mark.long, pytest.mark.timeout(900)]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TERMS = rules.Terms(rate=399, fee=99, share=7500)

steps = st.lists(
    st.one_of(
        st.tuples(st.just("credit"), st.integers(1, 2000)),
        st.tuples(st.just("debit"), st.integers(1, 2000)),
        st.tuples(st.just("give"), st.integers(1, 4), st.booleans(), st.booleans(), st.integers(1, 3)),
        st.tuples(st.just("wait"), st.integers(1, 30)),
        st.tuples(st.just("expire")),
        st.tuples(st.just("call")),
        st.tuples(st.just("more"), st.integers(0, 700)),
        st.tuples(st.just("end"), st.one_of(st.none(), st.integers(1, 900_000))),
    ),
    max_size=25,
)


@dataclass
class Package:
    key: int
    left: int
    by_platform: bool
    for_this_operator: bool
    expires_at: datetime
    used: int = 0
    expired: int = 0


@dataclass
class Story:
    """What must be true after each step."""

    at: datetime = NOON
    balance: int = 0
    earned: int = 0
    packages: list[Package] = field(default_factory=list)
    call: int | None = None
    calls: int = 0
    granted: int = 0
    kept: list[tuple[Package, int]] = field(default_factory=list)

    @property
    def free(self) -> int:
        return sum(seconds for _, seconds in self.kept)

    @property
    def held(self) -> int:
        return rules.cost(TERMS, self.granted, self.free) if self.call else 0

    def usable(self) -> list[tuple[Package, int]]:
        own_first = sorted(self.packages, key=lambda p: not p.for_this_operator)
        return [(p, p.left) for p in own_first if p.left and p.expires_at > self.at]

    def affordable(self, free: int) -> int:
        return rules.affordable(TERMS, self.balance, free, 3000)


@pytest.mark.slow
@pytest.mark.parametrize("stories", [20, pytest.param(200, marks=LONG)])
def test_every_story_ends_as_the_model_says(stories: int) -> None:
    @settings(max_examples=stories, suppress_health_check=[HealthCheck.too_slow])
    @given(steps)
    def each(told: list[tuple[object, ...]]) -> None:
        with transaction.atomic():
            _Teller().tell(told)
            transaction.set_rollback(True)

    each()


class _Teller:
    def __init__(self) -> None:
        self.story, self.numbers = Story(), count()
        self.customer, self.operator = given_customer(balance=0), given_operator(share_bps=TERMS.share)

    def tell(self, told: list[tuple[object, ...]]) -> None:
        with clock.using(lambda: self.story.at):
            for name, *arguments in told:
                getattr(self, f"do_{name}")(*arguments)
                self.compare()
        assert list(run(scope_since(None))) == []

    def compare(self) -> None:
        story, wallet = self.story, selectors.wallet_of(self.customer.pk)
        assert (wallet.balance_minor, wallet.held_minor) == (story.balance, story.held)
        payable = (
            Account.objects.filter(operator=self.operator).values_list("balance_minor", flat=True).first()
        )
        assert (payable or 0) == story.earned
        kept = {package.key: seconds for package, seconds in story.kept}
        for row in FreeMinutesPackage.objects.filter(customer=self.customer):
            [package] = [p for p in story.packages if p.key == row.pk]
            assert (row.seconds_remaining, row.seconds_reserved, row.seconds_used, row.seconds_expired) == (
                package.left,
                kept.get(row.pk, 0),
                package.used,
                package.expired,
            )

    def do_credit(self, amount: int) -> None:
        given_credit(self.customer, amount)
        self.story.balance += amount

    def do_debit(self, amount: int) -> None:
        enough = self.story.balance - self.story.held >= amount
        with nullcontext() if enough else pytest.raises(InsufficientCredit):
            debit_wallet(
                customer=self.customer,
                amount_minor=amount,
                reason="a story",
                actor=None,
                idempotency_key=f"debit-{next(self.numbers)}",
            )
        if enough:
            self.story.balance -= amount

    def do_give(self, minutes: int, for_this_operator: bool, by_platform: bool, days: int) -> None:
        by_platform = by_platform or not for_this_operator
        row = given_free_minutes(
            self.customer,
            minutes,
            operator=self.operator if for_this_operator else None,
            days=days,
            funded_by=FundedBy.PLATFORM if by_platform else FundedBy.OPERATOR,
        )
        self.story.packages.append(
            Package(
                row.pk, minutes * 60, by_platform, for_this_operator, self.story.at + timedelta(days=days)
            )
        )

    def do_wait(self, hours: int) -> None:
        self.story.at += timedelta(hours=hours)

    def do_expire(self) -> None:
        expire_free_minutes(at=self.story.at)
        for package in self.story.packages:
            if package.expires_at <= self.story.at:
                package.expired, package.left = package.expired + package.left, 0

    def do_call(self) -> None:
        story = self.story
        usable = story.usable()
        affordable = story.affordable(sum(seconds for _, seconds in usable))
        may_start = affordable > 0 and story.call is None
        with nullcontext() if may_start else pytest.raises(Conflict if story.call else InsufficientCredit):
            call = authorize(
                customer=self.customer,
                operator=self.operator,
                brand=BrandFactory(),
                reference=f"call_{story.calls}",
            )
        if not may_start:
            return
        story.call, story.kept, story.granted = call.pk, usable, min(180, affordable)
        story.calls += 1
        for package, seconds in usable:
            package.left -= seconds
        assert (call.granted_seconds, call.is_final) == (story.granted, affordable <= 180)

    def do_more(self, elapsed: int) -> None:
        story = self.story
        if story.call is None:
            return
        affordable = story.affordable(story.free)
        grant = extend_grant(authorization_id=story.call, elapsed_seconds=elapsed)
        story.granted = max(story.granted, min(affordable, (elapsed + 180) // 60 * 60))
        assert (grant.granted_seconds, grant.is_final) == (story.granted, affordable <= story.granted)

    def do_end(self, joined_ms: int | None) -> None:
        story = self.story
        if story.call is None:
            return
        expected = rules.outcome(
            TERMS,
            joined_ms,
            story.granted,
            [rules.Package(seconds, p.by_platform) for p, seconds in story.kept],
        )
        for _ in range(2):
            bill = settle(authorization_id=story.call, joined_ms=joined_ms)
            assert (bill.cost_minor, bill.operator_minor) == (expected.cost, expected.operator)
        for (package, seconds), used in zip(story.kept, expected.used, strict=True):
            package.used += used
            package.left += seconds - used
        story.balance -= expected.cost
        story.earned += expected.operator
        story.call, story.kept, story.granted = None, [], 0
