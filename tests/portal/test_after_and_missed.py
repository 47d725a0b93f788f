"""What the console says once a call is over: the card of a talk, and why each other call was missed."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from billing.services.rate_paid import rate_paid
from core import clock
from messaging.services.block import block
from messaging.states import Side
from operators.models import Operator
from portal.missed import SHOWN
from telephony.models import Call
from telephony.selectors import missed_calls_since
from tests.messaging.scenario import text
from tests.portal.test_notes import region
from tests.scenario import (
    given_customer,
    given_operator,
    ledger_of,
    logged_in,
    tell,
    when_called,
    when_talked,
)
from tests.support.html import compact

pytestmark = pytest.mark.django_db
PORTAL = "portal.localhost"
LARGEST = 2048


@pytest.fixture
def operator() -> Operator:
    return given_operator(free_minutes_per_month=30)


@pytest.fixture
def page(operator: Operator) -> Client:
    return logged_in(operator.user, PORTAL)


def talked(operator: Operator, **more: object) -> Call:
    call = when_called(given_customer(alias="Amber Heron 482"), operator)
    when_talked(call, 127_000)
    return call


def missed(operator: Operator, state: str, why: str, ended_by: str, *, rang: bool = True) -> Call:
    """A call that ended like this, after the operator's phone `rang`."""
    call = when_called(given_customer(), operator)
    if rang:
        tell(call, "ringing", at=8, leg="operator")
    tell(call, state, at=30, why=why, ended_by=ended_by)
    return call


def test_the_card_after_a_call_has_time_earnings_and_why_it_ended(page: Client, operator: Operator) -> None:
    call = talked(operator)
    shown = region(page, "console-after")
    for words in ("Amber Heron 482", "02:07", "$10.37", "The caller hung up."):
        assert words in shown
    assert sum(operator_minor for _, operator_minor, _ in ledger_of(call).values()) == 1037
    assert len(shown.encode()) <= LARGEST
    assert "/messages/" not in shown, "an operator answers, and no one has written"


def test_the_card_offers_a_message_where_one_may_write_and_shows_the_rating(
    page: Client, operator: Operator
) -> None:
    call = talked(operator)
    text(call.customer, operator)
    rate_paid(customer=call.customer, reference=call.call_id, stars=4)
    shown = region(page, "console-after")
    assert f'href="/messages/{call.customer.conversations.get().pk}/"' in shown
    assert "4 of 5" in shown
    assert len(shown.encode()) <= LARGEST
    block(customer_id=call.customer_id, operator_id=operator.pk, side=Side.OPERATOR, actor=operator.user)
    shown = region(page, "console-after")
    assert "One of you blocked the other." in shown
    assert "<form" not in shown
    assert "/messages/" not in shown


def test_minutes_are_given_from_the_card_once_however_many_pages_ask(
    page: Client, operator: Operator
) -> None:
    call = talked(operator)
    shown = region(page, "console-after")
    assert f'value="{call.call_id}-30"' in shown
    number = call.customer.interactions.get().pk
    given = {"minutes": "5", "key": f"{call.call_id}-30"}
    for _ in range(2):
        page.post(f"/customers/{number}/free-minutes/", given)
    assert f'value="{call.call_id}-25"' in region(page, "console-after")


def test_the_card_goes_after_a_while_and_with_the_next_talk(page: Client, operator: Operator) -> None:
    first = talked(operator)
    missed(operator, "no_answer", "operator_no_answer", "operator")
    assert "Amber Heron 482" in region(page, "console-after"), "a missed call leaves it"
    with clock.using(lambda: first.initiated_at + timedelta(minutes=13)):
        assert "Amber" not in region(page, "console-after")
    second = when_called(given_customer(alias="Cedar Lynx 217"), operator)
    when_talked(second, 59_000)
    shown = region(page, "console-after")
    assert "Cedar Lynx 217" in shown
    assert "Amber" not in shown


@pytest.mark.parametrize(
    ("state", "why", "ended_by", "words"),
    [
        ("no_answer", "operator_no_answer", "operator", "You didn’t answer your phone."),
        ("busy", "operator_declined", "operator", "You declined."),
        ("no_answer", "operator_no_key", "operator", "no one pressed 1"),
        ("no_answer", "operator_wrong_key", "operator", "A different key than 1"),
        ("ended", "customer_cancelled", "customer", "They hung up before you answered."),
        ("failed", "carrier_fault", "network", "There was trouble on the phone line."),
        ("busy", "operator_busy", "operator", "Your phone was busy."),
    ],
)
def test_a_missed_call_is_listed_with_its_true_reason(
    page: Client, operator: Operator, state: str, why: str, ended_by: str, words: str
) -> None:
    call = missed(operator, state, why, ended_by)
    for shown in (region(page, "console-missed"), page.get("/missed/").content.decode()):
        assert words in shown
        assert call.customer.alias in shown
        assert "New." in shown


def test_who_came_before_is_returning_and_may_be_written_to(page: Client, operator: Operator) -> None:
    call = talked(operator)
    again = when_called(call.customer, operator)
    tell(again, "ended", at=9, why="customer_cancelled", ended_by="customer")
    shown = region(page, "console-missed")
    assert "Returning, 1 call." in shown
    assert "They hung up before your phone rang." in shown
    number = call.customer.interactions.get().pk
    assert f'href="/customers/{number}/write/"' in shown
    text(call.customer, operator)
    assert f'href="/messages/{call.customer.conversations.get().pk}/"' in region(page, "console-missed")
    block(customer_id=call.customer_id, operator_id=operator.pk, side=Side.CUSTOMER, actor=None)
    assert "Write" not in region(page, "console-missed")


def test_talks_live_calls_and_what_is_older_than_a_day_are_not_on_the_console(
    page: Client, operator: Operator
) -> None:
    call = missed(operator, "no_answer", "operator_no_answer", "operator")
    talked(operator)
    when_called(given_customer(), operator)
    assert missed_calls_since(operator, clock.now() - timedelta(hours=24), SHOWN) == [call]
    with clock.using(lambda: call.initiated_at + timedelta(hours=25)):
        assert "No missed calls." in region(page, "console-missed")
        assert call.customer.alias in page.get("/missed/").content.decode()


def test_the_console_has_room_for_a_few_and_the_page_for_all(page: Client, operator: Operator) -> None:
    calls = [missed(operator, "no_answer", "operator_no_key", "operator") for _ in range(SHOWN + 1)]
    for call in calls:
        text(call.customer, operator)
    shown = region(page, "console-missed")
    assert calls[0].customer.alias not in shown
    assert len(shown.encode()) <= LARGEST
    assert 'href="/missed/"' in shown
    whole = compact(page.get("/missed/"))
    assert all(call.customer.alias in whole for call in calls)
    assert calls[0].customer.alias in page.get(f"/missed/?before={calls[1].pk}").content.decode()
    assert page.get("/missed/?before=x").status_code == 400


def test_missed_calls_are_one_query_however_many(operator: Operator) -> None:
    for _ in range(3):
        missed(operator, "no_answer", "operator_no_key", "operator")
    with CaptureQueriesContext(
        connection,
    ) as asked:
        calls = missed_calls_since(operator, clock.now() - timedelta(hours=24), SHOWN)
        assert [call.customer.alias for call in calls]
    assert len(asked) == 1
