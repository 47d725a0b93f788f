"""An exchange that takes too large a part of the trunk's time is named to staff and owner; no number is stored for it."""

from datetime import timedelta

import pytest
from django.core import mail
from pytest_django.fixtures import Settings

from core import clock
from notices.models import Notice
from operators.models import OperatorPhone
from phones.services.store_number import store_number
from telephony.exchanges import BusyExchange, ExchangeRules, busy_exchanges, exchange_of
from telephony.models import ExchangeAlarm
from telephony.services.watch_exchanges import seconds_on_the_trunk, watch_exchanges
from tests.factories import StaffFactory
from tests.messaging.scenario import give_phone
from tests.scenario import given_customer, given_operator, logged_in, tell, when_called, when_talked
from tests.support.smtp_sink import deliver_mail

RULES = ExchangeRules(share_bps=2500, least_minutes=10)


@pytest.mark.parametrize(
    ("number", "exchange"),
    [
        ("+17124321234", "712-432"),
        ("+12125550143", "212-555"),
        ("+447911123456", None),
        ("+1712432123", None),
        ("", None),
    ],
)
def test_the_exchange_of_a_number(number: str, exchange: str | None) -> None:
    assert exchange_of(number) == exchange


def test_more_than_the_share_alarms_from_the_least_minutes_on() -> None:
    assert busy_exchanges({"712-432": 901}, 3600, RULES) == [BusyExchange("712-432", 15, 2502)]
    assert busy_exchanges({"712-432": 900}, 3600, RULES) == []
    assert busy_exchanges({"712-432": 599}, 600, RULES) == []
    assert busy_exchanges({}, 0, RULES) == []
    busy = busy_exchanges({"605-475": 1200, "712-432": 1800}, 3000, RULES)
    assert [one.exchange for one in busy] == ["712-432", "605-475"]


@pytest.mark.django_db
def test_the_time_of_an_operator_with_several_phones_counts_for_the_exchange_of_each() -> None:
    operator = given_operator(phone="+12125550144")
    for position, number in ((2, "+12125550199"), (3, "+17124325550"), (None, "+16054755550")):
        OperatorPhone.objects.create(
            operator=operator, phone_number=store_number(number), verified_at=clock.now(), position=position
        )
    call = when_called(given_customer(), operator)
    tell(call, "answered", at=8, leg="operator")
    when_talked(call, 100_000)
    seconds, total = seconds_on_the_trunk(clock.now() - timedelta(days=1))
    assert (seconds["212-555"], seconds["712-432"], seconds["605-475"]) == (102, 102, 0)
    assert total == 102


@pytest.mark.django_db
def test_the_answered_time_of_both_legs_is_added_up_by_exchange() -> None:
    customer = given_customer(phone=False)
    give_phone(customer, "+17125501234")
    call = when_called(customer, given_operator(phone="+12125550144"))
    tell(call, "answered", at=2, leg="customer")
    tell(call, "answered", at=8, leg="operator")
    when_talked(call, 100_000)  # from the tenth second on
    unanswered = when_called(given_customer(), given_operator())
    tell(unanswered, "no_answer", at=30, why="customer_no_answer", ended_by="customer")
    seconds, total = seconds_on_the_trunk(clock.now() - timedelta(days=1))
    assert seconds == {"712-550": 108, "212-555": 102}
    assert total == 210


@pytest.mark.django_db
def test_staff_and_owner_are_told_once_a_day_and_no_number_is_kept(settings: Settings) -> None:
    settings.EXCHANGE_ALARM = {"SHARE_BPS": 5_000, "LEAST_MINUTES": 1}
    settings.OWNER_EMAILS = ["owner@example.test"]
    customer = given_customer(phone=False)
    give_phone(customer, "+17125501234")
    call = when_called(customer, given_operator())
    tell(call, "answered", at=2, leg="customer")
    tell(call, "answered", at=8, leg="operator")
    desk = logged_in(StaffFactory(), "admin.localhost")
    assert "No exchange takes too much of the trunk." in desk.get("/").content.decode()
    when_talked(call, 100_000)
    assert watch_exchanges() == 2
    assert watch_exchanges() == 0
    home = desk.get("/").content.decode()
    assert "712-550: 51% of the minutes of a day (1)" in home
    assert "Exchanges:" in " ".join(home.split())
    deliver_mail()
    letters = [str(letter.body) for letter in mail.outbox if letter.to == ["owner@example.test"]]
    assert len(letters) == 2
    assert "712-550" in letters[0]
    for stored in (*ExchangeAlarm.objects.values(), *Notice.objects.values()):
        assert "5501234" not in str(stored)
        assert "+1712" not in str(stored)


@pytest.mark.django_db
def test_a_share_of_all_switches_it_off(settings: Settings) -> None:
    settings.EXCHANGE_ALARM = {"SHARE_BPS": 10_000, "LEAST_MINUTES": 0}
    call = when_called(given_customer(), given_operator())
    tell(call, "answered", at=2, leg="customer")
    when_talked(call, 100_000)
    assert watch_exchanges() == 0
