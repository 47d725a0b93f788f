"""An operator has their data erased by a form, or takes it back; and accounts that were closed for long go by themselves."""

from html import unescape

import pytest
from django.core import mail
from django.test import Client

from billing.ledger.models import Entry, Transaction
from billing.services.record_payout import record_payout
from core import clock
from core.errors import Conflict, NotAllowed
from core.models import AuditRecord
from customers.models import Customer, User
from messaging.models import Report
from operators.models import Operator
from operators.services.presence import set_presence
from operators.services.review_operator import approve_operator, suspend_operator
from operators.states import ApprovalStatus, Presence
from privacy.models import Erasure
from privacy.obstacles import ErasureObstacle, describe
from privacy.retention import kind
from privacy.services.delete_old_data import delete_old_data
from privacy.services.erase_closed import REASON
from privacy.services.erase_person import erase_due
from privacy.services.request_erasure import UNDO_FOR, cancel_erasure, request_erasure
from privacy.states import ErasureState
from tests.factories import StaffFactory
from tests.messaging.scenario import answer, text
from tests.privacy.test_erasure import after
from tests.scenario import (
    BRAND_HOST,
    given_customer,
    given_debit,
    given_operator,
    logged_in,
    wallet,
    when_called,
    when_talked,
)
from tests.support.smtp_sink import deliver_mail

pytestmark = pytest.mark.django_db
PORTAL, PAGE = "portal.localhost", "/erase/"


@pytest.fixture
def sarah() -> Operator:
    return given_operator(slug="sarah", stage_name="Sarah", bio="All about me")


@pytest.fixture
def portal(sarah: Operator) -> Client:
    return logged_in(sarah.user, PORTAL)


def page_of(portal: Client) -> str:
    return unescape(portal.get(PAGE).content.decode())


def earned(sarah: Operator) -> None:
    when_talked(when_called(given_customer(), sarah), 65_000)


def paid(sarah: Operator) -> None:
    """What is owed for one call of two minutes."""
    record_payout(
        operator=sarah,
        amount_minor=717,
        reason="bank",
        actor=StaffFactory(),
        idempotency_key="payout:1",
        is_early=True,
    )


def test_an_operator_asks_is_offline_at_once_and_erased_three_days_later(
    portal: Client, sarah: Operator
) -> None:
    earned(sarah)
    paid(sarah)
    books = list(Entry.objects.order_by("id").values()), list(Transaction.objects.order_by("id").values())
    assert "Type the word DELETE" in portal.post(PAGE, {"word": "yes"}).content.decode()
    assert not Erasure.objects.exists()
    assert portal.post(PAGE, {"word": "delete"}).headers["Location"] == PAGE
    sarah.refresh_from_db()
    assert (sarah.approval_status, sarah.presence) == (ApprovalStatus.CLOSED, Presence.OFFLINE)
    assert "Your data will be deleted on" in page_of(portal)
    customer = logged_in(given_customer(balance=0).user, BRAND_HOST)
    assert customer.get("/operators/sarah/").status_code == 404
    deliver_mail()
    assert f"http://{PORTAL}{PAGE}" in str(mail.outbox[-1].body)
    with after(UNDO_FOR):
        assert erase_due() == 1
    sarah.refresh_from_db()
    assert (sarah.stage_name, sarah.bio, sarah.phone) == ("Former operator", "", "")
    assert not User.objects.get(pk=sarah.user_id).is_active
    assert (
        list(Entry.objects.order_by("id").values()),
        list(Transaction.objects.order_by("id").values()),
    ) == books
    assert AuditRecord.objects.get(action="person.erase").actor == sarah.user


def test_it_can_be_taken_back_and_the_operator_works_again(portal: Client, sarah: Operator) -> None:
    portal.post(PAGE, {"word": "DELETE"})
    with pytest.raises(NotAllowed, match="closed your account"):
        set_presence(operator_id=sarah.pk, presence=Presence.ONLINE)
    with pytest.raises(Conflict, match="Undo that"):
        approve_operator(operator_id=sarah.pk, actor=StaffFactory(), reason="passport")
    portal.post(f"{PAGE}undo/")
    assert Erasure.objects.get().state == ErasureState.CANCELED
    assert set_presence(operator_id=sarah.pk, presence=Presence.ONLINE).presence == Presence.ONLINE
    with after(2 * UNDO_FOR):
        assert erase_due() == 0


def test_who_was_suspended_meanwhile_stays_suspended(sarah: Operator) -> None:
    request_erasure(user=sarah.user, actor=sarah.user)
    suspend_operator(operator_id=sarah.pk, actor=StaffFactory(), reason="a report")
    cancel_erasure(user=sarah.user, actor=sarah.user)
    sarah.refresh_from_db()
    assert sarah.approval_status == ApprovalStatus.SUSPENDED


def live_call(sarah: Operator) -> None:
    when_called(given_customer(), sarah)


def open_dispute(sarah: Operator) -> None:
    customer = given_customer()
    text(customer, sarah)
    answer(sarah, customer)
    record_payout(
        operator=sarah,
        amount_minor=40,
        reason="bank",
        actor=StaffFactory(),
        idempotency_key="payout:2",
        is_early=True,
    )
    Report.objects.create(
        conversation=customer.conversations.get(), reported_by="customer", reason="rude", up_to_number=1,
        created_at=clock.now(),
    )  # fmt: skip


def money_as_a_customer(sarah: Operator) -> None:
    given_customer(user=sarah.user)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (live_call, ErasureObstacle.LIVE_CALL),
        (earned, ErasureObstacle.OPEN_PAYOUT),
        (open_dispute, ErasureObstacle.OPEN_DISPUTE),
        (money_as_a_customer, ErasureObstacle.MONEY_LEFT),
    ],
)
def test_what_is_open_is_said_and_nothing_changes(
    portal: Client, sarah: Operator, make: object, code: ErasureObstacle
) -> None:
    assert callable(make)
    make(sarah)
    page = page_of(portal)
    assert describe(code) in page
    assert "Type DELETE" not in page
    assert describe(code) in unescape(portal.post(PAGE, {"word": "DELETE"}).content.decode())
    assert not Erasure.objects.exists()
    sarah.refresh_from_db()
    assert sarah.approval_status == ApprovalStatus.APPROVED


# -- accounts that were closed long ago


def close(customer: Customer, share: float) -> None:
    """So much of the term ago that closed accounts are kept."""
    term = kind("closed_accounts").kept_for
    assert term is not None
    Customer.objects.filter(pk=customer.pk).update(closed_at=clock.now() - term * share)


def closed_for(share: float, balance: str) -> Customer:
    customer = given_customer(balance=balance)
    close(customer, share)
    return customer


def test_an_account_closed_for_longer_than_the_term_is_erased_and_its_books_are_kept(sarah: Operator) -> None:
    old = given_customer(balance="45.00", user__email="anna@example.test")
    when_talked(when_called(old, sarah), 65_000)
    given_debit(old, wallet(old)[0])
    close(old, 1.01)
    young, rich = closed_for(0.99, balance="0"), closed_for(1.01, balance="5.00")
    books = list(Transaction.objects.order_by("id").values())
    assert delete_old_data()["closed_accounts"] == 1
    old.refresh_from_db()
    assert (old.alias, old.user.email == "anna@example.test") == ("Deleted account", False)
    assert [erasure.user_id for erasure in Erasure.objects.all()] == [old.user_id]
    assert Erasure.objects.get().state == ErasureState.DONE
    assert AuditRecord.objects.get(action="person.erasure_requested").reason == REASON
    assert list(Transaction.objects.order_by("id").values()) == books
    for kept in (young, rich):
        kept.refresh_from_db()
        assert kept.alias != "Deleted account"
    assert delete_old_data()["closed_accounts"] == 0
    given_debit(rich, wallet(rich)[0])  # paid back: nothing is open any more
    assert delete_old_data()["closed_accounts"] == 1


def test_an_open_account_of_any_age_stays() -> None:
    customer = given_customer(balance=0)
    with after(10 * (kind("closed_accounts").kept_for or UNDO_FOR)):
        assert delete_old_data()["closed_accounts"] == 0
    customer.refresh_from_db()
    assert customer.user.is_active
