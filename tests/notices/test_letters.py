"""Every letter that a page promises is sent: in the transaction of the decision, to the right person, with the figures."""

import re
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client

from billing.models import FundsRequest
from billing.services.refund import refund_reference
from billing.services.request_funds import answer_request, decline_request, request_funds
from core import clock
from core.errors import Conflict
from customers.models import Customer, User
from customers.services.limits import close_account
from messaging.services.refund_unanswered import refund_unanswered
from messaging.services.send import send
from notices.models import Notice
from notices.services.tell_owner import MAX_PER_HOUR, tell_owner_of_error
from operators.models import Operator, Photo
from operators.services.photos import approve_photo, refuse_photo, remove_photo, upload_photo
from operators.services.profile_texts import approve_profile_text, change_profile, refuse_profile_text
from operators.services.review_operator import approve_operator, suspend_operator
from tests.factories import BrandFactory, StaffFactory
from tests.operators.photographs import from_a_phone
from tests.scenario import given_customer, given_operator, logged_in, wallet, when_called, when_talked
from tests.support.html import compact
from tests.support.smtp_sink import MailSink, deliver_mail, text_of

pytestmark = pytest.mark.django_db
ADMIN = "admin.localhost"


@pytest.fixture
def desk() -> Client:
    return logged_in(StaffFactory(), ADMIN)


@pytest.fixture
def customer() -> Customer:
    return given_customer(balance="29.00")


def staff() -> User:
    user: User = StaffFactory()
    return user


def letter(sink: MailSink, to: User) -> str:
    """The text of the one letter that arrived, which went to `to`."""
    deliver_mail()
    [message] = sink.mails
    assert message["To"] == to.email
    return text_of(message)


def asked(customer: Customer) -> FundsRequest:
    return request_funds(customer=customer, brand=BrandFactory(), amount_minor=5000)


def test_a_request_for_funds_is_answered_with_how_to_pay_and_stays_open(
    mail_sink: MailSink, desk: Client, customer: Customer
) -> None:
    row = asked(customer)
    desk.post(f"/backoffice/funds/{row.pk}/answer/", {"text": "Wire it to account 77."})
    text = letter(mail_sink, customer.user)
    assert ("$50.00" in text, "Wire it to account 77." in text) == (True, True)
    assert "Wire it to account 77." in desk.get("/backoffice/funds/").content.decode()
    row.refresh_from_db()
    assert row.state == "waiting"


def test_a_request_credited_says_the_new_balance(
    mail_sink: MailSink, desk: Client, customer: Customer
) -> None:
    row = asked(customer)
    fields = {"amount": "50.00", "source": "adjustment"}
    question = compact(desk.post(f"/backoffice/funds/{row.pk}/credit/", fields))
    assert ("$29.00 → $79.00" in question, customer.alias in question, wallet(customer)) == (
        True,
        True,
        (2900, 0),
    )
    desk.post(f"/backoffice/funds/{row.pk}/credit/", {**fields, "confirmed": "1", "reason": "check 12"})
    assert "We added $50.00 to your balance. You now have $79.00." in letter(mail_sink, customer.user)


def test_a_request_declined_gives_the_reason(mail_sink: MailSink, desk: Client, customer: Customer) -> None:
    row = asked(customer)
    question = compact(desk.post(f"/backoffice/funds/{row.pk}/decline/", {}))
    assert ("the customer reads it" in question, "$50.00" in question) == (True, True)
    desk.post(f"/backoffice/funds/{row.pk}/decline/", {"confirmed": "1", "reason": "Your card was lost."})
    text = letter(mail_sink, customer.user)
    assert ("$50.00" in text, "Your card was lost." in text) == (True, True)


def test_a_decision_that_fails_writes_no_letter(customer: Customer) -> None:
    row, actor = asked(customer), staff()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        decline_request(request_id=row.pk, reason="no", actor=actor)
        raise ZeroDivisionError
    assert Notice.objects.count() == 0
    decline_request(request_id=row.pk, reason="no", actor=actor)
    with pytest.raises(Conflict):
        answer_request(request_id=row.pk, text="too late", actor=actor)
    assert Notice.objects.count() == 1


def test_a_refund_says_how_much_and_for_what_and_names_nobody(mail_sink: MailSink) -> None:
    customer, operator = given_customer(balance="45.00"), given_operator(stage_name="Sarah")
    call = when_called(customer, operator)
    when_talked(call, 127_000)
    refund_reference(
        reference=call.call_id, amount_minor=399, reason="bad line", actor=staff(), idempotency_key="k"
    )
    text = letter(mail_sink, customer.user)
    assert re.search(r"We refunded \$3\.99 for a call on \w+ \d+, \d{4}\.", text), text
    assert ("Sarah" in text, "bad line" in text) == (False, False)


def test_a_refund_by_a_rule_writes_the_same_letter(mail_sink: MailSink) -> None:
    customer, operator = given_customer(balance="45.00"), given_operator(stage_name="Sarah")
    at = clock.now() - timedelta(days=2)
    with clock.using(lambda: at):
        send(customer=customer, operator_id=operator.pk, text="Are you there?")
    assert refund_unanswered(at=clock.now()) == 1
    text = letter(mail_sink, customer.user)
    assert re.search(r"We refunded \$0\.50 for a text on \w+ \d+, \d{4}\.", text), text
    assert "You now have $45.00." in text
    assert "Sarah" not in text


def test_closing_with_money_left_is_confirmed_by_a_letter_queued_and_paid_back(
    mail_sink: MailSink, desk: Client, customer: Customer
) -> None:
    close_account(customer=customer)
    assert "You had $29.00 left." in letter(mail_sink, customer.user)
    page = compact(desk.get("/backoffice/balances/"))
    assert (customer.alias in page, "$29.00" in page) == (True, True)
    assert "Balances to pay back" in compact(desk.get("/"))
    address, fields = f"/backoffice/balances/{customer.pk}/pay-back/", {"amount": "29.00", "key": "k"}
    assert "$29.00 → $0.00" in compact(desk.post(address, fields))
    for _ in range(2):
        desk.post(address, {**fields, "confirmed": "1", "reason": "By check, mailed today."})
    assert wallet(customer) == (0, 0)
    assert customer.alias not in compact(desk.get("/backoffice/balances/"))
    mail_sink.mails.clear()
    text = letter(mail_sink, customer.user)
    assert ("$29.00" in text, "By check, mailed today." in text) == (True, True)


def test_who_closes_without_money_is_told_so(mail_sink: MailSink) -> None:
    customer = given_customer(balance=0)
    close_account(customer=customer)
    close_account(customer=customer)
    assert "no money left" in letter(mail_sink, customer.user)


def test_an_open_account_is_not_paid_back(desk: Client, customer: Customer) -> None:
    fields = {"amount": "29.00", "key": "k", "confirmed": "1", "reason": "x"}
    page = desk.post(f"/backoffice/balances/{customer.pk}/pay-back/", fields, follow=True)
    assert "This account is still open" in page.content.decode()
    assert wallet(customer) == (2900, 0)


def test_a_suspended_operator_reads_why(mail_sink: MailSink) -> None:
    operator = given_operator()
    suspend_operator(operator_id=operator.pk, actor=staff(), reason="Two complaints this week.")
    assert "Two complaints this week." in letter(mail_sink, operator.user)


def test_an_approved_operator_is_told_and_not_how_they_were_checked(mail_sink: MailSink) -> None:
    operator = given_operator(approval_status="pending")
    approve_operator(operator_id=operator.pk, actor=staff(), reason="passport seen")
    text = letter(mail_sink, operator.user)
    assert ("approved" in text, "passport" in text) == (True, False)


def photo_of(operator: Operator) -> Photo:
    upload_photo(operator_id=operator.pk, data=from_a_phone())
    return operator.photos.get(state="waiting")


def test_a_photo_decided_is_a_letter_with_the_reason(mail_sink: MailSink) -> None:
    operator, actor = given_operator(), staff()
    refuse_photo(photo_id=photo_of(operator).pk, reason="Somebody else is in it.", actor=actor)
    assert "Somebody else is in it." in letter(mail_sink, operator.user)
    approve_photo(photo_id=photo_of(operator).pk, actor=actor)
    remove_photo(operator_id=operator.pk, actor=actor, reason="A report.")
    deliver_mail()
    assert ["Customers see it now" in text_of(m) for m in mail_sink.mails] == [False, True, False]
    assert "A report." in text_of(mail_sink.mails[2])


def offered(operator: Operator, headline: str) -> int:
    change_profile(operator_id=operator.pk, headline=headline, bio="", languages=[], specialties=[])
    return operator.profile_texts.get(state="waiting").pk


def test_a_text_decided_is_a_letter_with_the_reason(mail_sink: MailSink) -> None:
    operator, actor = given_operator(bio="", languages=[], specialties=[]), staff()
    refuse_profile_text(text_id=offered(operator, "Meet me"), reason="No meetings in person.", actor=actor)
    approve_profile_text(text_id=offered(operator, "Night owl"), actor=actor)
    deliver_mail()
    refused, approved = map(text_of, mail_sink.mails)
    assert ("under “Headline”" in refused, "No meetings in person." in refused) == (True, True)
    assert "approved what you wrote under “Headline”" in approved


# -- the owner


def crash(client: Client, monkeypatch: pytest.MonkeyPatch) -> str:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("+12125550123 secret words")

    monkeypatch.setattr("storefront.views.render", broken)
    client.raise_request_exception = False
    response = client.get("/dashboard/")
    assert response.status_code == 500
    return response.content.decode()


def test_a_crash_tells_the_owner_what_and_where_and_nothing_private(
    mail_sink: MailSink, customer: Customer, monkeypatch: pytest.MonkeyPatch, settings: object
) -> None:
    settings.OWNER_EMAILS = ["owner@example.test"]  # type: ignore[attr-defined]
    client = logged_in(customer.user, "flirts.localhost")
    page = crash(client, monkeypatch)
    assert "been notified" in page
    for _ in range(3):
        crash(client, monkeypatch)
    deliver_mail()
    [message] = mail_sink.mails
    text = text_of(message)
    reference = re.search(r"error_\d+_[0-9a-f]{16}", page)
    assert reference, page
    assert (message["To"], reference[0] in text) == ("owner@example.test", True)
    assert ("RuntimeError" in text, "dashboard" in text) == (True, True)
    assert [
        word for word in ("secret", "2125550123", customer.alias, customer.user.email) if word in text
    ] == []


def test_many_errors_are_ten_letters_an_hour(settings: object) -> None:
    settings.OWNER_EMAILS = ["owner@example.test"]  # type: ignore[attr-defined]
    told = [tell_owner_of_error(error=f"Error{n}", route="x", reference="r") for n in range(MAX_PER_HOUR + 5)]
    assert told == [True] * MAX_PER_HOUR + [False] * 5


def test_without_an_owner_the_log_has_it(
    customer: Customer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    page = crash(logged_in(customer.user, "flirts.localhost"), monkeypatch)
    reference = re.search(r"error_\d+_[0-9a-f]{16}", page)
    assert reference, page
    assert any(reference[0] in message and "RuntimeError" in message for message in caplog.messages)
    assert Notice.objects.count() == 0


# -- the log of mail


def test_staff_see_what_was_sent_and_what_was_given_up_and_send_it_again(
    mail_sink: MailSink, desk: Client, customer: Customer
) -> None:
    mail_sink.refuse_recipients = "550 gone"
    decline_request(request_id=asked(customer).pk, reason="no", actor=staff())
    deliver_mail()
    page = compact(desk.get("/backoffice/mail/", {"state": "given_up", "kind": "funds_declined"}))
    assert (customer.user.email in page, "SMTPRecipientsRefused 550" in page) == (True, True)
    assert "Failed mail" in compact(desk.get("/"))
    mail_sink.refuse_recipients = ""
    desk.post(f"/backoffice/mail/{Notice.objects.get().pk}/send-again/")
    assert "$50.00" in letter(mail_sink, customer.user)
    assert customer.user.email in compact(
        desk.post("/backoffice/mail/", {"q": customer.user.email.upper()}, follow=True)
    )
    assert "Nothing matches" in compact(
        desk.post("/backoffice/mail/", {"q": "somebody@example.test"}, follow=True)
    )
    assert desk.get("/backoffice/mail/", {"before": "1"}).status_code == 200
    assert logged_in(StaffFactory(is_superuser=False), ADMIN).get("/backoffice/mail/").status_code == 403
