"""What the staff's home page and `/readyz` say of the parts beside this process."""

from datetime import timedelta

import pytest
from django.test import Client

from backoffice import health
from core import clock
from notices.models import Notice
from notices.services.enqueue import enqueue
from notices.states import NoticeKind, NoticeState
from tests.factories import BrandFactory
from tests.support.phone_system import PhoneSystem

pytestmark = pytest.mark.django_db


def degraded() -> list[str]:
    """What `/readyz` names; there is no worker in these tests."""
    BrandFactory()
    answer = Client(headers={"host": "localhost"}).get("/readyz")
    assert answer.status_code == 200
    return [name for name in answer.json()["degraded"] if name != "Background workers"]


def mail(state: NoticeState, seconds_ago: int, error: str = "") -> Notice:
    """A letter whose last attempt was so long ago, and what came of it."""
    letter, at = enqueue(NoticeKind.NO_ACCOUNT, address="a@aeims.test"), clock.now()
    letter.state, letter.error = state, error
    letter.claimed_at = letter.finished_at = at - timedelta(seconds=seconds_ago)
    letter.save()
    return letter


def test_a_journal_that_cannot_be_written_is_shown(phone_system: PhoneSystem) -> None:
    assert degraded() == []
    phone_system.health |= {"journal_ok": True}
    assert degraded() == []
    phone_system.health |= {"journal_ok": False}
    assert degraded() == ["Journal of calls"]


def test_mail_that_does_not_get_out_is_shown_until_some_does(phone_system: PhoneSystem) -> None:
    mail(NoticeState.SENT, 60)
    assert degraded() == []
    late = mail(NoticeState.FAILED, 30, "ConnectionRefusedError")
    mail(NoticeState.FAILED, 20, "TimeoutError")
    assert degraded() == ["Mail"]
    words = {check.name: check.words for check in health.services(seconds=1)}["Mail"]
    assert words == "2 waiting for another try, and none was sent since the last."
    mail(NoticeState.SENT, 10)
    assert degraded() == []
    late.refresh_from_db()
    assert late.state == NoticeState.FAILED, "it waits for its own time"


def test_a_mailbox_that_refuses_is_no_trouble_of_the_mail_server(phone_system: PhoneSystem) -> None:
    mail(NoticeState.FAILED, 30, "SMTPRecipientsRefused 450")
    assert degraded() == []
