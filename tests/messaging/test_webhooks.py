"""Twilio's doors: only Twilio, only for us, only what has the right shape, only once."""

import time

import pytest
from django.test import Client
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client as TwilioClient

from billing import selectors as money
from messaging.models import Message, Sms
from phones.services.store_number import store_number
from tests.messaging import fake_twilio
from tests.messaging.conftest import Phones
from tests.messaging.fake_twilio import FakeTwilio, inbound, signed
from tests.messaging.scenario import OURS
from tests.messaging.test_sms import CUSTOMER, OPERATOR, texting

pytestmark = pytest.mark.django_db
PATH = "/api/sms/inbound/"


def posted(parameters: object, headers: dict[str, str] | None = None, path: str = PATH) -> int:
    headers = signed(path, parameters) if headers is None else headers
    client = Client(headers={"host": "localhost"})
    return int(client.post(path, parameters, headers=headers).status_code)


# twilio.com/docs/usage/webhooks/webhooks-security, "Validating Signatures", and the vectors of twilio-python's own tests
VECTORS = [
    (
        "12345",
        "https://mycompany.com/myapp.php?foo=1&bar=2",
        {"CallSid": "CA1234567890ABCDE", "Caller": "+14158675309", "Digits": "1234", "From": "+14158675309",
         "To": "+18005551212"},
        "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
    ),
    (
        "12345",
        "https://mycompany.com/myapp.php?foo=1&bar=2",
        {"CallSid": "CA1234567890ABCDE", "Caller": "+12349013030", "Digits": "1234", "From": "+12349013030",
         "To": "+18005551212"},
        "0/KCTR6DLpKmkAf8muzZqo1nDgQ=",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("token", "address", "parameters", "signature"), VECTORS)
def test_the_published_vectors_pass(
    token: str, address: str, parameters: dict[str, str], signature: str
) -> None:
    assert RequestValidator(token).validate(address, parameters, signature)
    assert not RequestValidator(token).validate(address, {**parameters, "Digits": "1235"}, signature)
    assert not RequestValidator(token + "x").validate(address, parameters, signature)


def test_a_forged_request_has_no_effect(twilio: FakeTwilio) -> None:
    customer, _ = texting()
    parameters = inbound(CUSTOMER, OURS, "Forged")
    for headers in (
        {},
        {"X-Twilio-Signature": "x"},
        signed(PATH, parameters, "another token"),
        signed("/x/", parameters),
    ):
        assert posted(parameters, headers) == 403
    changed = {**parameters, "Body": "Changed"}
    assert posted(changed, signed(PATH, parameters)) == 403
    assert posted(parameters, signed(PATH + "?a=1", parameters), PATH + "?a=1") == 403
    assert money.wallet_of(customer.pk).balance_minor == 950
    assert Message.objects.count() == 2


def test_the_same_characters_cut_in_other_places_have_no_effect(twilio: FakeTwilio) -> None:
    """The signature runs names and values together, so each of these carries a valid one."""
    customer, _ = texting()
    good = inbound(CUSTOMER, OURS, "Hello")
    splits = [
        {**{k: v for k, v in good.items() if k != "From"}, "Body": "HelloFrom" + CUSTOMER},
        {**{k: v for k, v in good.items() if k != "Body"}, "ApiVersion": "2010-04-01BodyHello"},
        {**{k: v for k, v in good.items() if k != "Body"}, "BodyHel": "lo"},
        {**{k: v for k, v in good.items() if k != "FromCity"}, "From": CUSTOMER + "FromCityNEW YORK"},
        {**{k: v for k, v in good.items() if k != "NumSegments"}, "NumMedia": "0NumSegments1"},
        {**{k: v for k, v in good.items() if k not in ("To", "ToCity")}, "ToCity": "", "To": OURS + "ToCityNEW YORK"},
    ]  # fmt: skip
    for parameters in splits[:-1]:
        assert (
            RequestValidator(fake_twilio.TOKEN).compute_signature(fake_twilio.WEBHOOK + PATH, parameters)
            == signed(PATH, good)["X-Twilio-Signature"]
        ), "the attack is real"
    for parameters in splits:
        assert posted(parameters) == 400
    assert money.wallet_of(customer.pk).balance_minor == 950


def test_doubled_and_misshapen_parameters_are_refused(twilio: FakeTwilio) -> None:
    texting()
    good = inbound(CUSTOMER, OURS, "Hello")
    strange: list[dict[str, object]] = [
        {**good, "From": [CUSTOMER, "+12125550199"]},
        {**good, "From": "12345"},
        {**good, "MessageSid": "SM123"},
        {**good, "SmsSid": fake_twilio.new_sid()},
        {**good, "NumMedia": "-1"},
        {k: v for k, v in good.items() if k != "NumMedia"},
    ]
    for parameters in strange:
        signature = {"X-Twilio-Signature": _sign(parameters)}
        assert posted(parameters, signature) == 400, parameters


def _sign(parameters: dict[str, object]) -> str:
    from django.http import QueryDict

    query = QueryDict(mutable=True)
    for name, value in parameters.items():
        query.setlist(name, value if isinstance(value, list) else [str(value)])
    return RequestValidator(fake_twilio.TOKEN).compute_signature(fake_twilio.WEBHOOK + PATH, query)


def test_another_account_and_another_number_are_refused(twilio: FakeTwilio) -> None:
    texting()
    assert posted({**inbound(CUSTOMER, OURS, "Hello"), "AccountSid": "AC" + "f" * 32}) == 403
    assert posted(inbound(CUSTOMER, "+12125550999", "Hello")) == 403
    assert Message.objects.count() == 2


def test_without_an_account_the_doors_are_shut() -> None:
    assert posted(inbound(CUSTOMER, OURS, "Hello")) == 403


def test_a_replay_of_a_whole_day_changes_nothing(twilio: FakeTwilio, phones: Phones) -> None:
    customer, _ = texting()
    day = [inbound(CUSTOMER, OURS, f"Message {n}") for n in range(5)] + [inbound(OPERATOR, OURS, "Yes")]
    for parameters in day * 3:
        phones.posts(parameters)
    assert Message.objects.count() == 2 + 6
    assert money.wallet_of(customer.pk).balance_minor == 950 - 5 * 50


def test_callbacks_about_others_have_no_effect(twilio: FakeTwilio, phones: Phones) -> None:
    texting()
    first, second = Sms.objects.order_by("id")
    assert phones.reports(first, "undelivered", token="another") == 403
    assert phones.reports(first, "undelivered", AccountSid="AC" + "f" * 32) == 403
    assert phones.reports(first, "undelivered", To=second.phone_number.e164) == 403
    assert phones.reports(first, "undelivered", SmsSid=second.sid, MessageSid=second.sid) == 403
    assert (
        phones.reports(
            Sms(reference="sms_0", phone_number=store_number(OPERATOR), our_number=OURS), "delivered"
        )
        == 404
    )
    first.refresh_from_db()
    assert first.state == "sent"


def test_stop_is_obeyed_within_a_second_while_a_thousand_wait(twilio: FakeTwilio, phones: Phones) -> None:
    texting()
    pattern = Sms.objects.get(phone_number=store_number(CUSTOMER))
    Sms.objects.bulk_create(
        Sms(
            reference=f"sms_{n}", direction="out", kind="alert", phone_number=store_number(CUSTOMER), our_number=OURS,
            body_sha256=b"", state="queued", created_at=pattern.created_at, changed_at=pattern.changed_at,
        )
        for n in range(1000)
    )  # fmt: skip
    begun = time.monotonic()
    phones.says(CUSTOMER, OURS, "STOP")
    assert time.monotonic() - begun < 1
    assert Sms.objects.filter(state="dropped").count() == 1000


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"to": "12125550111"}, 21211),
        ({"from_": "AEIMS"}, 20001),
        ({"body": "x" * 1601}, 20001),
        ({"status_callback": "not an address"}, 20001),
        ({"validity_period": "soon"}, 20001),
        ({"risk_check": "maybe"}, 20001),
        ({"messaging_service_sid": "MG123"}, 20001),
    ],
)
def test_the_stand_in_refuses_what_the_published_document_does_not_allow(
    twilio: FakeTwilio, change: dict[str, str], code: int
) -> None:
    client = TwilioClient(fake_twilio.ACCOUNT, fake_twilio.TOKEN, http_client=twilio)
    good = {"to": CUSTOMER, "from_": OURS, "body": "Hello"}
    assert client.messages.create(**good).status == "queued"
    with pytest.raises(TwilioRestException) as refused:
        client.messages.create(**good | change)
    assert (refused.value.status, refused.value.code) == (400, code)
    assert len(twilio.taken) == 1
