"""The day of a daily limit: no second one by moving, none by a doubled midnight; the refusal says when it ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.services.charge_message import charge_message
from billing.spending_limit import limits_left, reached
from core import clock
from core.errors import LimitReached
from core.models import AuditRecord
from customers.limit_days import kept_until as until
from customers.limit_days import limit_day
from customers.models import Customer
from customers.services.profile import save_profile
from operators.models import Operator
from tests.factories import BrandFactory
from tests.scenario import given_customer, given_operator
from tests.support.database_owner import as_owner, recount_quarter_hours

NEW_YORK, TOKYO, HAVANA, APIA = "America/New_York", "Asia/Tokyo", "America/Havana", "Pacific/Apia"
ZONES = [NEW_YORK, TOKYO, HAVANA, APIA, "Europe/London", "Pacific/Pago_Pago"]


class Story:
    """A customer with a limit of 2.00 who texts for 1.00, at times of the story."""

    def __init__(self, at: datetime, time_zone: str = NEW_YORK) -> None:
        self.at, self.texts = at, 0
        self.customer: Customer = given_customer(balance=10_000, daily_limit_minor=200)
        self.customer.user.time_zone = time_zone
        self.customer.user.save()
        self.operator: Operator = given_operator(rate_per_message_minor=100)

    def wait(self, **span: float) -> None:
        self.at += timedelta(**span)

    @contextmanager
    def now(self) -> Iterator[None]:
        with clock.using(lambda: self.at):
            yield

    def move(self, time_zone: str) -> None:
        with self.now():
            save_profile(customer=self.customer, time_zone=time_zone)

    def text(self) -> bool:
        """Whether one more text was within the limit."""
        self.texts += 1
        customer = Customer.objects.select_related("user").get(pk=self.customer.pk)
        with self.now():
            try:
                charge_message(
                    customer=customer, operator=self.operator, brand=BrandFactory(), message_id=f"msg_{self.texts}"
                )  # fmt: skip
            except LimitReached:
                return False
        with as_owner() as cursor:  # the books keep the real time: put the row where the story is
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE ledger_transaction DISABLE TRIGGER USER")
            cursor.execute(
                "UPDATE ledger_transaction SET created_at = %s WHERE reference = %s",
                [self.at, f"msg_{self.texts}"],
            )
            cursor.execute("ALTER TABLE ledger_transaction ENABLE TRIGGER USER")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        recount_quarter_hours()
        return True

    def texts_until_refused(self) -> int:
        count = 0
        while self.text():
            count += 1
        return count

    def wait_said(self) -> int:
        """How long the refusal says it lasts, in seconds."""
        customer = Customer.objects.select_related("user").get(pk=self.customer.pk)
        [limit] = limits_left(customer, self.at, 0, None)
        seconds = reached(customer, limit, self.at).extra["retry_after_seconds"]
        assert isinstance(seconds, int)
        return seconds


@pytest.mark.django_db
def test_a_change_of_time_zone_brings_no_second_day() -> None:
    story = Story(datetime(2026, 6, 10, 2, tzinfo=UTC))  # 10 PM in New York
    assert story.texts_until_refused() == 2
    for zone in (TOKYO, APIA, "Pacific/Pago_Pago", "Europe/London", TOKYO):
        story.move(zone)
        assert not story.text()
        story.wait(minutes=10)
    story.wait(hours=1, minutes=10)  # midnight in New York: a new day of the old zone
    assert story.texts_until_refused() == 2
    story.wait(hours=12)
    assert not story.text()


@pytest.mark.django_db
def test_a_change_of_time_zone_is_on_record_and_counts_two_days_later() -> None:
    story = Story(datetime(2026, 6, 10, 16, tzinfo=UTC))
    story.move(TOKYO)
    record = AuditRecord.objects.get(action="customer.time_zone")
    assert (record.actor, record.details["before"], record.details["after"]) == (
        story.customer.user, NEW_YORK, TOKYO,
    )  # fmt: skip
    story.wait(days=4)
    [limit] = limits_left(Customer.objects.select_related("user").get(), story.at, 0, None)
    assert limit.left == 200
    assert story.wait_said() == 23 * 3600  # 1 AM in Tokyo
    story.move(TOKYO)
    assert AuditRecord.objects.filter(action="customer.time_zone").count() == 1


@pytest.mark.django_db
def test_a_doubled_midnight_is_one_day() -> None:
    story = Story(datetime(2026, 11, 1, 4, 30, tzinfo=UTC), HAVANA)  # half past midnight, the first time
    assert story.texts_until_refused() == 2
    story.wait(hours=1)  # half past midnight once more
    assert not story.text()
    assert story.wait_said() == (23 * 60 + 30) * 60


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("at", "hours"), [((2026, 3, 8, 6), 22), ((2026, 11, 1, 5), 24), ((2026, 6, 1, 5), 23)]
)
def test_the_refusal_counts_the_hours_of_the_day_as_it_is(at: tuple[int, int, int, int], hours: int) -> None:
    assert Story(datetime(*at, tzinfo=UTC)).wait_said() == hours * 3600


moves = st.lists(st.tuples(st.integers(0, 60 * 60), st.sampled_from(ZONES)), min_size=1, max_size=6)


@settings(max_examples=300, deadline=None)
@given(moves)
def test_days_never_overlap_and_none_after_a_move_is_shorter_than_the_shortest_there_is(
    changes: list[tuple[int, str]],
) -> None:
    at, zone, kept, kept_until = datetime(2026, 10, 20, tzinfo=UTC), NEW_YORK, "", None
    begins = [limit_day(at, zone, kept, kept_until).begins_at]
    for minutes, moved_to in [*changes, (6 * 24 * 60, zone)]:
        for _ in range(minutes // 15):
            at += timedelta(minutes=15)
            day = limit_day(at, zone, kept, kept_until)
            assert day.begins_at <= at < day.ends_at
            if day.begins_at != begins[-1]:
                begins.append(day.begins_at)
        limit_zone = kept if kept and kept_until is not None and kept_until > at else zone
        zone, kept = moved_to, "" if limit_zone == moved_to else limit_zone
        kept_until = until(at, limit_zone, moved_to) if kept else None
    spans = [after - before for before, after in pairwise(begins)]
    assert all(span >= timedelta(hours=23) for span in spans), begins
