"""Staff end somebody's sessions and remove a lost second factor: with a reason, on record, and the person is told."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from allauth.usersessions.models import UserSession
from django.test import Client

from core.models import AuditRecord
from customers.models import User
from notices.models import Notice
from tests.backoffice.test_rights import ADMIN, clerk_with
from tests.factories import BrandFactory, CustomerFactory, StaffFactory
from tests.scenario import BRAND_HOST, logged_in
from tests.security.test_staff_sessions import PASSWORD, entered
from tests.support.smtp_sink import MailSink, deliver_mail, text_of

pytestmark = pytest.mark.django_db
RIGHT = "customers.manage_logins"


@pytest.fixture
def person() -> User:
    BrandFactory()
    user: User = CustomerFactory(user__password=PASSWORD).user
    return user


def address(person: User, deed: str = "") -> str:
    return f"/backoffice/people/{person.pk}/logins/{deed}"


def test_sessions_of_a_person_are_ended_with_a_reason(person: User, mail_sink: MailSink) -> None:
    browsers = [entered(person, BRAND_HOST) for _ in range(2)]
    desk = logged_in(clerk_with(RIGHT), ADMIN)
    assert "2 devices" in desk.get(address(person)).content.decode()
    desk.post(address(person, "end/"), {"reason": ""})
    assert UserSession.objects.filter(user=person).count() == 2
    desk.post(address(person, "end/"), {"reason": "she lost her laptop"})
    assert [browser.get("/dashboard/").status_code for browser in browsers] == [302, 302]
    record = AuditRecord.objects.get(action="login.sessions_ended")
    assert (record.subject, record.reason) == (f"customers.user:{person.pk}", "she lost her laptop")
    assert record.details == {"sessions": 2}
    deliver_mail()
    assert "Our staff logged you out on all devices." in text_of(mail_sink.mails[0])


def test_a_lost_factor_is_removed_with_a_reason(person: User) -> None:
    browser = entered(person, BRAND_HOST)
    TOTP.activate(person, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    desk = logged_in(clerk_with(RIGHT), ADMIN)
    desk.post(address(person, "factor/"), {"reason": " "})
    assert Authenticator.objects.filter(user=person).exists()
    desk.post(address(person, "factor/"), {"reason": "code by phone and by mail"})
    assert not Authenticator.objects.filter(user=person).exists()
    assert browser.get("/dashboard/").status_code == 302
    record = AuditRecord.objects.get(action="factor.removed_by_staff")
    assert (record.reason, record.details) == ("code by phone and by mail", {"kinds": ["totp"]})
    assert Notice.objects.filter(recipient=person).count() == 1
    desk.post(address(person, "factor/"), {"reason": "again"})
    assert AuditRecord.objects.filter(action="factor.removed_by_staff").count() == 1


def test_it_takes_the_right_and_for_staff_a_superuser(person: User) -> None:
    clerk, boss, colleague = clerk_with(RIGHT), StaffFactory(), StaffFactory()
    for desk in (logged_in(clerk_with("customers.change_user"), ADMIN), Client(headers={"Host": ADMIN})):
        assert desk.get(address(person)).status_code in (302, 403)
        for deed in ("end/", "factor/", "password/"):
            assert desk.post(address(person, deed), {"reason": "x"}).status_code in (302, 403)
    TOTP.activate(colleague, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    TOTP.activate(boss, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    logged_in(clerk, ADMIN).post(address(colleague, "factor/"), {"reason": "x"})
    logged_in(boss, ADMIN).post(address(boss, "factor/"), {"reason": "my own"})
    assert Authenticator.objects.count() == 2
    logged_in(boss, ADMIN).post(address(colleague, "factor/"), {"reason": "x"})
    assert list(Authenticator.objects.values_list("user", flat=True)) == [boss.pk]


def test_one_device_is_logged_out_by_its_owner(person: User) -> None:
    other, mine = entered(person, BRAND_HOST), entered(person, BRAND_HOST)
    stranger = entered(CustomerFactory(user__password=PASSWORD).user, BRAND_HOST)
    row = UserSession.objects.get(session_key=other.session.session_key)
    path = f"/accounts/sessions/{row.pk}/end/"
    assert path in mine.get("/accounts/sessions/").content.decode()
    stranger.post(path)
    assert other.get("/dashboard/").status_code == 200
    assert mine.get(path).status_code == 405
    assert mine.post(path).status_code == 302
    assert other.get("/dashboard/").status_code == 302
    assert mine.get("/dashboard/").status_code == 200


def test_staff_find_their_devices_on_every_page() -> None:
    desk = logged_in(StaffFactory(), ADMIN)
    for path in ("/", "/backoffice/live-calls/"):
        page = desk.get(path).content.decode()
        assert 'href="/accounts/sessions/"' in page
        assert 'href="/accounts/2fa/"' in page
