"""Twilio for tests of SMS: the real client, a fake on the other end, and the worker's jobs run by hand."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from django.test import Client

from core import clock
from messaging.gateways.twilio import client
from messaging.models import Sms
from messaging.services.send_sms import send_sms
from messaging.states import SmsState
from tests.messaging import fake_twilio
from tests.messaging.fake_twilio import FakeTwilio
from tests.messaging.scenario import ALERTS_FROM


@pytest.fixture
def twilio(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTwilio]:
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", fake_twilio.ACCOUNT)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", fake_twilio.TOKEN)
    monkeypatch.setenv("TWILIO_WEBHOOK_URL", fake_twilio.WEBHOOK)
    monkeypatch.setenv("TWILIO_PHONE_NUMBER", ALERTS_FROM)
    fake = FakeTwilio()
    with client.using(fake):
        yield fake


class Phones:
    """What people's phones and Twilio do to us."""

    def __init__(self, twilio: FakeTwilio) -> None:
        self.client = Client(headers={"host": "localhost"})
        self.twilio = twilio

    def says(self, sender: str, ours: str, body: str, **more: str) -> str:
        """An SMS arrives; what it is answered."""
        return self.posts(fake_twilio.inbound(sender, ours, body, **more))

    def posts(self, parameters: dict[str, str]) -> str:
        path = "/api/sms/inbound/"
        self.twilio.received[parameters["MessageSid"]] = parameters
        response = self.client.post(path, parameters, headers=fake_twilio.signed(path, parameters))
        assert response.status_code == 200, response.status_code
        text: str = response.content.decode()
        return text.partition("<Message>")[2].partition("</Message>")[0]

    def reports(self, sms: Sms, status: str, *, token: str = fake_twilio.TOKEN, **more: str) -> int:
        """A status callback on `sms`; the HTTP status."""
        path = f"/api/sms/status/{sms.reference}/"
        parameters = {
            "SmsSid": sms.sid or fake_twilio.new_sid(), "SmsStatus": status, "MessageStatus": status,
            "To": sms.phone_number.e164, "From": sms.our_number, "AccountSid": fake_twilio.ACCOUNT,
            "ApiVersion": "2010-04-01", **more,
        }  # fmt: skip
        parameters.setdefault("MessageSid", parameters["SmsSid"])
        headers = fake_twilio.signed(path, parameters, token)
        return int(self.client.post(path, parameters, headers=headers).status_code)


@pytest.fixture
def phones(twilio: FakeTwilio) -> Phones:
    return Phones(twilio)


def run_jobs(at: datetime | None = None) -> None:
    """What the worker does with SMS that are due."""
    at = at or clock.now()
    with clock.using(lambda: at):
        for sms_id in Sms.objects.filter(state=SmsState.QUEUED).order_by("id").values_list("id", flat=True):
            send_sms(sms_id=sms_id)
