"""Rights, roles, and the accounts of staff: changed by superusers alone, and on record from what to what."""

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group, Permission
from django.test import Client

from core.models import AuditRecord
from customers.models import User
from notices.models import Notice
from notices.states import NoticeKind
from tests.backoffice.test_admin_forms import shown
from tests.factories import BrandFactory, StaffFactory, UserFactory
from tests.scenario import given_operator, logged_in
from tests.support.smtp_sink import MailSink, deliver_mail, text_of

pytestmark = pytest.mark.django_db
ADMIN = "admin.localhost"
SECRET = "correct-horse-battery"


def clerk_with(*names: str) -> User:
    """A member of staff who has these permissions (`app.codename`) and is no superuser."""
    clerk = UserFactory(is_staff=True)
    for name in names:
        app, codename = name.split(".")
        clerk.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return clerk


@pytest.fixture
def clerk() -> User:
    names = [f"{deed}_{model}" for model in ("user",) for deed in ("view", "add", "change", "delete")]
    return clerk_with(
        *(f"customers.{name}" for name in names),
        *(f"account.{deed}_emailaddress" for deed in ("view", "add", "change", "delete")),
        *(f"auth.{deed}_group" for deed in ("view", "add", "change", "delete")),
    )


@pytest.fixture
def desk(clerk: User) -> Client:
    return logged_in(clerk, ADMIN)


def change(person: User) -> str:
    return f"/customers/user/{person.pk}/change/"


def forged(client: Client, person: User, **fields: Any) -> dict[str, Any]:
    """What the form of a person sends, with fields that it does not offer."""
    return {**shown(client, change(person)), "is_active": "on", **fields}


def test_who_may_change_accounts_gives_no_rights(desk: Client) -> None:
    person, role = UserFactory(), Group.objects.create(name="boss")
    page = desk.get(change(person)).content.decode()
    assert 'name="email"' in page
    for name in ("is_staff", "is_superuser", "groups", "user_permissions"):
        assert f'name="{name}"' not in page
    sent = forged(desk, person, first_name="Ann", is_staff="on", is_superuser="on", groups=[role.pk])
    assert desk.post(change(person), sent).status_code == 302
    person.refresh_from_db()
    assert (person.first_name, person.is_staff, person.is_superuser, person.groups.count()) == (
        "Ann", False, False, 0,
    )  # fmt: skip


def test_nobody_but_a_superuser_changes_the_account_of_staff(desk: Client, clerk: User) -> None:
    """Not their own either: with the address one could ask for a new password."""
    customer = UserFactory()
    for person in (StaffFactory(), UserFactory(is_staff=True), clerk):
        page = desk.get(change(person)).content.decode()
        assert 'name="email"' not in page
        assert "argon2" not in page
        assert desk.post(change(person), forged(desk, customer, email="me@example.test")).status_code == 403
        address = f"/customers/user/{person.pk}/password/"
        assert desk.get(address).status_code == 403
        assert desk.post(address, {"password1": SECRET, "password2": SECRET}).status_code == 403
        assert desk.post(f"/customers/user/{person.pk}/delete/", {"post": "yes"}).status_code == 403
        before = person.email
        person.refresh_from_db()
        assert (person.email, person.check_password(SECRET)) == (before, False)


def test_staff_are_not_deleted_in_a_list(desk: Client) -> None:
    boss = StaffFactory()
    form = {"action": "delete_selected", "_selected_action": [boss.pk], "post": "yes"}
    desk.post("/customers/user/", form)
    assert User.objects.filter(pk=boss.pk).exists()


def test_nobody_but_a_superuser_changes_where_staff_get_their_codes(desk: Client) -> None:
    boss = StaffFactory()
    own = EmailAddress.objects.get(user=boss)
    new = {"user": boss.pk, "email": "me@example.test", "verified": "on", "_save": "Save"}
    assert desk.post("/account/emailaddress/add/", new).status_code == 403
    assert desk.post(f"/account/emailaddress/{own.pk}/change/", new).status_code == 403
    assert desk.post(f"/account/emailaddress/{own.pk}/delete/", {"post": "yes"}).status_code == 403
    unverified = EmailAddress.objects.create(user=boss, email="old@example.test")
    desk.post("/account/emailaddress/", {"action": "mark_verified", "_selected_action": [unverified.pk]})
    assert list(EmailAddress.objects.filter(user=boss).values_list("email", "verified").order_by("id")) == [
        (boss.email, True), ("old@example.test", False),
    ]  # fmt: skip


def test_nobody_but_a_superuser_changes_a_role(desk: Client, clerk: User) -> None:
    role = Group.objects.create(name="clerks")
    clerk.groups.add(role)
    assert desk.post("/auth/group/add/", {"name": "boss", "_save": "Save"}).status_code == 403
    everything = list(Permission.objects.values_list("pk", flat=True))
    sent = {"name": "clerks", "permissions": everything, "_save": "Save"}
    assert desk.post(f"/auth/group/{role.pk}/change/", sent).status_code == 403
    assert role.permissions.count() == 0


def test_what_a_superuser_gives_and_takes_is_on_record_from_what_to_what() -> None:
    boss, person, role = StaffFactory(), UserFactory(), Group.objects.create(name="clerks")
    desk = logged_in(boss, ADMIN)
    sent = forged(
        desk, person, is_staff="on", groups=[role.pk], email="new@example.test", user_permissions=[]
    )
    assert desk.post(change(person), sent).status_code == 302
    person.refresh_from_db()
    assert (person.is_staff, list(person.groups.all())) == (True, [role])
    record = AuditRecord.objects.get(action="user.change", subject=f"customers.user:{person.pk}")
    assert record.actor == boss
    assert record.details["changes"] == {
        "email": ["p…@example.test", "n…@example.test"],
        "is_staff": [False, True],
        "groups": [[], ["clerks"]],
    }
    desk.post(
        f"/auth/group/{role.pk}/change/",
        {"name": "clerks", "permissions": [Permission.objects.get(codename="view_user").pk], "_save": "Save"},
    )
    record = AuditRecord.objects.get(action="role.change")
    assert record.details["changes"]["permissions"][0] == []
    assert "view user" in record.details["changes"]["permissions"][1][0]


def test_a_changed_share_and_a_changed_brand_are_on_record_without_a_number() -> None:
    operator, brand = given_operator(), BrandFactory()
    desk, number = logged_in(StaffFactory(), ADMIN), operator.phone
    path = f"/operators/operator/{operator.pk}/change/"
    sent = {**shown(desk, path), "share_bps": "7000", "new_phone": "+19991110012", "listings-0-is_active": ""}
    assert desk.post(path, sent).status_code == 302
    record = AuditRecord.objects.get(action="operator.change")
    assert record.details["changes"]["share_bps"] == [8000, 7000]
    assert record.details["changes"]["phone_number"] == [f"…{number[-2:]}", "…12"]
    [row] = record.details["rows"]
    assert (row["table"], row["changes"]["is_active"]) == ("operators.listing", [True, False])
    path = f"/brands/brand/{brand.pk}/change/"
    ticked = {"is_active": "on", "customer_confirms": "on"}
    sent = {**shown(desk, path), **ticked, "name": "Other", "caller_id": "+12125550111"}
    assert desk.post(path, sent).status_code == 302
    record = AuditRecord.objects.get(action="brand.change")
    assert record.details["changes"] == {"name": ["flirts.nyc", "Other"], "caller_id": ["…10", "…11"]}
    assert desk.post(path, {**shown(desk, path), **ticked}).status_code == 302
    assert AuditRecord.objects.filter(action="brand.change").count() == 1


def test_nobody_types_a_password_for_somebody_else(desk: Client, clerk: User) -> None:
    person, boss = UserFactory(password=SECRET), StaffFactory()
    sent = {
        "password1": "another-secret-7",
        "password2": "another-secret-7",
        "usable_password": "true",
        "set-password": "Set",
    }
    for actor, client, whose in ((clerk, desk, person), (boss, logged_in(boss, ADMIN), clerk)):
        address = f"/customers/user/{whose.pk}/password/"
        assert "password1" not in client.get(address).content.decode()
        before = whose.password
        assert client.post(address, sent).status_code == 302
        whose.refresh_from_db()
        assert whose.password == before
        record = AuditRecord.objects.get(action="login.password_link", subject=f"customers.user:{whose.pk}")
        assert record.actor == actor
        assert Notice.objects.get(recipient=whose).kind == NoticeKind.PASSWORD_RESET


def test_a_new_account_gets_a_link_and_its_owner_chooses_the_password(
    desk: Client, mail_sink: MailSink
) -> None:
    page = desk.get("/customers/user/add/").content.decode()
    assert "password1" not in page
    answer = desk.post("/customers/user/add/", {"email": "New@example.test", "_save": "Save"})
    assert answer.status_code == 302
    person = User.objects.get(email="new@example.test")
    assert not person.has_usable_password()
    deliver_mail()
    [(host, link)] = re.findall(
        r"http://([a-z.]+):?[0-9]*(/accounts/password/reset/key/\S+)", text_of(mail_sink.mails[0])
    )
    assert host == "portal.localhost"
    browser = Client(headers={"Host": host})
    page_of_link = browser.get(link, follow=True)
    assert 'name="password1"' in page_of_link.content.decode()
    chosen = {"password1": SECRET, "password2": SECRET}
    assert browser.post(page_of_link.redirect_chain[-1][0], chosen).status_code == 302
    person.refresh_from_db()
    assert person.check_password(SECRET)
    assert 'name="password1"' not in Client(headers={"Host": host}).get(link, follow=True).content.decode()
    answer = browser.post("/accounts/login/", {"login": person.email, "password": SECRET})
    assert answer.status_code == 302
