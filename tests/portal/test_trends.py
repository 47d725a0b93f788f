"""The dashboard's trends are recounts: weeks of days, hours of the ledger, views of pages, the place in the directory."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from billing.ledger.models import Entry
from billing.ledger.states import SALES, AccountKind
from billing.services.count_hours import count_hours
from billing.services.refund import refund_reference
from brands.models import Brand
from core import clock
from messaging.services.send import send
from operators import directory_place
from operators.directory import DirectoryFilters, search
from operators.directory_place import places_of, standing_of
from operators.models import Operator, OperatorDay, OperatorHour, ProfileViews
from operators.states import Presence
from operators.statistics import Figures
from operators.trends import per_hour_minor, weeks_of
from portal.chart import money_chart
from portal.dashboard_rows import compared, heat_of
from tests.factories import BrandFactory, StaffFactory
from tests.scenario import (
    customer_client,
    given_customer,
    given_operator,
    logged_in,
    when_called,
    when_talked,
)
from tests.support.ledger_clock import it_is

NEW_YORK = ZoneInfo("America/New_York")
MONDAY = date(2026, 6, 1)


# -- weeks


def days_of(*earned: int) -> list[tuple[date, Figures]]:
    """Days up to the Monday, each with a call of half an hour."""
    first = MONDAY - timedelta(days=len(earned) - 1)
    return [
        (first + timedelta(days=number), Figures(calls=1, seconds=1800, earned_minor=minor))
        for number, minor in enumerate(earned)
    ]


def test_a_week_is_compared_with_the_one_before_and_today_is_in_neither() -> None:
    weeks = weeks_of(days_of(*[1_000_000] * 5, *[100] * 7, *[300] * 7, 5_000_000))
    assert (weeks.last.earned_minor, weeks.before.earned_minor) == (2100, 700)
    assert weeks.last_days == (date(2026, 5, 25), date(2026, 5, 31))
    assert weeks.before_days == (date(2026, 5, 18), date(2026, 5, 24))
    assert per_hour_minor(weeks.last) == 600  # $21.00 in three and a half hours
    assert per_hour_minor(Figures(earned_minor=100)) is None


def test_figures_of_both_weeks_and_their_difference() -> None:
    weeks = weeks_of(days_of(*[100] * 7, *[300] * 7, 0))
    rows = {row.label: (row.last, row.before, row.change) for row in compared(weeks, 80, 0, "USD")}
    assert rows["Earned"] == ("$21.00", "$7.00", "+$14.00")
    assert rows["Earned per hour of talk"] == ("$6.00", "$2.00", "+$4.00")
    assert rows["Views of your page"] == ("80", "0", "+80")
    assert rows["Calls per 100 views"] == ("8.8", "none", "")
    rows = {row.label: (row.last, row.change) for row in compared(weeks, 3, 5, "USD")}
    assert rows["Views of your page"] == ("3", "−2")


def test_a_chart_says_its_first_middle_and_last_day_and_how_far_down_it_goes() -> None:
    chart = money_chart("Earned", [(MONDAY + timedelta(days=n), (n - 1) * 100) for n in range(30)])
    assert chart.dates == [MONDAY, MONDAY + timedelta(days=15), MONDAY + timedelta(days=29)]
    assert (chart.highest, chart.lowest) == ("$28.00", "-$1.00")


# -- hours


def recount(operator: Operator, at: datetime) -> dict[tuple[int, int], tuple[int, int]]:
    """Calls and earnings by weekday and hour, from raw rows."""
    zone = ZoneInfo(operator.user.time_zone)
    today = at.astimezone(zone).date()
    calls: dict[tuple[int, int], set[str]] = defaultdict(set)
    earned: dict[tuple[int, int], int] = defaultdict(int)
    entries = Entry.objects.filter(account__kind=AccountKind.PAYABLE, account__operator=operator)
    for entry in entries.select_related("transaction"):
        sale, local = entry.transaction, entry.transaction.created_at.astimezone(zone)
        if sale.kind in SALES and today - timedelta(days=56) <= local.date() < today:
            earned[local.weekday(), local.hour] += entry.amount_minor
            if sale.kind != "message":
                calls[local.weekday(), local.hour].add(sale.reference)
    return {key: (len(calls[key]), minor) for key, minor in earned.items()}


def counted(operator: Operator) -> dict[tuple[int, int], tuple[int, int]]:
    rows = OperatorHour.objects.filter(operator=operator)
    return {(row.weekday, row.hour): (row.calls, row.earned_minor) for row in rows}


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Auckland"])
def test_hours_are_the_recount_of_the_ledger_across_a_clock_change(
    settable_ledger_clock: None, zone: str
) -> None:
    begins = datetime(2026, 10, 30, 23, 30, tzinfo=UTC)  # New York's clocks go back on November 1
    operator, other = given_operator(rate_per_message_minor=50), given_operator()
    operator.user.time_zone = zone
    operator.user.save()
    with it_is(begins):
        customer = given_customer(balance="500.00")
    last = ""
    for number in range(30):  # every 157 minutes, three days and more
        with it_is(begins + timedelta(minutes=157 * number)):
            last = send(customer=customer, operator_id=operator.pk, text="Hello").message.message_id
    with it_is(begins + timedelta(days=4)):
        refund_reference(reference=last, reason="a test", actor=None, idempotency_key="r")  # in nobody's hour
    at = begins + timedelta(days=5)
    assert count_hours(at=at) == len(recount(operator, at)) > 10
    assert counted(operator) == recount(operator, at)
    assert counted(other) == {}
    assert count_hours(at=at) == 0, "nothing changed"
    later = begins + timedelta(days=57)  # the first days are more than eight weeks ago
    count_hours(at=later)
    assert counted(operator) == recount(operator, later)
    count_hours(at=begins + timedelta(days=90))
    assert counted(operator) == {}


@pytest.mark.django_db
def test_a_call_is_one_call_with_its_fee_and_what_is_of_today_waits_for_the_night() -> None:
    operator = given_operator()
    when_talked(when_called(given_customer(), operator), 127_000)
    assert count_hours() == 0
    tomorrow = clock.now() + timedelta(days=1)
    assert count_hours(at=tomorrow) == 1
    assert list(counted(operator).values()) == [(1, 1037)]


def test_the_best_hours_are_named_and_the_strongest_color_is_theirs() -> None:
    hours = [
        OperatorHour(weekday=4, hour=22, earned_minor=80_000),
        OperatorHour(weekday=6, hour=9, earned_minor=8_100),
        OperatorHour(weekday=1, hour=9, earned_minor=300),
        OperatorHour(weekday=0, hour=22, earned_minor=-500),
    ]
    heat = heat_of(hours, "USD")
    assert heat.best[:2] == ["Fridays from 10 PM: $100.00 a week", "Sundays from 9 AM: $10.13 a week"]
    assert dict(heat.rows)["9 AM"][1].amount == "<$1"
    assert [hour for hour, _ in heat.rows] == ["9 AM", "10 PM"]
    late = dict(heat.rows)["10 PM"]
    assert [(cell.amount, cell.level) for cell in late] == [("", 0)] * 4 + [("$100", 5)] + [("", 0)] * 2
    assert dict(heat.rows)["9 AM"][6].level == 1
    assert heat_of([], "USD").rows == []


# -- views


@pytest.fixture
def sarah(db: None) -> Operator:
    return given_operator(slug="sarah")


def seen(operator: Operator) -> int:
    return sum(ProfileViews.objects.filter(operator=operator).values_list("views", flat=True))


def test_a_view_is_a_customer_or_a_visitor_who_opens_the_page(sarah: Operator) -> None:
    visitor = Client(headers={"Host": "flirts.localhost"})
    visitor.get("/operators/sarah/")
    assert seen(sarah) == 0, "the age gate is no view"
    visitor.cookies["adult"] = "yes"
    customer = customer_client(given_customer())
    for browser in (visitor, customer, customer):
        assert browser.get("/operators/sarah/").status_code == 200
    assert seen(sarah) == 3
    customer.head("/operators/sarah/")
    customer.get("/operators/sarah/?call=call_1")
    for person in (sarah.user, StaffFactory()):
        logged_in(person, "flirts.localhost").get("/operators/sarah/")
    visitor.get("/operators/nobody/")
    assert seen(sarah) == 3
    assert [field.name for field in ProfileViews._meta.fields] == ["id", "operator", "brand", "day", "views"]


def test_a_view_is_of_the_operators_day(sarah: Operator) -> None:
    sarah.user.time_zone = "Pacific/Kiritimati"
    sarah.user.save()
    customer_client(given_customer()).get("/operators/sarah/")
    assert ProfileViews.objects.get().day == datetime.now(ZoneInfo("Pacific/Kiritimati")).date()


def test_the_dashboard_counts_views_and_calls_of_both_weeks(sarah: Operator) -> None:
    brand, today = BrandFactory(), clock.now().astimezone(NEW_YORK).date()
    sarah.user.time_zone = NEW_YORK.key
    sarah.user.save()
    for days_ago, views, calls in (
        (0, 1000, 500),
        (1, 30, 2),
        (7, 10, 1),
        (8, 25, 1),
        (14, 25, 4),
        (15, 1000, 500),
    ):
        day = today - timedelta(days=days_ago)
        ProfileViews.objects.create(operator=sarah, brand=brand, day=day, views=views)
        OperatorDay.objects.create(operator=sarah, brand=brand, day=day, calls=calls)
    page = logged_in(sarah.user, "portal.localhost").get("/dashboard/")
    rows = {row.label: (row.last, row.before) for row in page.context["compared"]}
    assert rows["Views of your page"] == ("40", "50")
    assert rows["Calls"] == ("3", "5")
    assert rows["Calls per 100 views"] == ("7.5", "10")


# -- the place in the directory


def in_order(brand: Brand) -> list[int]:
    """Everybody as the directory lists them, read one at a time."""
    found, after = list[int](), ""
    while True:
        page = search(brand, DirectoryFilters(), after=after, limit=1)
        found += [operator.pk for operator in page.items]
        if page.next_after is None:
            return found
        after = page.next_after


def again(operator: Operator) -> Operator:
    return Operator.objects.select_related("user").get(pk=operator.pk)


@pytest.mark.django_db
def test_the_place_is_that_of_the_directory_on_each_brand() -> None:
    here, there = BrandFactory(), BrandFactory(slug="nycflirts", caller_id="+12125550111")
    people = [
        given_operator(
            presence=presence, rating_count=count, rating_sum=count * stars,
            returning_points=points, brands=[here, there] if count else [here],
        )
        for presence in (Presence.ONLINE, Presence.AWAY, Presence.OFFLINE)
        for count, stars, points in ((0, 0, 30), (4, 5, 30), (9, 3, 60), (4, 5, 30))
    ]  # fmt: skip
    at = clock.now()
    orders = {brand.pk: in_order(brand) for brand in (here, there)}
    for operator in map(again, people):
        places = {place.brand.pk: place for place in places_of(operator, at)}
        assert set(places) == {brand for brand, order in orders.items() if operator.pk in order}
        for brand, place in places.items():
            assert place.now == orders[brand].index(operator.pk) + 1
    last = people[-1]
    promised = {place.brand.pk: place.if_online for place in places_of(again(last), at)}
    Operator.objects.filter(pk=last.pk).update(presence=Presence.ONLINE)
    assert promised == {brand.pk: in_order(brand).index(last.pk) + 1 for brand in (here, there)}


@pytest.mark.django_db
def test_so_many_are_counted_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    people = [given_operator() for _ in range(4)]
    monkeypatch.setattr(directory_place, "MOST_COUNTED", 3)
    assert [places_of(again(operator), clock.now())[0].now for operator in people] == [1, 2, 3, None]


@pytest.mark.django_db
def test_the_page_says_why(sarah: Operator) -> None:
    Operator.objects.filter(pk=sarah.pk).update(
        rating_count=5,
        rating_sum=25,
        returning_points=45,
        answer_points=62,
        created_at=clock.now() - timedelta(days=29),
    )
    standing = standing_of(again(sarah), clock.now())
    assert (standing.rating, standing.returning, standing.answered) == (450, 45, 62)
    assert standing.total == again(sarah).standing
    html = " ".join(logged_in(sarah.user, "portal.localhost").get("/dashboard/").content.decode().split())
    assert "4.50, from 5 ratings" in html
    assert "0.45 of at most one star" in html
    assert "0.62 of at most one star" in html
    assert "Your card says “new” until" in html
    assert standing_of(again(sarah), clock.now() + timedelta(days=2)).newcomer_until is None
