"""A code spoken to a phone: who may have one, how often, how often it may be tried, and what nobody can find out."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from core import clock
from core.errors import Conflict, DomainError, LimitReached, NotFound
from customers.models import Customer, CustomerPhone, PhoneVerification
from phones.services.store_number import store_number
from telephony import errors
from telephony.services.spoken_codes import TRIES, WrongCode
from telephony.services.verify_phone import confirm_code, send_code
from tests.factories import BrandFactory
from tests.scenario import customer_client, given_customer
from tests.support.phone_system import PhoneSystem

pytestmark = pytest.mark.django_db
NUMBER, OTHER = "+19991000001", "+19991000002"


@pytest.fixture
def customer() -> Customer:
    return given_customer(balance="0", phone=False)


@contextmanager
def minutes_later(minutes: float) -> Iterator[None]:
    moment = clock.now() + timedelta(minutes=minutes)
    with clock.using(lambda: moment):
        yield


def ask(customer: Customer, number: str = NUMBER) -> PhoneVerification:
    return send_code(customer=customer, brand=BrandFactory(), number=number)


def spoken(phone_system: PhoneSystem) -> str:
    """The code that the last phone was told."""
    sounds = phone_system.asked_for("/verification")[-1].body["sounds"]
    digits = [sound.removeprefix("numbers/") for sound in sounds if sound.startswith("numbers/")]
    assert digits[:6] == digits[6:]
    return "".join(digits[:6])


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_the_right_code_makes_the_phone_the_customers(phone_system: PhoneSystem, customer: Customer) -> None:
    made = ask(customer, "+1 (999) 100-0001")
    asked = phone_system.asked_for("/verification")[0].body
    assert (asked["number"], asked["caller_id"]) == (NUMBER, "+12125550110")
    code = spoken(phone_system)
    phone = confirm_code(customer=customer, reference=made.reference, code=f" {code[:3]}-{code[3:]} ")
    assert (phone.number, phone.is_primary, phone.verified_at is not None) == (NUMBER, True, True)


def test_a_code_outlives_the_key_that_it_was_hashed_with(
    phone_system: PhoneSystem, customer: Customer, settings: Any
) -> None:
    made = ask(customer)
    old, settings.SECRET_KEY = settings.SECRET_KEY, "the-new-key-of-no-installation"
    with pytest.raises(WrongCode):
        confirm_code(customer=customer, reference=made.reference, code=spoken(phone_system))
    settings.SECRET_KEY_FALLBACKS = [old]
    confirm_code(customer=customer, reference=made.reference, code=spoken(phone_system))


def test_the_code_is_nowhere_kept(phone_system: PhoneSystem, customer: Customer) -> None:
    made = ask(customer)
    code = spoken(phone_system)
    row = PhoneVerification.objects.filter(pk=made.pk).values().get()
    assert code not in str({name: value for name, value in row.items() if not name.endswith("_at")}).replace(
        made.reference, ""
    )


def test_a_code_may_be_tried_five_times(phone_system: PhoneSystem, customer: Customer) -> None:
    made = ask(customer)
    code = spoken(phone_system)
    for left in reversed(range(TRIES)):
        with pytest.raises(WrongCode) as refused:
            confirm_code(customer=customer, reference=made.reference, code=wrong(code))
        assert refused.value.extra == {"tries_left": left}
    with pytest.raises(WrongCode):
        confirm_code(customer=customer, reference=made.reference, code=code)
    assert not customer.phones.exists()


def test_a_code_is_good_for_ten_minutes_and_once(phone_system: PhoneSystem, customer: Customer) -> None:
    made = ask(customer)
    code = spoken(phone_system)
    with minutes_later(10), pytest.raises(WrongCode):
        confirm_code(customer=customer, reference=made.reference, code=code)
    confirm_code(customer=customer, reference=made.reference, code=code)
    with pytest.raises(WrongCode):
        confirm_code(customer=customer, reference=made.reference, code=code)


def test_a_code_is_its_customers_alone(phone_system: PhoneSystem, customer: Customer) -> None:
    made = ask(customer)
    with pytest.raises(NotFound):
        confirm_code(
            customer=given_customer(phone=False), reference=made.reference, code=spoken(phone_system)
        )


# -- limits: each code is a call that we pay


def refused(customer: Customer, number: str) -> DomainError:
    with pytest.raises(LimitReached) as error:
        ask(customer, number)
    assert error.value.extra["retry_after_seconds"] > 0
    return error.value


def test_a_customer_waits_a_minute_between_two_codes(phone_system: PhoneSystem, customer: Customer) -> None:
    ask(customer)
    assert refused(customer, OTHER).extra["retry_after_seconds"] <= 61
    with minutes_later(1.1):
        ask(customer, OTHER)


def test_a_number_is_rung_three_times_a_day_whoever_asks(phone_system: PhoneSystem) -> None:
    for _ in range(3):
        ask(given_customer(balance="0", phone=False))
    refused(given_customer(balance="0", phone=False), NUMBER)
    assert len(phone_system.asked_for("/verification")) == 3


def test_a_customer_gets_five_codes_a_day(phone_system: PhoneSystem, customer: Customer) -> None:
    for n in range(5):
        with minutes_later(2 * n):
            ask(customer, f"+1999100001{n}")
    with minutes_later(11):
        refused(customer, "+19991000019")
    with minutes_later(24 * 60 + 1):
        ask(customer, "+19991000019")


def test_the_house_rings_only_so_many_in_an_hour(phone_system: PhoneSystem, settings: Any) -> None:
    settings.PHONE_CODES = {**settings.PHONE_CODES, "PER_HOUR": 4}
    for n in range(4):
        ask(given_customer(balance="0", phone=False), f"+1999100002{n}")
    refused(given_customer(balance="0", phone=False), "+19991000029")


def test_a_call_that_could_not_be_made_does_not_count(no_phone_system: None, customer: Customer) -> None:
    for _ in range(6):
        with pytest.raises(errors.PhoneSystemUnavailable):
            ask(customer)
    assert not PhoneVerification.objects.exists()


# -- nobody learns whose number is a customer's


def test_a_number_of_somebody_else_is_answered_alike_and_never_rung(
    phone_system: PhoneSystem, customer: Customer
) -> None:
    other = given_customer(balance="0", phone=False)
    CustomerPhone.objects.create(customer=other, phone_number=store_number(NUMBER), verified_at=clock.now())
    pages = []
    for someone, number in ((customer, NUMBER), (given_customer(balance="0", phone=False), OTHER)):
        client: Client = customer_client(someone)
        answer = client.post("/account/phones/", {"number": number})
        assert answer.headers["Location"].startswith("/account/phones/code/verify_")
        tries = [client.post(answer.headers["Location"], {"code": "000000"}) for _ in range(TRIES + 1)]
        pages.append(
            [
                (a.status_code, "ends in" in a.content.decode(), "tries are left" in a.content.decode())
                for a in tries
            ]
        )
    assert pages[0] == pages[1]
    rung = [asked.body["number"] for asked in phone_system.asked_for("/verification")]
    assert rung == [OTHER]
    assert len(phone_system.requests) == 2


def test_a_number_that_became_somebody_elses_meanwhile_stays_theirs(
    phone_system: PhoneSystem, customer: Customer
) -> None:
    made = ask(customer)
    code = spoken(phone_system)
    other = given_customer(balance="0", phone=False)
    CustomerPhone.objects.create(customer=other, phone_number=store_number(NUMBER), verified_at=clock.now())
    with pytest.raises(WrongCode):
        confirm_code(customer=customer, reference=made.reference, code=code)


def test_a_phone_one_has_is_not_rung_again(phone_system: PhoneSystem, customer: Customer) -> None:
    CustomerPhone.objects.create(
        customer=customer, phone_number=store_number(NUMBER), verified_at=clock.now()
    )
    with pytest.raises(Conflict):
        ask(customer)


# -- toll fraud: 400 spellings of numbers that nobody may be rung at

_PREMIUM = ("+19005550199", "+19765550100", "+12129761234", "+18765550123", "+18095550100", "+12425550100")
_ABROAD = ("+442079460000", "+88213123456", "+8835100123456", "+37257123456", "+2525012345", "+9601234567")
_SERVICE = ("911", "411", "+1911", "+12125551212", "*67", "#31#", "112", "999", "0", "00")
_BROKEN = (
    "",
    " ",
    "+",
    "++12125550100",
    "tel:+442079460000",
    "1e10",
    "½",
    "+1２125550100٣",
    "\x00+1",
    "+1-900-FLIRTS-1",
)
_SHAPES = (
    "{n}", " {n} ", "{n}#", "{n},,1", "{n};ext=5", "{n}x5", "tel:{n}", "sip:{n}@example.com", "011{d}", "00{d}",
    "+{d}\n", "{d}", "\u200e{n}", "{n}@carrier", "{n}&PJSIP/+12125550100@carrier", "w{n}", "({n})", "{n}/n",
)  # fmt: skip
FORBIDDEN = sorted(
    {
        shape.format(n=number, d=number.lstrip("+"))
        for shape, number in itertools.product(_SHAPES, _PREMIUM + _ABROAD + _SERVICE + _BROKEN)
    }
)


@pytest.mark.slow
def test_four_hundred_forbidden_spellings_are_never_dialled(
    phone_system: PhoneSystem, customer: Customer, settings: Any
) -> None:
    settings.TELEPHONY_LAB_PREFIXES = []
    settings.PHONE_CODES = dict.fromkeys(settings.PHONE_CODES, 10**6) | {"PAUSE_SECONDS": 0}
    assert len(FORBIDDEN) >= 400
    taken = []
    for spelling in FORBIDDEN:
        try:
            taken.append((spelling, ask(customer, spelling).phone_number.e164))
        except DomainError:
            continue
    rung = {asked.body["number"] for asked in phone_system.asked_for("/verification")}
    harmless = {number for _, number in taken}
    assert rung == harmless
    assert not [pair for pair in taken if not _is_ordinary(pair[1])], taken
    assert len(FORBIDDEN) - len(taken) >= 400


def _is_ordinary(number: str) -> bool:
    """An independent look: eleven digits under +1, and no area or exchange of the forbidden ones."""
    area, exchange = number[2:5], number[5:8]
    return (
        number.startswith("+1")
        and len(number) == 12
        and area not in {"900", "976", "876", "809", "242"}
        and exchange not in {"976", "950"}
        and not number.endswith("5551212")
    )
