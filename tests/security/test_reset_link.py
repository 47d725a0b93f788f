"""The link that sets a new password works for an hour."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from tests.factories import BrandFactory, UserFactory
from tests.scenario import BRAND_HOST
from tests.support.smtp_sink import deliver_mail

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("minutes", "works"), [(59, True), (61, False)])
def test_a_reset_link_works_for_an_hour(minutes: int, works: bool) -> None:
    cache.clear()
    BrandFactory()
    user = UserFactory()
    user.set_password("a long passphrase")
    user.save()
    client = Client(headers={"Host": BRAND_HOST})
    client.post("/accounts/password/reset/", {"email": user.email})
    deliver_mail()
    [link] = re.findall(r"https?://[^/]+(/accounts/password/reset/key/\S+)", str(mail.outbox[-1].body))
    with time_machine.travel(timezone.now() + timedelta(minutes=minutes)):
        page = client.get(link, follow=True).content.decode()
    assert ('name="password1"' in page) == works
