"""A dump of the database shows nobody's phone number and no seed of a second factor, whatever people did with them."""

import subprocess
import time
from collections.abc import Iterator

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings

from core import encryption
from core.models import AuditRecord, IdempotentAnswer
from customers.models import Customer, PhoneVerification
from messaging.models import Sms, SmsConsent, SmsRoute
from messaging.states import MessageType
from operators.models import Operator
from phones.models import PhoneNumber
from telephony.models import Call
from tests.backoffice.test_roles import shown
from tests.factories import BrandFactory, StaffFactory
from tests.lab.leaks import mentions
from tests.messaging.conftest import Phones, phones, run_jobs, twilio  # noqa: F401 (fixtures)
from tests.messaging.scenario import OURS, text, with_sms
from tests.payouts.scenario import leave_everything_of_payouts
from tests.phones.everything_kept import EMPTY, empty_tables, everybody_does_everything
from tests.scenario import api, customer_client, given_customer, given_operator, logged_in, tell
from tests.support.environment import owner_url, serving_url
from tests.support.phone_system import PhoneSystem
from tools.postgres import binary

pytestmark = pytest.mark.django_db(transaction=True)

CUSTOMERS, SECOND, OPERATORS, NEXT, STRANGERS, TYPED = (
    "+12125550142", "+12125550143", "+12125550163", "+12125550164", "+12125550175", "+12125550186",
)  # fmt: skip
WRITTEN, SAID = "+12125550197", "+12125550108"
NUMBERS = {CUSTOMERS, SECOND, OPERATORS, NEXT, STRANGERS, TYPED, WRITTEN, SAID}
ADMIN, PASSWORD = "admin.localhost", "a-long-enough-password"


def test_a_dump_shows_no_number_and_no_seed(
    phone_system: PhoneSystem,
    phones: Phones,  # noqa: F811
    settings: Settings,
) -> None:
    """Every table has rows, so a new one fails here until somebody leaves something in it."""
    customer, operator = given_customer(phone=False), given_operator(phone=OPERATORS)
    verify(phone_system, customer_client(customer), "/account/phones/", {"number": CUSTOMERS})
    undecided = customer_client(given_customer(phone=False))
    undecided.post("/account/phones/", {"number": SECOND})  # the code is never typed in
    verify(phone_system, logged_in(operator.user, "portal.localhost"), "/settings/phone/", {"typed": NEXT})
    call(customer, operator)
    write(phones, customer, operator)
    seeds = staff_at_work(customer)
    assert (
        PhoneVerification.objects.count(), Call.objects.count(), IdempotentAnswer.objects.count(),
        SmsRoute.objects.count() > 0, SmsConsent.objects.count() > 3, Sms.objects.count() > 3,
        AuditRecord.objects.filter(action="phone.read").count(), customer.phones.count(),
    ) == (3, 1, 1, True, True, True, 1, 2)  # fmt: skip
    leave_everything_of_payouts()
    everybody_does_everything(phone_system, settings, digits="212 555 0197", number="(212) 555-0108")
    assert empty_tables() == {*EMPTY}
    assert [*leaks(dump(), seeds)] == []
    assert all(encryption.is_encrypted(session.session_data) for session in Session.objects.all())


def test_the_search_finds_what_is_planted() -> None:
    seed = "JBSWY3DPEHPK3PXP"
    for planted in (CUSTOMERS, CUSTOMERS[1:], "212-555-0142", rf"\\x{CUSTOMERS.encode().hex()}", seed):
        token = encryption.encrypt(planted)
        assert [*leaks(f"COPY t FROM stdin;\n1\t{token}\t{planted}\n", {seed})], planted
        assert [*leaks(f"COPY t FROM stdin;\n1\t{token}\n", {seed})] == []


def verify(phone_system: PhoneSystem, client: Client, path: str, form: dict[str, str]) -> None:
    """Give a number on the page, hear the code, type it in."""
    answer = client.post(path, form)
    assert answer.status_code == 302, answer.content
    sounds = phone_system.asked_for("/verification")[-1].body["sounds"]
    digits = [sound.removeprefix("numbers/") for sound in sounds if sound.startswith("numbers/")]
    assert client.post(answer["Location"], {"code": "".join(digits[:6])}).status_code == 302


def call(customer: Customer, operator: Operator) -> None:
    """By the API, with the number in the request and a key that stores the answer; talked, and over."""
    response = api(customer).post(
        "/api/calls/initiate/",
        {"operator_id": operator.pk, "customer_phone": CUSTOMERS},
        format="json", headers={"Idempotency-Key": "a click"},
    )  # fmt: skip
    assert response.status_code == 200, response.content
    made = Call.objects.get()
    tell(made, "ringing", at=1, leg="customer")
    tell(made, "started", at=10)
    tell(made, "ended", at=70, why="hangup", ended_by="operator", joined_ms="60000")


def write(phones: Phones, customer: Customer, operator: Operator) -> None:  # noqa: F811
    """By SMS, both ways, with STOP and START, an alert that waits in the queue, and somebody whom nobody knows."""
    with_sms()
    customer_client(customer).post(f"/messages/{operator.slug}/sms/")
    text(customer, operator, "Hello by SMS", message_type=MessageType.SMS, brand=BrandFactory())
    run_jobs()
    for sender in (CUSTOMERS, STRANGERS):
        for words in ("STOP", "START", "Are you there?"):
            phones.says(sender, OURS, words)
    phones.says(NEXT, OURS, "START")
    text(customer, operator, "And again", message_type=MessageType.SMS, brand=BrandFactory())


def staff_at_work(customer: Customer) -> set[str]:
    """They read a number, add one, set up a second factor, and begin to set up another: its seeds."""
    staff, beginner = (StaffFactory(password=PASSWORD) for _ in range(2))
    desk = logged_in(staff, ADMIN)
    phone = customer.phones.order_by("pk").first()
    assert phone is not None
    page = desk.post(f"/backoffice/phones/{phone.pk}/", {"reason": "they asked"})
    assert mentions(page.content.decode(), CUSTOMERS), "the number is there for who may read it"
    path = f"/customers/customer/{customer.pk}/change/"
    form = shown(desk, path) | {"phones-TOTAL_FORMS": "2", "phones-1-new_number": TYPED, "phones-1-id": ""}
    assert desk.post(path, form | {"phones-1-customer": str(customer.pk)}).status_code == 302
    for path, number in (("customers/customer", TYPED), ("messaging/smsconsent", STRANGERS)):
        desk.post(f"/{path}/", {"q": number, "_search": "1"}, follow=True)
    seeds = []
    for person in (staff, beginner):
        client = Client(headers={"Host": ADMIN})
        client.force_login(person)
        client.post("/accounts/reauthenticate/", {"password": PASSWORD})
        seeds.append(client.get("/accounts/2fa/totp/activate/").context["form"].secret)
        if person == staff:
            code = format_hotp_value(hotp_value(seeds[0], int(time.time()) // 30))
            client.post("/accounts/2fa/totp/activate/", {"code": code})
    assert Authenticator.objects.filter(user=staff).count() == 2
    return {*seeds}


def dump() -> str:
    """The whole database as text, as a backup has it."""
    url = owner_url(serving_url(connection.settings_dict["NAME"]))
    done = subprocess.run(
        [binary("pg_dump"), f"--dbname={url}"], capture_output=True, text=True, check=True, cwd="/"
    )
    return done.stdout


def leaks(text_of_dump: str, seeds: set[str]) -> Iterator[str]:
    """What a dump shows: a number, however it is spelled, or a seed."""
    kept = {number.e164 for number in PhoneNumber.objects.all()}
    yield from (number for number in sorted(NUMBERS | kept) if mentions(text_of_dump, number))
    yield from (seed for seed in seeds if seed in text_of_dump)
