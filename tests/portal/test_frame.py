"""The frame of the operators' pages: the menu, how many calls were missed, and what today earned."""

import re

import pytest
from django.test import Client

from operators.models import Operator
from tests.portal.test_after_and_missed import missed
from tests.portal.test_notes import region
from tests.scenario import given_customer, given_operator, logged_in, when_called, when_talked
from tests.web.test_live_regions import assert_page_and_state_agree

pytestmark = pytest.mark.django_db
CURRENT = re.compile(r'<a href="([^"]+)" aria-current="page">')


@pytest.fixture
def operator() -> Operator:
    return given_operator(stage_name="Sarah")


@pytest.fixture
def page(operator: Operator) -> Client:
    return logged_in(operator.user, "portal.localhost")


@pytest.mark.parametrize(
    ("address", "marked"),
    [
        ("/", ["/"]),
        ("/missed/", ["/"]),
        ("/messages/", ["/messages/"]),
        ("/customers/", ["/customers/"]),
        ("/held/", ["/statement/"]),
        ("/settings/", ["/settings/", "/more/"]),
        ("/dashboard/", ["/dashboard/", "/more/"]),
        ("/more/", ["/more/"]),
    ],
)
def test_the_menu_marks_where_one_is(page: Client, address: str, marked: list[str]) -> None:
    html = page.get(address).content.decode()
    menu = html[html.index('<nav class="tabs"') : html.index("</nav>")]
    assert CURRENT.findall(menu) == marked


def test_what_has_no_tab_is_behind_more(page: Client) -> None:
    html = page.get("/more/").content.decode()
    main = html[html.index("<main") :]
    for address in ("/settings/", "/dashboard/", "/ratings/", "/missed/", "/held/", "/data/", "/privacy/"):
        assert f'href="{address}"' in main
    assert 'action="/accounts/logout/"' in main


def test_missed_calls_are_counted_until_the_console_is_opened(page: Client, operator: Operator) -> None:
    assert 'figures" hidden' in region(page, "missed-count")
    missed(operator, "no_answer", "operator_no_answer", "system")
    assert "<span>1</span>" in region(page, "missed-count")
    assert 'data-region="missed-count"' not in page.get("/").content.decode(), "they are listed there"
    assert 'figures" hidden' in region(page, "missed-count")
    missed(operator, "no_answer", "operator_no_answer", "system")
    assert "<span>1</span>" in region(page, "missed-count")
    page.get("/missed/")
    assert 'figures" hidden' in region(page, "missed-count")


def test_a_call_that_was_a_talk_or_is_on_is_not_missed(page: Client, operator: Operator) -> None:
    when_talked(when_called(given_customer(), operator), 61_000)
    when_called(given_customer(), operator)
    assert 'figures" hidden' in region(page, "missed-count")


def test_every_page_shows_what_today_earned(page: Client, operator: Operator) -> None:
    when_talked(when_called(given_customer(), operator), 127_000)
    for address in ("/", "/customers/"):
        assert "<strong>$10.37</strong> today" in page.get(address).content.decode()
    assert "<strong>$10.37</strong> today" in region(page, "earned-today")
    assert_page_and_state_agree(page, "/customers/")
