"""The tax form by the pages: signed by an operator, opened by staff with one right, and asked for on the console."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from core import clock
from customers.models import User
from operators.models import Operator, SignedTaxForm
from operators.services.decide_application import decline_application
from tests.factories import BrandFactory, StaffFactory
from tests.operators.applicants import NAME, W8BEN, W9, give_tax_form, given_applicant, sign
from tests.scenario import given_customer, given_operator, logged_in
from tests.support.html import compact

pytestmark = pytest.mark.django_db
PORTAL, ADMIN = "portal.localhost", "admin.localhost"
SIGNATURE = {"typed_name": NAME, "agrees": "on"}


@pytest.fixture
def operator() -> Operator:
    return given_operator(presence="offline")


def clerk_of(role: str) -> User:
    clerk: User = StaffFactory(is_superuser=False)
    clerk.groups.add(Group.objects.get(name=role))
    return clerk


def test_an_operator_signs_a_form_and_then_another_and_sees_the_last_four(operator: Operator) -> None:
    client = logged_in(operator.user, PORTAL)
    assert "Which one is yours?" in compact(client.get("/tax-form/"))
    assert client.post("/tax-form/w9/", W9 | SIGNATURE).headers["Location"] == "/tax-form/"
    page = compact(client.get("/tax-form/"))
    assert ("Ends in 6789" in page, "123" in page, "Bleecker" in page) == (True, False, False)
    signed = W8BEN | SIGNATURE | {"born_on": "03/07/1990"}
    assert client.post("/tax-form/w8ben/", signed).status_code == 302
    page = compact(client.get("/tax-form/"))
    assert ("Ends in 8903" in page, "Valid until" in page, "replaced" in page) == (True, True, True)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"number": "12"}, "Enter nine digits"),
        ({"agrees": ""}, "Check the box if you agree"),
        ({"typed_name": "Somebody Else"}, "exactly as in the first line"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_kept(
    operator: Operator, wrong: dict[str, str], said: str
) -> None:
    answer = logged_in(operator.user, PORTAL).post("/tax-form/w9/", W9 | SIGNATURE | wrong)
    assert answer.status_code == 400
    page = compact(answer)
    assert said in page
    [name] = wrong
    assert f'id="id_{name}_error"' in page
    assert not SignedTaxForm.objects.exists()


def test_the_page_is_nobodys_who_has_not_begun(operator: Operator) -> None:
    customer = logged_in(given_customer().user, PORTAL)
    assert [customer.get(path).status_code for path in ("/tax-form/", "/tax-form/w9/")] == [404, 404]
    assert logged_in(operator.user, PORTAL).get("/tax-form/w2/").status_code == 404
    assert Client(headers={"Host": PORTAL}).get("/tax-form/").status_code == 302


@pytest.mark.parametrize("role", ["Support", "Operations"])
def test_who_lacks_the_right_reads_no_number_whether_it_exists_or_not(operator: Operator, role: str) -> None:
    form = give_tax_form(operator.user)
    desk = logged_in(clerk_of(role), ADMIN)
    for number in (form.pk, 987654):
        answer = desk.post(f"/backoffice/tax-forms/{number}/open/", {"reason": "Curious"})
        assert answer.status_code == 403
    page = compact(desk.get(f"/backoffice/operators/{operator.pk}/"))
    assert ("W-9, signed" in page, "6789" in page) == (True, False)


def test_finance_opens_a_form_with_a_reason_and_no_cache_keeps_it(operator: Operator) -> None:
    form = give_tax_form(operator.user, has_withholding=True)
    desk = logged_in(clerk_of("Finance"), ADMIN)
    path = f"/backoffice/tax-forms/{form.pk}/open/"
    assert (desk.get(path).status_code, desk.post(path, {"reason": ""}).status_code) == (405, 400)
    answer = desk.post(path, {"reason": "1099 of 2026"})
    page = compact(answer)
    assert answer["Cache-Control"] == "no-store"
    assert ("123456789" in page, "12 Bleecker Street" in page) == (True, True)
    page = compact(desk.get(f"/backoffice/operators/{operator.pk}/"))
    assert ("backup withholding applies" in page, "ending in 6789" in page) == (True, True)


def test_an_operator_of_before_is_asked_for_one_and_told_until_when(operator: Operator) -> None:
    sign(operator.user, "Any Name")
    client = logged_in(operator.user, PORTAL)
    page = compact(client.get("/"))
    assert ("Please fill in a tax form" in page, "You have until" in page) == (True, True)
    Operator.objects.update(tax_form_asked_at=clock.now() - timedelta(days=31))
    assert "We need a tax form before we can pay you" in compact(client.get("/"))
    give_tax_form(operator.user)
    assert "tax form" not in compact(client.get("/"))


def test_a_declined_applicant_applies_again_by_the_page_and_staff_see_what_was_said_before() -> None:
    BrandFactory()
    application, staff = given_applicant(), StaffFactory()
    decline_application(application_id=application.pk, actor=staff, reason="The photo is blurred")
    client = logged_in(application.user, PORTAL)
    page = compact(client.get("/apply/"))
    assert ("You can apply again from" in page, "Apply again</" in page) == (True, False)
    client.post("/apply/again/")
    assert "You can apply again on" in compact(client.get("/apply/"))  # nothing changed
    later = clock.now() + timedelta(days=8)
    with clock.using(lambda: later):
        assert "Apply again</" in compact(client.get("/apply/"))
        client.post("/apply/again/")
        page = compact(client.get("/apply/"))
        assert ("is open again" in page, "5. Send it" in page) == (True, True)
        client.post("/apply/submit/")
        page = compact(logged_in(staff, ADMIN).get(f"/backoffice/applications/{application.pk}/"))
    assert ("Declined before" in page, "The photo is blurred" in page) == (True, True)
