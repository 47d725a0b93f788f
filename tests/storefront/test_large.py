"""As quick with twelve thousand operators and ten thousand calls as with a dozen: the same queries, the same rows read."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from customers.models import Customer, User
from operators.directory import DirectoryFilters, choices, search, spelled_as_listed
from operators.models import Listing, Operator
from operators.states import ApprovalStatus, Presence
from telephony.models import Call
from tests.factories import BrandFactory, OperatorFactory
from tests.scenario import (
    BRAND_HOST,
    customer_client,
    given_customer,
    given_operator,
    when_called,
    when_talked,
)
from tests.support.database_owner import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
OPEN = ["/operators/", "/operators/?online=on", "/operators/?sort=price", "/operators/sarah/"]
OF_CUSTOMERS = [*OPEN, "/dashboard/", "/activity/"]
OF_VISITORS = ["/", *OPEN]
LONG = [pytest.mark.long, pytest.mark.timeout(900)]


@pytest.fixture
def client() -> Client:
    cache.clear()
    customer = given_customer(balance="400.00", free_minutes=5)
    sarah = given_operator(slug="sarah")
    when_talked(when_called(customer, sarah), 3_000)
    for presence in (Presence.ONLINE, Presence.AWAY, Presence.OFFLINE):
        for _ in range(9):
            given_operator(presence=presence)
    return customer_client(customer)


@pytest.fixture
def visitor() -> Client:
    """Somebody without an account who passed the age gate."""
    visitor = Client(headers={"Host": BRAND_HOST})
    visitor.cookies["adult"] = "yes"
    return visitor


def add_many_operators(count: int) -> None:
    brand = BrandFactory()
    users = User.objects.bulk_create(User(email=f"many{n}@example.test", password="!") for n in range(count))
    presences = [Presence.ONLINE, Presence.OFFLINE, Presence.OFFLINE, Presence.AWAY]
    made = Operator.objects.bulk_create(
        Operator(
            user=user, stage_name=f"Many {n}", slug=f"many-{n}", approval_status=ApprovalStatus.APPROVED,
            presence=presences[n % 4], languages=["English"], headline="One of many",
            rate_per_minute_minor=100 + n % 500, rating_count=n % 7, rating_sum=(n % 7) * 4,
        )
        for n, user in enumerate(users)
    )  # fmt: skip
    Listing.objects.bulk_create(Listing(operator=operator, brand=brand) for operator in made)


def add_many_calls(count: int) -> None:
    """Copies of the one call there is, with new names."""
    call = Call.objects.get()
    columns = [
        field.column for field in Call._meta.concrete_fields
        if field.column not in ("id", "call_id", "authorization_id", "idempotency_key")
    ]  # fmt: skip
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO telephony_call (call_id, {names}) "
            f"SELECT 'call_1_' || lpad(n::text, 16, '0'), {names} FROM telephony_call, generate_series(1, %s) n "
            "WHERE id = %s",
            [count, call.pk],
        )


def settle_statistics() -> None:
    with as_owner() as cursor:
        cursor.execute("ANALYZE")


def cost_of(act: Callable[[], Any]) -> tuple[int, int]:
    """Queries made, and rows that the database touched for them: what every node of their plans read."""
    with CaptureQueriesContext(connection) as captured:
        act()
    # The table of brands is read again every five seconds, by whoever comes then.
    queries = [query["sql"] for query in captured if "brands_brandhost" not in query["sql"]]
    return len(queries), sum(rows_read(sql) for sql in queries if sql.startswith("SELECT"))


def rows_read(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF) " + sql.replace("%", "%%"), [])
        row = cursor.fetchone()
    assert row is not None
    plan = row[0] if isinstance(row[0], list) else json.loads(row[0])
    return read_by(plan[0]["Plan"])


def read_by(node: dict[str, Any]) -> int:
    """Rows of all scans below `node`, those filtered away included."""
    below = sum(read_by(child) for child in node.get("Plans", []))
    if "Scan" not in node["Node Type"] or node["Node Type"] == "Bitmap Index Scan":
        return below
    return below + int(node["Actual Loops"] * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)))


def costs(client: Client, visitor: Client) -> dict[tuple[str, str], tuple[int, int]]:
    """What each page costs a customer and a visitor; the caches of the process are warm."""
    seen = {}
    for who, browser, paths in (("customer", client, OF_CUSTOMERS), ("visitor", visitor, OF_VISITORS)):
        for path in paths:
            html = browser.get(path).content.decode()
            assert 'data-operator-id="' in html or "Balance" in html, (
                path
            )  # the page itself, and no gate before it
            seen[who, path] = cost_of(lambda browser=browser, path=path: browser.get(path))  # type: ignore[misc]
    return seen


@pytest.mark.parametrize(("operators", "calls"), [(2_400, 2_000), pytest.param(12_000, 10_000, marks=LONG)])
def test_pages_cost_the_same_whatever_there_is(
    client: Client, visitor: Client, operators: int, calls: int
) -> None:
    settle_statistics()
    few = costs(client, visitor)
    add_many_operators(operators)
    add_many_calls(calls)
    settle_statistics()
    many = costs(client, visitor)
    dearer = {page: (few[page][0], many[page][0]) for page in few if many[page][0] > few[page][0]}
    assert dearer == {}, "a list of one kind of thing may ask less than one of several"
    grown = {page: (few[page][1], many[page][1]) for page in few if many[page][1] > few[page][1] + 200}
    assert grown == {}


def test_pages_of_the_directory_hold_everybody_once() -> None:
    brand = BrandFactory()
    for n in range(30):
        OperatorFactory(
            presence=[Presence.ONLINE, Presence.AWAY, Presence.OFFLINE][n % 3],
            rate_per_minute_minor=100 + n % 4,
            rating_count=n % 5,
            rating_sum=(n % 5) * (1 + n % 4),
        )
    for sort in ("rating", "price", "new"):
        wish = DirectoryFilters(sort=type(DirectoryFilters().sort)(sort))
        seen: list[int] = []
        after = ""
        while True:
            page = search(brand, wish, after=after, limit=7)
            seen += [operator.pk for operator in page.items]
            if page.next_after is None:
                break
            after = page.next_after
        assert len(seen) == len(set(seen)) == 30
        ranks = [Operator.objects.get(pk=pk).availability_rank for pk in seen]
        assert ranks == sorted(ranks)


def test_search_and_filters_find_who_fits() -> None:
    brand = BrandFactory()
    mira = OperatorFactory(
        stage_name="Mira", headline="Patient listener", bio="Former radio host.", languages=["English", "Italian"],
        specialties=["Storytelling"], rate_per_minute_minor=349, rating_count=20, rating_sum=100,
    )  # fmt: skip
    OperatorFactory(
        stage_name="Theo", presence=Presence.OFFLINE, languages=["English"], rate_per_minute_minor=599
    )
    for wish in (
        DirectoryFilters(words="mir"),
        DirectoryFilters(words="RADIO listen"),
        DirectoryFilters(words="storytelling"),
        DirectoryFilters(language="Italian"),
        DirectoryFilters(specialty="Storytelling"),
        DirectoryFilters(max_rate_minor=400),
        DirectoryFilters(min_rating=4),
        DirectoryFilters(is_online=True),
        DirectoryFilters(words="' & | ! :* ) mira"),
    ):
        assert [operator.pk for operator in search(brand, wish).items] == [mira.pk], wish
    assert search(brand, DirectoryFilters(words="nobody")).items == []
    cache.clear()
    assert choices(brand)["languages"] == ["English", "Italian"]
    assert [spelled_as_listed(brand, word) for word in ("ITALIAN", "italian", "french", "")] == [
        "Italian", "Italian", "french", "",
    ]  # fmt: skip


def test_a_customer_finds_only_whom_this_site_lists() -> None:
    other = OperatorFactory(brands=[BrandFactory(slug="nycflirts")])
    here = OperatorFactory()
    assert [operator.pk for operator in search(BrandFactory(), DirectoryFilters()).items] == [here.pk]
    assert other.pk != here.pk
    assert isinstance(given_customer(), Customer)
