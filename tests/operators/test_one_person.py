"""Nobody deals with themselves: accounts that share a login, a phone, or a browser; and a block is of a person."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from billing.ledger.models import Transaction
from billing.models import FreeMinutesPackage
from billing.services.grant_as_operator import grant_as_operator
from billing.services.rate_paid import rate_paid
from core import clock
from core.errors import DomainError, LimitReached
from core.models import AuditRecord
from customers.models import Customer, CustomerPhone, Device
from customers.services.devices import note_device
from customers.services.follow_person import share_break
from customers.services.limits import take_break
from customers.services.phones import remove_phone
from messaging.services.block import block, unblock
from messaging.services.reply import reply
from messaging.states import Side
from operators.account_links import Link
from operators.contact_reads import link_of
from operators.models import Operator, Rating
from operators.selectors import logins_of_person
from operators.services.phone_list import remove_phone as remove_operators_phone
from operators.services.phone_list import take_verified_phone
from phones.services.store_number import store_number
from telephony.models import Call
from telephony.services.verify_operator_phone import send_operator_code
from tests.factories import UserFactory
from tests.messaging.scenario import between, give_phone, text
from tests.scenario import api, given_customer, given_free_minutes, given_operator, when_called, when_talked
from tests.support.phone_system import PhoneSystem

pytestmark = pytest.mark.django_db
PASSWORD = "quite-a-long-pass-phrase"


def by_login() -> tuple[Customer, Operator]:
    customer = given_customer()
    return customer, given_operator(user=customer.user)


def by_phone() -> tuple[Customer, Operator]:
    customer = given_customer()
    return customer, given_operator(phone=customer.phones.get().number)


def by_removed_phone() -> tuple[Customer, Operator]:
    customer, operator = by_phone()
    remove_phone(customer=customer, phone_id=customer.phones.get().pk)
    give_phone(customer, "+19991029977")
    return customer, operator


def by_replaced_phone() -> tuple[Customer, Operator]:
    """Their old phone is no longer the operator's, and still the person's."""
    customer, operator = given_customer(phone=False), given_operator()
    for number in ("+19991029966", "+19991029967"):
        take_verified_phone(operator=operator, number=store_number(number), at=clock.now())
    remove_operators_phone(operator_id=operator.pk, number_id=store_number("+19991029966").pk)
    operator.refresh_from_db()
    give_phone(customer, "+19991029966")
    return customer, operator


def by_browser() -> tuple[Customer, Operator]:
    customer, operator = given_customer(), given_operator()
    browser = Client(headers={"Host": "flirts.localhost"})
    log_in(browser, customer)
    browser.post("/accounts/logout/")
    log_in(browser, operator)
    return customer, operator


def log_in(browser: Client, person: Customer | Operator) -> None:
    person.user.set_password(PASSWORD)
    person.user.save()
    answer = browser.post("/accounts/login/", {"login": person.user.email, "password": PASSWORD})
    assert answer.status_code == 302, answer.content


WAYS = pytest.mark.parametrize(
    "one_person", [by_login, by_phone, by_removed_phone, by_replaced_phone, by_browser]
)
Pair = Callable[[], tuple[Customer, Operator]]


@WAYS
def test_nobody_calls_or_texts_themselves(one_person: Pair) -> None:
    customer, operator = one_person()
    given_free_minutes(customer, 10)
    before = Transaction.objects.count()
    for path, body in (
        ("/api/calls/initiate/", {"operator_id": operator.pk}),
        (
            "/api/messages/send/",
            {"operator_id": operator.pk, "message_text": "Hello", "message_type": "chat"},
        ),
    ):
        answer = api(customer).post(path, body, format="json")
        assert answer.status_code == 403
        assert set(answer.json()) == {"success", "error", "code"}
        assert answer.json()["code"] == ("own_account" if one_person is by_login else "blocked")
    assert Transaction.objects.count() == before
    assert not Call.objects.exists()


@WAYS
def test_no_free_minutes_are_given_between_them(one_person: Pair) -> None:
    customer, operator = one_person()
    with pytest.raises(DomainError):
        grant_as_operator(operator=operator, customer=customer, minutes=5, idempotency_key="gift")
    with pytest.raises(DomainError, match="same person"):
        given_free_minutes(customer, 5, operator=operator)
    assert not FreeMinutesPackage.objects.exists()


def test_whoever_has_an_operators_old_phone_is_known_as_them_to_staff_too() -> None:
    customer, operator = by_replaced_phone()
    for user_id in (customer.user_id, operator.user_id):
        assert logins_of_person(user_id) == {customer.user_id, operator.user_id}


def test_nobody_rates_themselves() -> None:
    customer, operator = given_customer(), given_operator()
    call = when_called(customer, operator)
    when_talked(call, 200_000)
    Operator.objects.filter(pk=operator.pk).update(phone_number=customer.phones.get().phone_number)
    with pytest.raises(DomainError) as refusal:
        rate_paid(customer=customer, reference=call.call_id, stars=5)
    assert refusal.value.error_code == "blocked"
    assert not Rating.objects.exists()


def test_the_refusal_is_the_one_of_a_block_and_tells_nothing_about_the_other() -> None:
    customer, operator = by_phone()
    blocked, other = given_customer(), given_operator()
    block(customer_id=blocked.pk, operator_id=other.pk, side=Side.OPERATOR, actor=None)
    refusals = [
        api(one).post("/api/calls/initiate/", {"operator_id": another.pk}).json()
        for one, another in ((customer, operator), (blocked, other))
    ]
    assert refusals[0] == refusals[1]


def test_people_who_share_nothing_call_each_other() -> None:
    customer, operator = given_customer(), given_operator()
    for person in (customer, operator):
        log_in(Client(headers={"Host": "flirts.localhost"}), person)
    assert when_called(customer, operator).is_live


def test_a_browser_is_kept_as_a_hash_of_its_marker_and_a_made_up_marker_is_replaced() -> None:
    customer = given_customer()
    browser = Client(headers={"Host": "flirts.localhost"})
    browser.cookies["device"] = "made-up:signature"
    log_in(browser, customer)
    marker = browser.cookies["device"].value.split(":")[0]
    assert marker != "made-up"
    assert browser.cookies["device"]["httponly"]
    assert browser.cookies["device"]["samesite"] == "Lax"
    device = Device.objects.get()
    assert device.user == customer.user
    assert marker not in device.marker_hash
    browser.post("/accounts/logout/")
    log_in(browser, customer)
    assert Device.objects.get().last_seen_at > device.last_seen_at


def test_with_one_number_after_the_other_no_operator_finds_out_whose_one_is(
    phone_system: PhoneSystem,
) -> None:
    """Only a number whose calls the operator answers becomes theirs, and few are called a day."""
    operator, phone = given_operator(), Operator.objects.get().phone
    moment = clock.now()
    for last in range(settings.PHONE_CODES["PER_CUSTOMER_DAILY"]):
        moment += timedelta(minutes=10)
        with clock.using(lambda at=moment: at):
            send_operator_code(operator=operator, typed=f"+1999102700{last}")
    with clock.using(lambda: moment + timedelta(minutes=10)), pytest.raises(LimitReached):
        send_operator_code(operator=operator, typed="+19991027009")
    assert Operator.objects.get().phone == phone


def test_the_strongest_link_is_named() -> None:
    customer, operator = by_browser()
    stranger = given_operator()
    assert link_of(customer, operator) is Link.DEVICE
    take_verified_phone(operator=operator, number=customer.phones.get().phone_number, at=clock.now())
    assert link_of(customer, operator) is Link.PHONE
    assert link_of(given_customer(), operator) is link_of(customer, stranger) is None
    both, also_customer = by_login()
    assert link_of(both, also_customer) is Link.LOGIN


# -- a block is of the person


def new_account(customer: Customer, *, number: str = "", marker: str = "") -> Customer:
    """Another account of the one behind `customer`, with the phone or the browser of the first."""
    another = given_customer(phone=False)
    if number:
        for phone in customer.phones.all():
            remove_phone(customer=customer, phone_id=phone.pk)  # a verified number is one account's
        give_phone(another, number)
    else:
        give_phone(another, "+19991029988")
    if marker:
        note_device(user_id=another.user_id, marker=marker)
    return another


def refused(customer: Customer, operator: Operator) -> Any:
    return api(customer).post("/api/calls/initiate/", {"operator_id": operator.pk}).json().get("code")


def test_a_blocked_caller_with_a_new_account_and_the_same_phone_reaches_nobody() -> None:
    caller, operator = given_customer(), given_operator()
    block(customer_id=caller.pk, operator_id=operator.pk, side=Side.OPERATOR, actor=operator.user)
    another = new_account(caller, number=caller.phones.get().number)
    assert refused(another, operator) == "blocked"
    assert not CustomerPhone.objects.filter(customer=caller, verified_at__isnull=False).exists()
    assert when_called(another, given_operator()).is_live  # the block is one operator's


def test_nor_with_a_new_phone_in_the_same_browser_then_or_later() -> None:
    caller, operator = given_customer(), given_operator()
    note_device(user_id=caller.user_id, marker="the browser")
    before = new_account(caller, marker="the browser")
    block(customer_id=caller.pk, operator_id=operator.pk, side=Side.OPERATOR, actor=operator.user)
    assert refused(before, operator) == "blocked"
    third = given_customer()
    text(third, operator)
    note_device(user_id=third.user_id, marker="the browser")
    assert refused(third, operator) == "blocked"
    with pytest.raises(DomainError):
        text(third, operator, "It's me")
    with pytest.raises(DomainError):
        reply(operator=operator, conversation_id=between(third, operator).pk, text="Again?")
    unblock(customer_id=caller.pk, operator_id=operator.pk, side=Side.OPERATOR, actor=operator.user)
    assert text(third, operator, "Thank you").is_new


def test_staff_without_an_account_of_either_kind_are_noted_too() -> None:
    user = UserFactory()
    note_device(user_id=user.pk, marker="a browser")
    assert Device.objects.get().user == user


# -- and so is a break


def test_a_break_holds_in_every_account_that_shares_a_browser_or_a_phone_now_and_later() -> None:
    caller, sharing, stranger = given_customer(), given_customer(), given_customer()
    for one in (caller, sharing):
        note_device(user_id=one.user_id, marker="the browser")
    take_break(customer=caller, length="month")
    by_phone = new_account(caller, number=caller.phones.get().number)
    share_break(by_phone, clock.now())  # as whoever verifies it does
    later = given_customer()
    note_device(user_id=later.user_id, marker="the browser")
    until = Customer.objects.get(pk=caller.pk).paused_until
    for one in (sharing, by_phone, later):
        one.refresh_from_db()
        assert one.paused_until == until
        assert refused(one, given_operator()) == "taking_a_break"
        assert AuditRecord.objects.filter(
            action="customer.break_goes_on", subject=f"customers.customer:{one.pk}"
        )
    stranger.refresh_from_db()
    assert stranger.paused_until is None


def test_the_longest_break_counts_and_one_that_is_over_comes_along_nowhere() -> None:
    one, other, third = given_customer(), given_customer(), given_customer()
    take_break(customer=one, length="week")
    take_break(customer=other, length="month")
    for account in (one, other):
        note_device(user_id=account.user_id, marker="the browser")
    longest = Customer.objects.get(pk=other.pk).paused_until
    assert Customer.objects.get(pk=one.pk).paused_until == longest
    take_break(customer=one, length="day")
    assert Customer.objects.get(pk=one.pk).paused_until == longest
    Customer.objects.filter(pk__in=(one.pk, other.pk)).update(paused_until=clock.now() - timedelta(days=1))
    note_device(user_id=third.user_id, marker="the browser")
    third.refresh_from_db()
    assert third.paused_until is None
