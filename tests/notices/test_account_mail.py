"""Each mail of allauth is a notice: none is sent by the request, none is unknown."""

import re
from pathlib import Path

import allauth
import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client

from aeims.account_mail import PREFIXES
from notices.models import Notice
from tests.factories import BrandFactory, StaffFactory, UserFactory
from tests.scenario import BRAND_HOST
from tests.support.smtp_sink import MailSink, deliver_mail, text_of

pytestmark = pytest.mark.django_db
NOT_SENT = {"account/email/password_reset_code"}  # resets are by link


def test_every_mail_that_allauth_can_send_is_known() -> None:
    sources = "".join(
        path.read_text()
        for app in ("account", "mfa")
        for path in (Path(allauth.__file__).parent / app).rglob("*.py")
        if "tests" not in path.parts
    )
    assert set(re.findall(r'"((?:account|mfa)/email/[a-z_]+)"', sources)) - NOT_SENT == PREFIXES


def test_a_code_is_in_the_outbox_and_not_in_the_request(mail_sink: MailSink) -> None:
    cache.clear()
    BrandFactory()
    user = UserFactory()
    client = Client(headers={"Host": BRAND_HOST})
    assert client.post("/accounts/login/code/", {"email": user.email}).status_code == 302
    assert mail_sink.mails == []
    notice = Notice.objects.get()
    code = notice.payload["code"]
    deliver_mail()
    assert f"\n{code}\n" in text_of(mail_sink.mails[0])
    assert client.post("/accounts/login/code/confirm/", {"code": code}).headers["Location"] == "/operators/"
    notice.refresh_from_db()
    assert (notice.recipient, notice.address, notice.payload) == (user, "", {})


def test_a_change_of_the_login_is_told_in_the_readers_time() -> None:
    cache.clear()
    BrandFactory()
    client = Client(headers={"Host": BRAND_HOST})
    user = StaffFactory()
    user.set_password("a long walk by the river")
    user.save()
    client.force_login(user)
    words = {
        "oldpassword": "a long walk by the river",
        "password1": "a short walk home",
        "password2": "a short walk home",
    }
    client.post("/accounts/password/change/", words)
    deliver_mail()
    assert re.search(
        r"password of your account was changed\.\n\n\w+ \d+, \d{4}, \d+:\d\d [AP]M\n",
        str(mail.outbox[-1].body),
    )
