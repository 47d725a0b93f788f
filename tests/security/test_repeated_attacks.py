"""Attacks that once worked, again and through the real pages: an operator as her own customer, and a blocked caller who returns."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client

from billing.earnings import held_minor
from billing.ledger.models import Transaction
from billing.services.find_weak_links import find_weak_links
from core import clock
from customers.models import Customer, User
from operators.models import Operator
from telephony.models import Call
from tests.factories import BrandFactory
from tests.messaging.scenario import between
from tests.scenario import (
    BRAND_HOST,
    earned,
    given_credit,
    given_customer,
    given_free_minutes,
    given_operator,
    logged_in,
    when_talked,
)
from tests.support.phone_system import PhoneSystem
from tests.support.smtp_sink import deliver_mail

pytestmark = pytest.mark.django_db
PASSWORD = "a long walk by the river"
HOME = "93.184.216.34"
MAILED_CODE = re.compile(r"^([A-Z]{4}-[A-Z]{4})$", re.MULTILINE)
FIRST_PHONE, SECOND_PHONE = "+19991010001", "+19991010002"


class Attacker:
    """Somebody with one browser, who has as many accounts and phones as they like."""

    def __init__(self, phone_system: PhoneSystem) -> None:
        self.phone_system = phone_system
        self.browser = self.another_browser()

    @staticmethod
    def another_browser(host: str = BRAND_HOST) -> Client:
        return Client(headers={"Host": host}, REMOTE_ADDR=HOME)

    def signs_up(self, email: str) -> Customer:
        """A new account, with money and free minutes on it."""
        cache.clear()  # patience: requests are limited
        self.browser.post("/accounts/logout/")
        form = {
            "email": email,
            "password1": PASSWORD,
            "born_on": "03/07/1990",
            "is_adult": "on",
            "agrees": "on",
        }
        self.browser.post("/accounts/signup/", form)
        deliver_mail()
        code = MAILED_CODE.search(str(mail.outbox[-1].body))
        assert code
        self.browser.post("/accounts/confirm-email/", {"code": code[1]})
        customer = Customer.objects.get(user__email=email)
        given_credit(customer, "100.00")
        given_free_minutes(customer, 10)
        return customer

    def verifies(self, number: str) -> None:
        """Answer the call to `number` and type in what the voice says."""
        sent = self.browser.post("/account/phones/", {"number": number})
        self.browser.post(sent.headers["Location"], {"code": self.spoken_code})

    def takes_a_phone(self, portal: Client, number: str) -> None:
        """The same by an operator, in the portal; each some minutes after the one before."""
        later = clock.now() + timedelta(minutes=len(self.phone_system.asked_for("/verification")) * 10)
        with clock.using(lambda: later):
            sent = portal.post("/settings/phone/", {"typed": number})
            portal.post(sent.headers["Location"], {"code": self.spoken_code})

    @property
    def spoken_code(self) -> str:
        """What the voice said in the last call."""
        sounds = self.phone_system.asked_for("/verification")[-1].body["sounds"]
        digits = [sound.removeprefix("numbers/") for sound in sounds if sound.startswith("numbers/")]
        return "".join(digits[:6])

    def removes_phones(self, customer: Customer) -> None:
        for phone in customer.phones.all():
            self.browser.post(f"/account/phones/{phone.pk}/remove/")

    def logs_in(self, user: User, browser: Client | None = None) -> None:
        user.set_password(PASSWORD)
        user.save()
        answer = (browser or self.browser).post(
            "/accounts/login/", {"login": user.email, "password": PASSWORD}
        )
        assert answer.status_code == 302, answer.content

    def reaches(self, operator: Operator) -> dict[str, Any]:
        """Try to call and to text; what the answers' codes are (empty: it went through)."""
        tries = {
            "/api/calls/initiate/": {"operator_id": operator.pk},
            "/api/messages/send/": {
                "operator_id": operator.pk,
                "message_text": "It's me",
                "message_type": "chat",
            },
        }
        return {
            path.split("/")[2]: self.browser.post(path, body, content_type="application/json")
            .json()
            .get("code", "")
            for path, body in tries.items()
        }

    @property
    def rung(self) -> int:
        """How many calls the phone system was asked for."""
        return len(self.phone_system.asked_for("/call/originate"))


@pytest.fixture
def attacker(phone_system: PhoneSystem) -> Attacker:
    BrandFactory()
    return Attacker(phone_system)


@pytest.fixture
def sarah() -> Operator:
    return given_operator(slug="sarah")


BLOCKED = {"calls": "blocked", "messages": "blocked"}


# -- an operator as her own customer


def test_an_operator_calls_herself_with_her_login(attacker: Attacker) -> None:
    customer = given_customer(balance="100.00", free_minutes=10)
    operator = given_operator(user=customer.user)
    attacker.logs_in(customer.user)
    assert attacker.reaches(operator) == {"calls": "own_account", "messages": "own_account"}
    assert_nothing_came_of_it(attacker, operator)


@pytest.mark.parametrize("is_removed", [False, True])
def test_an_operator_calls_herself_with_her_phone(attacker: Attacker, is_removed: bool) -> None:
    operator = given_operator(phone=FIRST_PHONE)
    customer = attacker.signs_up("second@example.test")
    attacker.verifies(FIRST_PHONE)
    if is_removed:
        attacker.removes_phones(customer)
        later = clock.now() + timedelta(minutes=10)
        with clock.using(lambda: later):
            attacker.verifies(SECOND_PHONE)
    assert attacker.reaches(operator) == BLOCKED
    assert_nothing_came_of_it(attacker, operator)


def test_an_operator_calls_herself_with_the_phone_she_had_before(attacker: Attacker, sarah: Operator) -> None:
    portal = logged_in(sarah.user, "portal.localhost")
    for number in (FIRST_PHONE, SECOND_PHONE):
        attacker.takes_a_phone(portal, number)
        cache.clear()
    attacker.signs_up("second@example.test")
    later = clock.now() + timedelta(minutes=20)
    with clock.using(lambda: later):
        attacker.verifies(FIRST_PHONE)
        assert attacker.reaches(sarah) == BLOCKED
    assert_nothing_came_of_it(attacker, sarah)


def test_an_operator_calls_herself_with_her_browser(attacker: Attacker, sarah: Operator) -> None:
    attacker.logs_in(sarah.user)
    attacker.signs_up("second@example.test")
    attacker.verifies(SECOND_PHONE)
    assert attacker.reaches(sarah) == BLOCKED
    assert_nothing_came_of_it(attacker, sarah)


def test_an_operator_who_works_at_home_calls_herself_there_and_is_not_paid(
    attacker: Attacker, sarah: Operator
) -> None:
    """Browsers keep the sites apart, so the portal's login and the brand's share the network alone."""
    attacker.logs_in(sarah.user, attacker.another_browser("portal.localhost"))
    attacker.signs_up("second@example.test")
    attacker.verifies(SECOND_PHONE)
    assert attacker.reaches(sarah)["calls"] == ""
    when_talked(Call.objects.get(), 127_000)
    assert earned(sarah) > 0
    find_weak_links()
    assert held_minor(sarah.pk) == earned(sarah)


def assert_nothing_came_of_it(attacker: Attacker, operator: Operator) -> None:
    assert attacker.rung == 0
    assert not Transaction.objects.filter(operator=operator).exists()
    assert earned(operator) == 0


# -- a blocked caller


def test_a_blocked_caller_returns_again_and_again_and_her_phone_never_rings(
    attacker: Attacker, sarah: Operator
) -> None:
    first = attacker.signs_up("first@example.test")
    attacker.verifies(FIRST_PHONE)
    assert attacker.reaches(sarah) == {"calls": "", "messages": ""}
    when_talked(Call.objects.get(), 60_000)
    portal = logged_in(sarah.user, "portal.localhost")
    portal.post(f"/messages/{between(first, sarah).pk}/block/", {"block": "1"})
    assert attacker.reaches(sarah) == BLOCKED
    rung = attacker.rung

    # A new account, the same phone, another browser.
    attacker.removes_phones(first)
    browser, attacker.browser = attacker.browser, attacker.another_browser()
    attacker.signs_up("second@example.test")
    attacker.verifies(FIRST_PHONE)
    assert attacker.reaches(sarah) == BLOCKED

    # A new account and a new phone, the same browser.
    attacker.browser = browser
    attacker.signs_up("third@example.test")
    attacker.verifies(SECOND_PHONE)
    assert attacker.reaches(sarah) == BLOCKED
    assert attacker.rung == rung
