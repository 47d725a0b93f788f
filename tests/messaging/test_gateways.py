"""Providers of SMS: which one sends, which one is asked about a webhook, and the addresses that others know."""

from typing import ClassVar

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.test import Client

from messaging import gateways
from messaging.gateways.base import Gateway
from messaging.models import Message, Sms
from messaging.selectors import has_stopped
from messaging.services.receive_sms import Incoming, receive_sms
from messaging.services.sms_status import note_status
from messaging.states import SmsState
from phones.services.store_number import store_number
from tests.messaging.fake_twilio import FakeTwilio
from tests.messaging.scenario import OURS
from tests.messaging.test_sms import CUSTOMER, OPERATOR, texting

pytestmark = pytest.mark.django_db
LONG_ID = "0199f0e2-4b7c-7d55-9d2a-0f6a2c1b7e90-of-this-provider"


class PlainGateway(Gateway):
    """A provider that trusts everyone: what the interface asks of a provider, and no more."""

    sent: ClassVar[list[tuple[str, str, str]]] = []

    def is_configured(self) -> bool:
        return True

    def phone_number(self) -> str:
        return "+12125550177"

    def webhook_url(self) -> str:
        return "https://flirts.example"

    def send(self, *, to: str, ours: str, body: str, reference: str) -> str:
        self.sent.append((to, body, self.status_url(reference)))
        return f"{LONG_ID}-{len(self.sent)}"

    def inbound(self, request: HttpRequest) -> HttpResponse:
        incoming = Incoming(
            sid=request.POST["id"],
            phone_number=request.POST["from"],
            our_number=request.POST["to"],
            body=request.POST["body"],
            media_count=0,
        )
        return HttpResponse(receive_sms(incoming))

    def status(self, request: HttpRequest, reference: str) -> HttpResponse:
        sms = Sms.objects.get(reference=reference)
        note_status(
            reference=reference,
            sid=sms.sid or "",
            state=SmsState.FAILED,
            error_code="gone",
            is_unsubscribed=True,
            phone_number=sms.phone_number.e164,
            our_number=sms.our_number,
        )
        return HttpResponse(status=204)


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> PlainGateway:
    monkeypatch.setitem(gateways.GATEWAYS, "plain", f"{__name__}.PlainGateway")
    monkeypatch.setenv("SMS_GATEWAY", "plain")
    monkeypatch.setattr(PlainGateway, "sent", [])
    gateway = gateways.sending_gateway()
    assert isinstance(gateway, PlainGateway)
    return gateway


def post(path: str, **parameters: str) -> HttpResponse:
    return Client(headers={"host": "localhost"}).post(path, parameters)


def test_another_provider_sends_takes_in_and_reports(plain: PlainGateway) -> None:
    texting()
    assert [(to, body) for to, body, _ in plain.sent] == [
        (OPERATOR, "Hello by SMS"),
        (CUSTOMER, "Hello back"),
    ]
    to_customer = Sms.objects.get(phone_number=store_number(CUSTOMER))
    assert plain.sent[1][2] == f"https://flirts.example/api/sms/plain/status/{to_customer.reference}/"
    answer = post(
        "/api/sms/plain/inbound/",
        id=LONG_ID,
        to=OURS,
        body="And you?",
        **{"from": CUSTOMER},
    )
    assert (answer.status_code, Message.objects.count()) == (200, 3)
    assert post(f"/api/sms/plain/status/{to_customer.reference}/").status_code == 204
    to_customer.refresh_from_db()
    assert (to_customer.state, to_customer.error_code) == (SmsState.FAILED, "gone")
    assert has_stopped(store_number(CUSTOMER))


def test_twilio_keeps_its_addresses(twilio: FakeTwilio) -> None:
    gateway = gateways.sending_gateway()
    assert gateway.status_url("sms_1") == "https://flirts.example/api/sms/status/sms_1/"
    assert post("/api/sms/inbound/").status_code == 403, "Twilio answers, and this is not signed"


def test_a_provider_we_do_not_know_has_no_webhook_and_sends_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert post("/api/sms/nobody/inbound/").status_code == 404
    assert post("/api/sms/nobody/status/sms_1/").status_code == 404
    monkeypatch.setenv("SMS_GATEWAY", "nobody")
    with pytest.raises(ImproperlyConfigured, match="nobody"):
        gateways.sending_gateway()
