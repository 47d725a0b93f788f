"""Applying to be an operator: documents as they are kept, and who may work and be paid."""

import hashlib
import io
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from PIL import Image
from pytest_django.fixtures import Settings

from billing.services.record_payout import record_payout
from core import clock
from core.encryption import InvalidToken, decrypt_document
from core.errors import Conflict, Invalid, NotAllowed
from core.models import AuditRecord
from operators import contract
from operators.models import Application, ContractSignature, ContractText, DocumentFile, Operator
from operators.photo_processing import MAX_BYTES
from operators.services.apply import reapply, save_facts, submit_application
from operators.services.decide_application import (
    accept_document,
    approve_application,
    decline_application,
)
from operators.services.documents import (
    PURPOSE,
    add_document,
    delete_old_documents,
    open_document,
    rotate_documents,
)
from operators.services.presence import set_presence, take_offline_with_obstacle
from operators.services.review_operator import approve_operator, suspend_operator
from operators.standing import may_be_paid
from operators.states import ApprovalStatus, Presence
from phones.services.store_number import store_number
from tests.factories import BrandFactory, StaffFactory, UserFactory
from tests.operators.applicants import FACTS, give_document, give_tax_form, given_applicant, sign
from tests.operators.photographs import GPS, SVG, encoded, from_a_phone, halves, png_that_claims
from tests.scenario import given_customer, given_operator, when_called, when_talked

pytestmark = pytest.mark.django_db
LONG = timedelta(days=90, hours=1)


def approved() -> Operator:
    """By staff, with a phone that can be called."""
    BrandFactory()
    operator = approve_application(
        application_id=given_applicant().pk, actor=StaffFactory(), reason="Compared the ID on video"
    )
    Operator.objects.filter(pk=operator.pk).update(
        phone_number=store_number("+19991020777"), phone_verified_at=clock.now()
    )
    operator.refresh_from_db()
    return operator


def pay_out(operator: Operator) -> None:
    record_payout(
        operator=operator,
        amount_minor=100,
        reason="wire",
        actor=StaffFactory(),
        idempotency_key="payout",
        is_early=True,
    )


def test_a_photo_is_drawn_anew_without_where_it_was_taken_and_encrypted() -> None:
    application = given_applicant()
    file = DocumentFile.objects.get(document__application=application)
    token = bytes(file.data)
    assert not any(mark in token for mark in (b"RIFF", b"WEBP", b"\xff\xd8\xff", GPS))
    picture = open_document(file_id=file.pk, actor=StaffFactory(), reason="Check the name")
    assert GPS not in picture
    with Image.open(io.BytesIO(picture)) as image:
        assert (image.format, image.size, dict(image.getexif())) == ("WEBP", (640, 800), {})
    assert hashlib.sha256(picture).hexdigest() == file.digest


def test_another_key_opens_no_document(settings: Settings) -> None:
    given_applicant()
    token = bytes(DocumentFile.objects.get().data)
    settings.DOCUMENT_KEYS = settings.DATA_KEYS
    with pytest.raises(InvalidToken):
        decrypt_document(token, PURPOSE)


def test_a_new_key_takes_over(settings: Settings) -> None:
    given_applicant()
    new = "a new key of documents, long enough for it"
    settings.DOCUMENT_KEYS = [new, *settings.DOCUMENT_KEYS]
    assert (rotate_documents(), rotate_documents()) == (1, 0)
    settings.DOCUMENT_KEYS = [new]
    assert open_document(file_id=DocumentFile.objects.get().pk, actor=StaffFactory(), reason="Check")


def test_a_polyglot_keeps_nothing_but_its_picture() -> None:
    application = given_applicant(submitted=False)
    hidden = b"<script>alert(1)</script>PK\x03\x04"
    expires_on = clock.now().date() + timedelta(days=9)
    data = encoded(halves()) + hidden
    add_document(user=application.user, kind="passport", expires_on=expires_on, sides=[data])
    picture = open_document(file_id=DocumentFile.objects.get().pk, actor=StaffFactory(), reason="Check")
    assert not any(part in picture for part in (b"script", b"PK\x03\x04", b"\xff\xd8\xff"))


@pytest.mark.parametrize(
    "data",
    [
        SVG,
        b"%PDF-1.7",
        encoded(halves())[:400],
        png_that_claims(60_000, 60_000),
        b"\xff\xd8" + bytes(MAX_BYTES),
    ],
    ids=["svg", "pdf", "cut off", "bomb", "too large"],
)
def test_what_is_no_photo_is_refused(data: bytes) -> None:
    application = given_applicant(submitted=False)
    before = list(DocumentFile.objects.values_list("pk", flat=True))
    with pytest.raises(Invalid):
        add_document(
            user=application.user,
            kind="license",
            expires_on=clock.now().date() + timedelta(days=9),
            sides=[data],
        )
    assert list(DocumentFile.objects.values_list("pk", flat=True)) == before


def test_an_expired_document_and_a_child_are_refused_at_once() -> None:
    application = given_applicant(submitted=False)
    with pytest.raises(Invalid, match="expired"):
        give_document(application.user, days=-2)
    seventeen = clock.now().date() - timedelta(days=17 * 365)
    with pytest.raises(NotAllowed, match="18"):
        save_facts(user=UserFactory(), **{**FACTS, "born_on": seventeen})


def test_it_cannot_be_sent_before_everything_is_there_nor_changed_afterwards() -> None:
    application = given_applicant(submitted=False, signed=False)
    with pytest.raises(Conflict, match="Sign the contract"):
        submit_application(user=application.user)
    with pytest.raises(Invalid, match="exactly"):
        sign(application.user, "Somebody Else")
    sign(application.user)
    submit_application(user=application.user)
    with pytest.raises(Conflict, match="has been sent"):
        save_facts(user=application.user, **FACTS)
    with pytest.raises(Conflict, match="has been sent"):
        give_document(application.user)


def test_a_signature_keeps_text_time_and_network_hash_and_is_never_changed() -> None:
    application = given_applicant()
    signature = ContractSignature.objects.get(user=application.user)
    assert (signature.edition, signature.text.text) == (contract.EDITION, contract.current_contract().text)
    assert len(bytes(signature.network_hash or b"")) == 32
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE operators_contractsignature SET typed_name = 'Nobody'")


def test_the_text_of_an_edition_stays() -> None:
    """Whoever changes what it means raises `contract.EDITION`, so that everybody signs again."""
    now = contract.current_contract()
    assert (now.edition, now.digest[:16]) == ("2026-12", "843c401b988f2022")


def test_staff_approve_and_she_goes_online() -> None:
    operator = approved()
    assert (operator.approval_status, operator.stage_name) == (ApprovalStatus.APPROVED, "Luna")
    set_presence(operator_id=operator.pk, presence=Presence.ONLINE)
    assert may_be_paid(operator, clock.now())


def test_nobody_decides_on_themselves() -> None:
    application = given_applicant()
    application.user.is_staff = application.user.is_superuser = True
    application.user.save()
    file = DocumentFile.objects.get()
    with pytest.raises(NotAllowed, match="own account"):
        approve_application(application_id=application.pk, actor=application.user, reason="It's me")
    with pytest.raises(NotAllowed, match="own account"):
        open_document(file_id=file.pk, actor=application.user, reason="It's me")


@pytest.mark.parametrize("wrong", ["young", "expired", "unsigned"])
def test_what_is_in_the_way_of_approval(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    application = given_applicant()
    if wrong == "young":
        Application.objects.update(born_on=clock.now().date() - timedelta(days=17 * 365))
    elif wrong == "expired":
        application.documents.update(expires_on=date(2026, 1, 1))
    else:
        monkeypatch.setattr(contract, "EDITION", "of tomorrow")
    with pytest.raises(Conflict, match=r"under 18|expired|signed"):
        approve_application(application_id=application.pk, actor=StaffFactory(), reason="Fine")
    assert not Operator.objects.exists()


@pytest.mark.parametrize("wrong", ["too_young", "document_expired", "contract_unsigned"])
def test_who_may_not_work_is_neither_online_nor_paid(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    operator = approved()
    set_presence(operator_id=operator.pk, presence=Presence.ONLINE)
    when_talked(when_called(given_customer(), operator), 65_000)
    at = clock.now()
    if wrong == "too_young":
        Application.objects.update(born_on=at.date() - timedelta(days=17 * 365))
    elif wrong == "document_expired":
        operator.application.documents.update(expires_on=date(2026, 1, 1))
    else:
        monkeypatch.setattr(contract, "EDITION", "of tomorrow")
        ContractText.objects.create(edition="of tomorrow", digest="0", text="More")
        assert may_be_paid(operator, at)  # a new edition has its grace time
        at += timedelta(days=31)
    with clock.using(lambda: at):
        assert not may_be_paid(operator, at)
        with pytest.raises(Conflict) as refused:
            pay_out(operator)
        assert refused.value.error_code == wrong
        assert take_offline_with_obstacle() == 1
        with pytest.raises(NotAllowed) as said:
            set_presence(operator_id=operator.pk, presence=Presence.ONLINE)
    assert said.value.error_code == wrong
    assert said.value.message.endswith(".")


def test_staff_cannot_let_somebody_back_whose_document_expired() -> None:
    operator = approved()
    suspend_operator(operator_id=operator.pk, actor=StaffFactory(), reason="Complaint")
    operator.application.documents.update(expires_on=date(2026, 1, 1))
    with pytest.raises(Conflict, match="expired"):
        approve_operator(operator_id=operator.pk, actor=StaffFactory(), reason="Cleared")


def test_the_next_document_counts_once_staff_accepted_it() -> None:
    operator = approved()
    operator.application.documents.update(expires_on=date(2026, 1, 1))
    give_document(operator.user)
    assert not may_be_paid(operator, clock.now())
    document = operator.application.documents.get(accepted_at=None)
    accept_document(document_id=document.pk, actor=StaffFactory(), reason="Same face")
    assert may_be_paid(operator, clock.now())


def test_who_works_already_has_time_to_sign_and_is_paid_after_leaving() -> None:
    operator = given_operator(presence=Presence.OFFLINE)
    give_tax_form(operator.user)
    later = clock.now() + timedelta(days=365)
    assert may_be_paid(operator, later)  # never shown here
    ContractText.objects.create(edition=contract.EDITION, digest="0", text="So")
    assert may_be_paid(operator, clock.now() + timedelta(days=29))
    assert not may_be_paid(operator, clock.now() + timedelta(days=31))
    operator.approval_status = ApprovalStatus.CLOSED
    assert may_be_paid(operator, later)
    operator.approval_status = ApprovalStatus.APPROVED
    sign(operator.user, "Any Name")
    assert may_be_paid(operator, later)


def test_photos_are_gone_after_their_term_and_so_is_what_led_to_nothing() -> None:
    operator, waiting, unfinished = approved(), given_applicant(), given_applicant(submitted=False)
    assert delete_old_documents(clock.now() - LONG) == 0
    delete_old_documents(clock.now() + timedelta(days=1))
    assert not DocumentFile.objects.filter(document__application__operator=operator).exists()
    assert operator.application.documents.count() == 1  # until when it is valid stays
    assert DocumentFile.objects.filter(document__application=waiting).exists()
    assert not Application.objects.filter(pk=unfinished.pk).exists()


def test_each_view_is_on_record_with_who_and_why() -> None:
    application, clerk = given_applicant(), StaffFactory()
    file = DocumentFile.objects.get()
    with pytest.raises(Invalid):
        open_document(file_id=file.pk, actor=clerk, reason=" ")
    assert not AuditRecord.objects.filter(action="document.view").exists()
    open_document(file_id=file.pk, actor=clerk, reason="Check the name")
    record = AuditRecord.objects.get(action="document.view")
    assert (record.actor, record.reason, record.subject) == (
        clerk,
        "Check the name",
        f"customers.user:{application.user_id}",
    )


def test_both_sides_are_kept_and_replace_what_was_there() -> None:
    application = given_applicant(submitted=False)
    add_document(
        user=application.user, kind="license", expires_on=clock.now().date() + timedelta(days=9),
        sides=[from_a_phone(), from_a_phone()],
    )  # fmt: skip
    assert list(DocumentFile.objects.order_by("side").values_list("side", flat=True)) == [1, 2]


def test_a_declined_applicant_applies_again_after_the_waiting_time_and_staff_see_the_earlier_decision() -> (
    None
):
    application = given_applicant()
    decline_application(application_id=application.pk, actor=StaffFactory(), reason="The photo is blurred")
    with pytest.raises(Conflict, match="You can apply again on"):
        reapply(user=application.user)
    later = clock.now() + timedelta(days=8)
    with clock.using(lambda: later):
        reapply(user=application.user)
        give_document(application.user)
        submit_application(user=application.user)
        application.refresh_from_db()
        assert (application.state, application.answer, application.decided_at) == ("submitted", "", None)
    with pytest.raises(Conflict, match="declined"):
        reapply(user=application.user)
    reasons = AuditRecord.objects.filter(action="application.declined").values_list("reason", flat=True)
    assert list(reasons) == ["The photo is blurred"]
