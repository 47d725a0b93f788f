"""Tax forms: what each line may hold, how they are kept, who opens them, and that a payout needs one."""

import hashlib
from datetime import date, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import DatabaseError, transaction
from django.template.loader import render_to_string
from pytest_django.fixtures import Settings

from billing.services.record_payout import record_payout
from core import clock
from core.encryption import InvalidToken, decrypt_document
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.models import AuditRecord
from notices.services.tell_tax_forms import tell_tax_forms_expiring
from operators import tax_forms
from operators.models import Operator, SignedTaxForm
from operators.services.apply import submit_application
from operators.services.documents import PURPOSE as DOCUMENT_PURPOSE
from operators.services.documents import delete_old_documents
from operators.services.tax_forms import PURPOSE, open_tax_form, rotate_tax_forms, sign_tax_form
from operators.standing import payout_obstacle, work_obstacle
from operators.tax_forms import checked, valid_until
from privacy.models import Erasure
from privacy.retention import kind
from privacy.services.delete_old_data import DELETIONS
from tests.factories import StaffFactory, UserFactory
from tests.operators.applicants import NAME, W8BEN, W9, give_tax_form, given_applicant
from tests.scenario import given_customer, given_operator, when_called, when_talked
from tests.support.smtp_sink import deliver_mail

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 30)
LLC = {"tax_class": "llc", "llc_class": "P", "number_kind": "ein", "number": "12-3456789"}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"number": "912-70-1234"},  # an ITIN
        LLC,
        {**LLC, "exempt_payee_code": "5"},
        {"number_kind": "ein", "number": "123456789"},
        {"has_withholding": True},
        {"postal_code": "10012-1234"},
    ],
)
def test_what_a_w9_may_hold(changes: dict[str, Any]) -> None:
    data = checked("w9", W9 | changes, today=TODAY)
    assert data["number"].isdigit()
    assert len(data["number"]) == 9


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("name", {"name": " "}),
        ("tax_class", {"tax_class": "hobby"}),
        ("llc_class", {**LLC, "llc_class": ""}),
        ("other_class", {"tax_class": "other"}),
        ("number_kind", {"tax_class": "c_corporation"}),
        ("exempt_payee_code", {"exempt_payee_code": "5"}),  # of an individual
        ("exempt_payee_code", {**LLC, "exempt_payee_code": "14"}),
        ("region", {"region": "ZZ"}),
        ("postal_code", {"postal_code": "1001"}),
        ("postal_code", {"postal_code": "١٠٠١٢"}),
        ("number", {"number": "12345678"}),
        ("number", {"number": "000-12-3456"}),
        ("number", {"number": "666-12-3456"}),
        ("number", {"number": "123-00-4567"}),
        ("number", {"number": "123-45-0000"}),
        ("number", {"number": "912-01-1234"}),  # neither an SSN nor an ITIN
        ("number", {"number_kind": "ein", "number": "00-1234567"}),
        ("address", {"address": "x" * 121}),
    ],
)
def test_what_a_w9_refuses_is_said_of_the_field(field: str, changes: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        checked("w9", W9 | changes, today=TODAY)
    assert refused.value.extra["field"] == field


TREATY = {"treaty_country": "DE", "treaty_article": "14(1)", "treaty_rate": "0%", "treaty_income": "Services"}


@pytest.mark.parametrize(
    "changes",
    [{}, TREATY, {"foreign_number": "", "no_number_reason": "None are given"}, {"us_number": "912701234"}],
)
def test_what_a_w8ben_may_hold(changes: dict[str, Any]) -> None:
    assert checked("w8ben", W8BEN | changes, today=TODAY)["born_on"] == "1990-03-07"


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("country", {"country": "US"}),
        ("citizenship", {"citizenship": "US"}),
        ("country", {"country": "XX"}),
        ("born_on", {"born_on": date(2010, 1, 1)}),
        ("no_number_reason", {"foreign_number": ""}),
        ("foreign_number", {"foreign_number": "<b>"}),
        ("us_number", {"us_number": "12"}),
        ("treaty_country", {"treaty_article": "14"}),
        ("treaty_country", {**TREATY, "treaty_country": "FR"}),
        ("treaty_rate", {**TREATY, "treaty_rate": ""}),
        ("treaty_rate", {**TREATY, "treaty_rate": "31"}),
        ("treaty_rate", {**TREATY, "treaty_rate": "NaN"}),
        ("treaty_article", {**TREATY, "treaty_article": ""}),
        ("treaty_income", {**TREATY, "treaty_income": ""}),
        ("foreign_number", {**TREATY, "foreign_number": "", "no_number_reason": "None"}),
    ],
)
def test_what_a_w8ben_refuses_is_said_of_the_field(field: str, changes: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        checked("w8ben", W8BEN | changes, today=TODAY)
    assert refused.value.extra["field"] == field


def test_a_w8ben_counts_to_the_end_of_the_third_year_after_it_was_signed() -> None:
    assert valid_until("w8ben", date(2026, 1, 1)) == date(2029, 12, 31)
    assert valid_until("w8ben", date(2026, 12, 31)) == date(2029, 12, 31)
    assert valid_until("w9", TODAY) is None


@pytest.mark.parametrize(("name", "digest"), [("w9", "4f6af07c3b5ecf46"), ("w8ben", "87d44e73d1370556")])
def test_the_text_of_an_edition_stays(name: str, digest: str) -> None:
    """Whoever changes what it certifies raises `tax_forms.EDITION`."""
    text = render_to_string(f"operators/tax_{name}.html")
    assert (tax_forms.EDITION, hashlib.sha256(text.encode()).hexdigest()[:16]) == ("2026-12", digest)


def test_a_form_is_kept_encrypted_under_a_key_of_its_own_and_is_never_changed(settings: Settings) -> None:
    form = give_tax_form(given_operator().user)
    token = bytes(form.data)
    assert (form.last_four, form.edition, len(bytes(form.network_hash or b""))) == ("6789", "2026-12", 32)
    assert not any(words in token for words in (b"123456789", NAME.encode(), b"Bleecker"))
    with pytest.raises(InvalidToken):
        decrypt_document(token, DOCUMENT_PURPOSE)
    with pytest.raises(DatabaseError), transaction.atomic():
        SignedTaxForm.objects.filter(pk=form.pk).update(last_four="0000")
    with pytest.raises(DatabaseError), transaction.atomic():
        form.delete()
    new = "a new key of documents, long enough for it"
    settings.DOCUMENT_KEYS = [new, *settings.DOCUMENT_KEYS]
    assert (rotate_tax_forms(), rotate_tax_forms()) == (1, 0)
    settings.DOCUMENT_KEYS = [new]
    assert open_tax_form(form_id=form.pk, actor=StaffFactory(), reason="1099")[1]["number"] == "123456789"


def test_a_new_form_counts_instead_of_the_one_before_which_stays() -> None:
    user = given_operator().user
    first, second = give_tax_form(user), give_tax_form(user, "w8ben")
    newest = tax_forms.newest(user.pk)
    assert newest is not None
    assert (newest.pk, SignedTaxForm.objects.filter(user=user).count()) == (second.pk, 2)
    assert first.pk < second.pk


def test_whoever_signs_for_themselves_types_the_name_of_the_form() -> None:
    user = given_operator().user
    with pytest.raises(Invalid, match="exactly") as refused:
        sign_tax_form(user=user, kind="w9", fields=W9, typed_name="Somebody Else", address=None)
    assert refused.value.extra["field"] == "typed_name"
    form = sign_tax_form(user=user, kind="w9", fields=W9 | LLC, typed_name="Her Manager", address=None)
    assert (form.network_hash, form.last_four) == (None, "6789")


def test_each_view_is_on_record_and_nobody_opens_their_own() -> None:
    user, clerk = given_operator().user, StaffFactory()
    form = give_tax_form(user)
    with pytest.raises(Invalid):
        open_tax_form(form_id=form.pk, actor=clerk, reason=" ")
    with pytest.raises(NotAllowed, match="own account"):
        open_tax_form(form_id=form.pk, actor=user, reason="Mine")
    with pytest.raises(NotFound):
        open_tax_form(form_id=form.pk + 1, actor=clerk, reason="1099")
    assert not AuditRecord.objects.filter(action="tax_form.view").exists()
    _, data = open_tax_form(form_id=form.pk, actor=clerk, reason="1099 of 2026")
    assert (data["name"], data["number"], PURPOSE) == (NAME, "123456789", "tax form")
    record = AuditRecord.objects.get(action="tax_form.view")
    assert (record.actor, record.reason, record.subject) == (
        clerk,
        "1099 of 2026",
        f"customers.user:{user.pk}",
    )


def test_applicants_need_one_and_cannot_change_it_once_it_was_sent() -> None:
    application = given_applicant(submitted=False, taxed=False)
    with pytest.raises(Conflict, match="tax form"):
        submit_application(user=application.user)
    give_tax_form(application.user)
    submit_application(user=application.user)
    with pytest.raises(Conflict, match="has been sent"):
        give_tax_form(application.user)
    with pytest.raises(NotFound):
        give_tax_form(UserFactory())


def payout(operator: Operator) -> None:
    record_payout(
        operator=operator,
        amount_minor=100,
        reason="wire",
        actor=StaffFactory(),
        idempotency_key="payout",
        is_early=True,
    )


def test_who_worked_before_is_paid_without_a_form_for_the_grace_time_and_works_on_after_it() -> None:
    operator = given_operator()
    when_talked(when_called(given_customer(), operator), 65_000)
    at = clock.now()
    assert payout_obstacle(operator, at + timedelta(days=29)) is None
    later = at + timedelta(days=31)
    assert work_obstacle(operator, later) is None
    with clock.using(lambda: later):
        with pytest.raises(Conflict, match="no tax form on file") as refused:
            payout(operator)
        assert refused.value.error_code == "no_tax_form"
        give_tax_form(operator.user)
        payout(operator)


def test_an_expired_w8ben_keeps_a_payout_back_and_we_ask_for_a_new_one_twice() -> None:
    operator = given_operator()
    form = give_tax_form(operator.user, "w8ben")
    assert form.valid_until
    end = clock.now() + (form.valid_until - clock.now().date())
    assert payout_obstacle(operator, end - timedelta(days=2)) is None
    assert payout_obstacle(operator, end + timedelta(days=2)) == "tax_form_expired"
    assert tell_tax_forms_expiring() == 0
    for days in (59, 58, 14, 3):
        with clock.using(lambda days=days: end - timedelta(days=days)):
            assert tell_tax_forms_expiring() == 1
    mail.outbox.clear()
    deliver_mail()
    assert len(mail.outbox) == 2
    assert "Your W-8BEN is valid until Dec 31" in str(mail.outbox[0].body)
    give_tax_form(operator.user)
    with clock.using(lambda: end - timedelta(days=3)):
        assert tell_tax_forms_expiring() == 0


def test_a_form_is_gone_with_what_led_to_nothing_and_else_after_its_term() -> None:
    given_applicant(submitted=False)
    left, working = given_operator().user, given_operator().user
    old = clock.now() - timedelta(days=5 * 365)
    for user in (left, working):
        SignedTaxForm.objects.create(user=user, kind="w9", edition="1", data=b"x", signed_at=old)
    Erasure.objects.create(user=left, state="done", requested_at=old, due_at=old, finished_at=old)
    replaced = SignedTaxForm.objects.get(user=working)
    SignedTaxForm.objects.create(user=working, kind="w9", edition="1", data=b"x", signed_at=old)
    give_tax_form(working)
    delete_old_documents(clock.now() + timedelta(days=1))
    assert SignedTaxForm.objects.count() == 4
    kept_for = kind("tax_forms").kept_for
    assert kept_for
    DELETIONS["tax_forms"](clock.now() - kept_for)
    assert [row.user_id for row in SignedTaxForm.objects.all()] == [working.pk] * 2
    assert not SignedTaxForm.objects.filter(pk=replaced.pk).exists()
