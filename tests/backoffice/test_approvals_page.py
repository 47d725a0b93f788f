"""The page of requests for approval: who sees what, who decides, and the emails that both get."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core import mail
from django.test import Client
from pytest_django.fixtures import Settings

from billing.deeds import CREDIT, GRANT, PAYOUT, REFUND, RETURN
from billing.models import ApprovalRequest
from billing.selectors import wallet_of
from billing.services.carry_out import carry_out
from core import clock
from customers.models import Customer, User
from customers.services.limits import close_account
from notices.models import Notice
from tests.billing.test_approvals import WEEK, travelled
from tests.billing.test_staff import page
from tests.factories import StaffFactory, UserFactory
from tests.scenario import given_customer, given_operator, logged_in, when_called, when_talked
from tests.support.smtp_sink import MailSink, deliver_mail, text_of

pytestmark = pytest.mark.django_db
ADMIN = "admin.localhost"
PAGE = "/backoffice/approvals/"


@pytest.fixture(autouse=True)
def _limits(settings: Settings) -> None:
    settings.BILLING = {**settings.BILLING, "STAFF_LIMITS": ["*:2000:20"]}


@pytest.fixture
def staff() -> User:
    member: User = StaffFactory()
    return member


@pytest.fixture
def customer() -> Customer:
    return given_customer(balance=0)


@pytest.fixture
def request_(staff: User, customer: Customer) -> ApprovalRequest:
    carry_out(
        CREDIT, actor=staff, reason="a lost weekend", idempotency_key="k", customer=customer.pk, amount_minor=5000,
        source="promo",
    )  # fmt: skip
    return ApprovalRequest.objects.get()


def text(client: Client, address: str = PAGE, **form: Any) -> str:
    answer = client.post(address, form, follow=True) if form else client.get(address)
    return " ".join(answer.content.decode().split())


def test_an_empty_page_says_what_will_be_there(staff: User) -> None:
    shown = text(logged_in(staff, ADMIN))
    assert "No open requests. When someone asks for more" in shown
    assert "Recent decisions" not in shown


def test_the_form_requests_approval_and_a_colleague_gives_it(staff: User, customer: Customer) -> None:
    desk = logged_in(staff, ADMIN)
    form = {"customer": customer.pk, "what": "promo", "amount": "50", "reason": "a lost weekend", "key": "k"}
    question = text(desk, page("ledger_transaction_book"), **form)
    assert (
        "You can give one person at most $20.00 in 24 hours; $0.00 so far. Someone else has to approve it"
        in question
    )
    assert "Request approval</button>" in question
    assert not ApprovalRequest.objects.exists()
    assert "Not done yet. Someone else" in text(desk, page("ledger_transaction_book"), confirmed="1", **form)
    own = text(desk)
    assert f'$50.00 credit for <a href="/backoffice/customers/{customer.pk}/">{customer.alias}</a>' in own
    assert "This is your request. Someone else decides it." in own
    assert "Approve</button>" not in own

    colleague = logged_in(StaffFactory(), ADMIN)
    shown = text(colleague)
    for words in (staff.email, "a lost weekend", "Balance: $0.00 → $50.00.", "Expires", "ET"):
        assert words in shown
    address = f"{PAGE}{ApprovalRequest.objects.get().pk}/approve/"
    asked = text(colleague, address, key="")
    assert f"Approve $50.00 credit for {customer.alias}?" in asked
    assert wallet_of(customer.pk).balance_minor == 0
    assert "Approved and done." in text(colleague, address, confirmed="1", reason="checked")
    assert wallet_of(customer.pk).balance_minor == 5000
    assert "Recent decisions" in text(colleague)
    assert "already decided" in text(colleague, address, confirmed="1", reason="checked")
    assert wallet_of(customer.pk).balance_minor == 5000


def test_a_decision_needs_a_reason_and_another_person(staff: User, request_: ApprovalRequest) -> None:
    desk, colleague = logged_in(staff, ADMIN), logged_in(StaffFactory(), ADMIN)
    for verb in ("approve", "decline"):
        address = f"{PAGE}{request_.pk}/{verb}/"
        assert "Someone else has to decide" in text(desk, address, confirmed="1", reason="I am sure")
        assert "Enter a reason of at most" in text(colleague, address, confirmed="1", reason=" ")
    assert "Only the person who asked" in text(
        colleague, f"{PAGE}{request_.pk}/withdraw/", confirmed="1", reason="x"
    )
    assert "Withdraw your request: $50.00 credit" in text(desk, f"{PAGE}{request_.pk}/withdraw/", key="")
    assert "Withdrawn." in text(desk, f"{PAGE}{request_.pk}/withdraw/", confirmed="1", reason="a mistake")
    request_.refresh_from_db()
    assert request_.state == "withdrawn"


def test_who_gives_nothing_sees_nothing_and_a_view_right_decides_nothing(request_: ApprovalRequest) -> None:
    clerk: User = UserFactory(is_staff=True)
    desk = logged_in(clerk, ADMIN)
    assert desk.get(PAGE).status_code == 403
    clerk.user_permissions.add(Permission.objects.get(codename="view_approvalrequest"))
    assert "You don’t have permission to decide this." in text(desk)
    assert "You don’t have permission to decide this." in text(
        desk, f"{PAGE}{request_.pk}/approve/", confirmed="1", reason="x"
    )
    assert ApprovalRequest.objects.get().state == "waiting"
    assert "Approvals" in text(desk, "/")


def test_every_deed_shows_its_effect_in_figures(staff: User) -> None:
    operator = given_operator(stage_name="Sarah")
    call = when_called(given_customer(balance="45.00"), operator)
    when_talked(call, 600_000)
    gone = given_customer(balance="45.00")
    close_account(customer=gone)
    until = "2100-01-01T04:59:59+00:00"
    deeds: list[tuple[str, dict[str, Any]]] = [
        (REFUND, {"reference": call.call_id, "amount_minor": None, "claws_back": False}),
        (GRANT, {"customer": call.customer_id, "operator": operator.pk, "minutes": 30, "expires_at": until, "funded_by": "platform"}),
        (PAYOUT, {"operator": operator.pk, "amount_minor": 3000, "is_early": True}),
        (RETURN, {"customer": gone.pk, "amount_minor": 4500}),
    ]  # fmt: skip
    for number, (deed, arguments) in enumerate(deeds):
        carry_out(deed, actor=staff, reason="because", idempotency_key=f"k{number}", **arguments)
    shown = text(logged_in(StaffFactory(), ADMIN))
    for words in (
        f"Balance: $4.11 → $45.00. For {call.call_id}; the platform pays all of it.",
        f'30 free minutes for <a href="/backoffice/customers/{call.customer_id}/">{call.customer.alias} with Sarah</a>',
        "They can be used until 2099-12-31 23:59 ET. The operator is paid for them.",
        "Owed: $32.71 → $2.71. It must have been paid outside.",
        "Balance: $45.00 → $0.00. It must have been paid back outside.",
    ):
        assert words in shown


def test_both_are_told(staff: User, request_: ApprovalRequest, mail_sink: MailSink) -> None:
    colleague, clerk = StaffFactory(), UserFactory(is_staff=True)
    Notice.objects.all().delete()
    text(logged_in(colleague, ADMIN), f"{PAGE}{request_.pk}/decline/", confirmed="1", reason="ask the owner")
    deliver_mail()
    letters = {message["To"]: text_of(message) for message in mail_sink.mails}
    assert set(letters) == {staff.email, colleague.email}
    for letter in letters.values():
        assert f"declined by {colleague.email}: $50.00 credit for" in letter
        assert "ask the owner" in letter
    assert clerk.email not in letters
    assert not mail.outbox


def test_who_may_decide_is_asked_by_email(customer: Customer, staff: User, mail_sink: MailSink) -> None:
    colleague = StaffFactory()
    UserFactory(is_staff=True)
    carry_out(
        CREDIT, actor=staff, reason="a lost weekend", idempotency_key="k", customer=customer.pk, amount_minor=5000,
        source="promo",
    )  # fmt: skip
    deliver_mail()
    [message] = mail_sink.mails
    assert message["To"] == colleague.email
    assert message["Subject"] == "A request to approve"
    assert f"{staff.email} needs your approval: $50.00 credit for {customer.alias}." in text_of(message)
    assert "admin.localhost" in text_of(message)


def test_the_owner_is_told_at_once_of_what_only_waits(
    customer: Customer, staff: User, mail_sink: MailSink, settings: Settings
) -> None:
    settings.BILLING = {**settings.BILLING, "SOLE_ADMINISTRATOR": True}
    settings.OWNER_EMAILS = ["owner@example.test"]
    carry_out(
        GRANT, actor=staff, reason="a lost weekend", idempotency_key="k", customer=customer.pk, minutes=60,
        operator=None, expires_at=(clock.now() + WEEK).isoformat(), funded_by="platform",
    )  # fmt: skip
    deliver_mail()
    [message] = mail_sink.mails
    assert message["To"] == "owner@example.test"
    assert "60 free minutes for" in text_of(message)
    assert "unless it’s declined or withdrawn" in text(logged_in(staff, ADMIN))
    with travelled(hours=1):
        assert "Withdraw</button>" in text(logged_in(staff, ADMIN))
