"""Moderation: staff may read a conversation, and each time it is on record. No number is shown anywhere."""

import pytest
from django.test import Client

from core import clock
from core.models import AuditRecord
from messaging.models import Report, Sms
from messaging.services.record_consent import record_consent
from messaging.services.report import report
from messaging.states import ConsentAction, ConsentSource, Side
from operators.models import Block
from phones.services.store_number import store_number
from tests.factories import StaffFactory
from tests.messaging.scenario import between, text
from tests.scenario import given_customer, given_operator

pytestmark = pytest.mark.django_db
NUMBER = "+12125550187"


@pytest.fixture
def desk() -> Client:
    staff = StaffFactory()
    staff.is_superuser = True
    staff.save()
    client = Client(headers={"host": "admin.localhost"})
    client.force_login(staff)
    return client


def test_a_conversation_is_read_for_a_reason_which_is_on_record(desk: Client) -> None:
    customer, operator = given_customer(balance=1000), given_operator()
    text(customer, operator, "Something <personal>")
    conversation = between(customer, operator)
    form = f"/messaging/conversation/{conversation.pk}/change/"
    read = f"/backoffice/conversations/{conversation.pk}/"
    assert f'action="{read}"' in desk.get(form).content.decode()
    for page in (desk.get("/messaging/conversation/"), desk.get(form), desk.post(form, {"reason": "x"})):
        assert "personal" not in page.content.decode()
    for reason in ("", "  "):
        answer = desk.post(read, {"reason": reason}, follow=True).content.decode()
        assert ("personal" in answer, "Enter a reason: reading" in answer) == (False, True)
    assert not AuditRecord.objects.filter(action="conversation.read").exists()
    for reason in ("a complaint", "the complaint again"):
        assert "Something &lt;personal&gt;" in desk.post(read, {"reason": reason}).content.decode()
    records = AuditRecord.objects.filter(action="conversation.read").order_by("id")
    assert [record.reason for record in records] == ["a complaint", "the complaint again"]
    for record in records:
        assert record.subject == f"messaging.conversation:{conversation.pk}"
        assert record.details == {"up_to": 1, "customer": customer.pk, "operator": operator.pk}
        assert (record.actor is not None, record.created_at is not None) == (True, True)


def test_a_report_is_closed_with_an_outcome(desk: Client) -> None:
    customer, operator = given_customer(balance=1000), given_operator()
    text(customer, operator)
    made = report(conversation_id=between(customer, operator).pk, side=Side.OPERATOR, reason="Rude")
    assert desk.get("/messaging/report/").status_code == 200
    answer = desk.post(f"/messaging/report/{made.pk}/change/", {"outcome": "Warned"})
    assert answer.status_code == 302
    assert Report.objects.get(pk=made.pk).outcome == "Warned"


def test_no_number_of_a_person_is_shown(desk: Client) -> None:
    record_consent(
        phone_number=store_number(NUMBER), action=ConsentAction.START, source=ConsentSource.SITE, said="yes"
    )
    at = clock.now()
    sms = Sms.objects.create(
        reference="sms_1", direction="out", kind="alert", phone_number=store_number(NUMBER), our_number="+12125550150",
        body_sha256=b"", state="sent", created_at=at, changed_at=at,
    )  # fmt: skip
    for path in (
        "sms/",
        f"sms/{sms.pk}/change/",
        "smsconsent/",
        "brandrules/",
        "poolnumber/",
        "chatsession/",
    ):
        page = desk.get(f"/messaging/{path}")
        assert page.status_code == 200, path
        assert NUMBER not in page.content.decode(), path
        assert NUMBER[2:] not in page.content.decode(), path
    assert "ends in 87" in desk.get("/messaging/sms/").content.decode()


def test_nobody_blocks_or_unblocks_in_the_admin(desk: Client) -> None:
    """It would pass the block service: no refund of unanswered texts, nothing on record."""
    block = Block.objects.create(
        customer=given_customer(balance=1000), operator=given_operator(), blocked_by=Side.OPERATOR
    )
    assert desk.get("/operators/block/").status_code == 200
    change = f"/operators/block/{block.pk}/change/"
    for path in ("/operators/block/add/", f"/operators/block/{block.pk}/delete/", change):
        assert desk.post(path, {"post": "yes"}).status_code == 403
    assert Block.objects.count() == 1
