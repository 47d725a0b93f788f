"""Somebody has their data erased: what goes, what stays, why not now; and the same person comes back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test import Client

from billing.ledger.models import Entry, Transaction
from billing.models import FundsRequest
from billing.services.request_funds import request_funds
from core import clock
from core.errors import Conflict, Invalid, NotAllowed
from core.models import AuditRecord
from customers.models import Consent, Customer, User
from customers.services.devices import note_device
from customers.services.limits import take_break
from customers.services.phones import verify_by_staff
from messaging.models import Message, Report, SmsConsent
from messaging.services.record_consent import record_consent
from messaging.states import ConsentAction, ConsentSource
from notices.models import Notice
from notices.services.enqueue import enqueue
from notices.states import NoticeKind
from operators.models import Block, Note, Operator, OperatorDay, Rating
from operators.selectors import is_blocked
from operators.services.rate import rate
from operators.states import ApprovalStatus, BlockedBy, RatedThing
from phones.models import PhoneNumber
from phones.selectors import find_number
from phones.services.rotate import rotate_numbers
from phones.services.store_number import store_number
from portal.statement_sums import sums_of
from privacy.models import Erasure
from privacy.obstacles import ErasureObstacle
from privacy.ownership import NOBODYS, TABLE, Person
from privacy.services.erase_person import erase_due
from privacy.services.request_erasure import UNDO_FOR, cancel_erasure, request_erasure, waiting_erasure
from privacy.states import ErasureState
from tests.factories import BrandFactory, CustomerPhoneFactory, StaffFactory
from tests.messaging.scenario import answer, text
from tests.scenario import (
    customer_client,
    given_customer,
    given_debit,
    given_operator,
    logged_in,
    set_daily_limit,
    wallet,
    when_called,
    when_talked,
)
from tests.storefront.test_arriving import sign_up
from tests.support.card_processor import Processor, given_payment
from tests.support.smtp_sink import deliver_mail
from web.filters import LedgerFilters

pytestmark = pytest.mark.django_db
WORDS = "my own words that nobody should read later"


@pytest.fixture
def sarah() -> Operator:
    return given_operator(slug="sarah", stage_name="Sarah")


def past(customer: Customer, sarah: Operator) -> None:
    """A call, a text with its answer, a review, a note, a draft, a favorite; and then the balance is spent."""
    call = when_called(customer, sarah)
    when_talked(call, 65_000)
    text(customer, sarah, WORDS)
    answer(sarah, customer, WORDS)
    rate(
        customer_id=customer.pk, operator_id=sarah.pk, brand_id=customer.home_brand_id, thing=RatedThing.CALL,
        reference=call.call_id, stars=4, review=WORDS,
    )  # fmt: skip
    Note.objects.create(operator=sarah, customer=customer, text=WORDS, updated_at=clock.now())
    customer.favourites.create(operator=sarah)
    customer.conversations.update(customer_draft=WORDS)
    given_debit(customer, wallet(customer)[0])


@contextmanager
def after(length: timedelta) -> Iterator[None]:
    """Within: so much later."""
    later = clock.now() + length
    with clock.using(lambda: later):
        yield


def erase(user: User) -> None:
    request_erasure(user=user, actor=user)
    with after(UNDO_FOR):
        assert erase_due() == 1


def everything_of(tables: list[str]) -> str:
    """All rows of some tables as text."""
    with connection.cursor() as cursor:
        parts = []
        for table in tables:
            cursor.execute(
                f"SELECT coalesce(string_agg(t::text, ' '), '') FROM {connection.ops.quote_name(table)} t"
            )
            parts.append(cursor.fetchone()[0])
    return " ".join(parts)


# -- the table


def test_every_model_belongs_to_somebody_or_to_nobody() -> None:
    models = {
        model._meta.label for model in apps.get_models(include_auto_created=True) if not model._meta.proxy
    }
    ours = {row.model for row in TABLE}
    assert not ours & set(NOBODYS)
    assert models == ours | set(NOBODYS)


def test_every_row_of_the_table_names_columns_that_exist(sarah: Operator) -> None:
    customer = given_customer()
    person = Person(customer.user, customer, sarah)
    for row in TABLE:
        model = apps.get_model(row.model)
        names = {field.name for field in model._meta.get_fields()}
        assert set(row.hidden) <= names, row.model
        assert set(getattr(row.erase, "columns", {})) <= names, row.model
        condition = row.where(person)
        assert condition is not None
        model._default_manager.filter(condition).count()


# -- what goes, what stays


def test_nothing_that_was_written_or_typed_is_left(sarah: Operator) -> None:
    customer = given_customer(user__email="anna@example.test", alias="Coral Wren 7")
    past(customer, sarah)
    number = customer.phones.get().number
    note_device(user_id=customer.user_id, marker="marker")
    erase(customer.user)
    deliver_mail()
    left = everything_of(connection.introspection.table_names())
    for gone in (WORDS, "anna@example.test", "Coral Wren 7"):
        assert gone not in left
    assert not customer.phones.filter(verified_at__isnull=False).exists()
    kept = find_number(number)
    assert kept is not None, "by its hash"
    assert (kept.e164, kept.last_two, kept.hint) == ("", "", "deleted")
    assert not EmailAddress.objects.filter(user=customer.user_id).exists()
    assert not Note.objects.exists()
    rating, user = Rating.objects.get(), User.objects.get(pk=customer.user_id)
    assert (rating.stars, rating.review) == (4, "")
    assert not user.is_active
    assert not user.has_usable_password()
    assert mail.outbox[-1].to == ["anna@example.test"]
    assert "Your data was deleted on" in str(mail.outbox[-1].body)


def test_a_number_that_somebody_else_has_too_stays_theirs(sarah: Operator) -> None:
    customer, other = given_customer(balance=0), given_customer(phone=False)
    number = customer.phones.get().number
    customer.phones.update(verified_at=None)
    CustomerPhoneFactory(customer=other, number=number)
    erase(customer.user)
    assert other.phones.get().number == number


def test_a_forgotten_number_outlives_a_rotation_and_is_written_anew_when_it_is_given_again(
    settings: Any,
) -> None:
    customer = given_customer(balance=0)
    number = customer.phones.get().number
    erase(customer.user)
    settings.DATA_KEYS = ["a new key of the data, long enough for it", *settings.DATA_KEYS]
    assert rotate_numbers() >= 1
    settings.DATA_KEYS = settings.DATA_KEYS[:1]
    kept = find_number(number)
    assert kept is not None
    assert store_number(number) == kept
    assert PhoneNumber.objects.get(pk=kept.pk).e164 == number
    assert rotate_numbers() == 0


def test_pages_of_the_others_still_open(sarah: Operator) -> None:
    customer = given_customer()
    past(customer, sarah)
    erase(customer.user)
    portal, staff = logged_in(sarah.user, "portal.localhost"), logged_in(StaffFactory(), "admin.localhost")
    assert "Deleted account" in portal.get("/customers/").content.decode()
    conversation = customer.conversations.get()
    assert "(deleted)" in portal.get(f"/messages/{conversation.pk}/").content.decode()
    assert staff.get(f"/backoffice/customers/{customer.pk}/").status_code == 200


def test_the_books_consents_and_stops_stay_as_they_were(sarah: Operator) -> None:
    customer = given_customer()
    past(customer, sarah)
    record_consent(
        phone_number=customer.phones.get().phone_number, action=ConsentAction.STOP, source=ConsentSource.SMS
    )
    before = list(Entry.objects.order_by("id").values()), list(Transaction.objects.order_by("id").values())
    consents, stops = list(Consent.objects.values()), list(SmsConsent.objects.values())
    erase(customer.user)
    assert (
        list(Entry.objects.order_by("id").values()),
        list(Transaction.objects.order_by("id").values()),
    ) == before
    assert (list(Consent.objects.values()), list(SmsConsent.objects.values())) == (consents, stops)


def test_who_is_erased_is_logged_out_and_cannot_log_in(sarah: Operator) -> None:
    customer = given_customer(balance=0)
    client = customer_client(customer)
    erase(customer.user)
    assert client.get("/account/").status_code == 302


def test_an_operator_is_erased_by_staff_once_paid_and_suspended(sarah: Operator) -> None:
    staff = StaffFactory()
    sarah.bio = WORDS
    sarah.save()
    with pytest.raises(Conflict, match="Suspend"):
        request_erasure(user=sarah.user, actor=staff, reason="asked by mail")
    Operator.objects.update(approval_status=ApprovalStatus.SUSPENDED)
    request_erasure(user=sarah.user, actor=staff, reason="asked by mail")
    with after(UNDO_FOR):
        assert erase_due() == 1
    sarah.refresh_from_db()
    assert (sarah.stage_name, sarah.bio, sarah.phone, sarah.slug) == (
        "Former operator",
        "",
        "",
        f"former-{sarah.pk}",
    )
    assert AuditRecord.objects.get(action="person.erase").actor == staff


# -- not now


def live_call(customer: Customer, sarah: Operator) -> None:
    when_called(customer, sarah)


def money_left(customer: Customer, sarah: Operator) -> None:
    pass


def funds_request(customer: Customer, sarah: Operator) -> None:
    given_debit(customer, wallet(customer)[0])
    request_funds(customer=customer, brand=BrandFactory(), amount_minor=1000, words="")


def open_refund(customer: Customer, sarah: Operator) -> None:
    text(customer, sarah)
    given_debit(customer, wallet(customer)[0])


def open_dispute(customer: Customer, sarah: Operator) -> None:
    text(customer, sarah)
    answer(sarah, customer)
    given_debit(customer, wallet(customer)[0])
    conversation = customer.conversations.get()
    Report.objects.create(
        conversation=conversation,
        reported_by="customer",
        reason="rude",
        up_to_number=1,
        created_at=clock.now(),
    )


def open_payment(customer: Customer, sarah: Operator) -> None:
    given_debit(customer, wallet(customer)[0])
    given_payment(customer)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (open_payment, ErasureObstacle.OPEN_PAYMENT),
        (live_call, ErasureObstacle.LIVE_CALL),
        (money_left, ErasureObstacle.MONEY_LEFT),
        (funds_request, ErasureObstacle.FUNDS_REQUEST),
        (open_refund, ErasureObstacle.OPEN_REFUND),
        (open_dispute, ErasureObstacle.OPEN_DISPUTE),
    ],
)
def test_what_is_not_settled_stands_in_the_way(
    processor: Processor, sarah: Operator, make: Callable[[Customer, Operator], None], code: str
) -> None:
    customer = given_customer()
    make(customer, sarah)
    with pytest.raises(Conflict) as refused:
        request_erasure(user=customer.user, actor=customer.user)
    assert refused.value.error_code == code
    assert refused.value.message in customer_client(customer).get("/account/erase/").content.decode().replace(
        "&#x27;", "'"
    )
    assert not Erasure.objects.exists()


def test_an_operator_who_is_owed_money_and_staff_are_not_erased(sarah: Operator) -> None:
    when_talked(when_called(given_customer(), sarah), 65_000)
    Operator.objects.update(approval_status=ApprovalStatus.SUSPENDED)
    for user, code in ((sarah.user, "open_payout"), (StaffFactory(), "staff")):
        with pytest.raises(Conflict) as refused:
            request_erasure(user=user, actor=StaffFactory(), reason="asked")
        assert refused.value.error_code == code


def test_something_unsettled_when_it_is_due_has_it_wait() -> None:
    customer = given_customer(balance=0)
    request_erasure(user=customer.user, actor=customer.user)
    late = FundsRequest.objects.create(
        customer=customer, brand=customer.home_brand, amount_minor=100, created_at=clock.now()
    )
    with after(UNDO_FOR):
        assert erase_due() == 0
        assert Erasure.objects.get().obstacle == ErasureObstacle.FUNDS_REQUEST
        late.delete()
        assert erase_due() == 1


# -- asking, and taking it back


def test_it_wants_the_word_closes_the_account_and_can_be_taken_back(sarah: Operator) -> None:
    customer = given_customer(balance=0)
    client = customer_client(customer)
    assert "Type the word DELETE" in client.post("/account/erase/", {"word": "yes"}).content.decode()
    assert waiting_erasure(customer.user) is None
    assert client.post("/account/erase/", {"word": "delete"}).headers["Location"] == "/account/"
    customer.refresh_from_db()
    assert customer.closed_at is not None
    assert "Your data will be deleted on" in client.get("/account/").content.decode()
    deliver_mail()
    assert "http://flirts.localhost/account/" in str(mail.outbox[-1].body)
    client.post("/account/erase/undo/")
    customer.refresh_from_db()
    assert customer.closed_at is None
    assert Erasure.objects.get().state == ErasureState.CANCELED
    with after(2 * UNDO_FOR):
        assert erase_due() == 0


def test_an_account_that_was_closed_before_stays_closed(sarah: Operator) -> None:
    customer = given_customer(balance=0, closed_at=clock.now())
    request_erasure(user=customer.user, actor=customer.user)
    cancel_erasure(user=customer.user, actor=customer.user)
    customer.refresh_from_db()
    assert customer.closed_at is not None


def test_nothing_is_erased_early(sarah: Operator) -> None:
    customer = given_customer(balance=0)
    request_erasure(user=customer.user, actor=customer.user)
    with after(UNDO_FOR - timedelta(minutes=1)):
        assert erase_due() == 0
    with pytest.raises(Conflict, match="already"):
        request_erasure(user=customer.user, actor=customer.user)


def test_staff_give_a_reason_and_are_asked_first(sarah: Operator) -> None:
    customer, staff = given_customer(balance=0), StaffFactory()
    client = logged_in(staff, "admin.localhost")
    path = f"/backoffice/people/{customer.user_id}/erase/"
    assert f"Erase the data of {customer.user.email}?" in client.post(path).content.decode()
    assert waiting_erasure(customer.user) is None
    with pytest.raises(Invalid):
        request_erasure(user=customer.user, actor=staff)
    client.post(path, {"confirmed": "1", "reason": "asked by mail"})
    record = AuditRecord.objects.get(action="person.erasure_requested")
    assert (record.actor, record.reason) == (staff, "asked by mail")
    assert "asked by mail" in client.get(f"/backoffice/customers/{customer.pk}/").content.decode()
    refused = client.post(f"/backoffice/customers/{customer.pk}/reopen/")
    assert "Cancel that" in refused.content.decode()
    client.post(f"/backoffice/people/{customer.user_id}/keep/")
    assert waiting_erasure(customer.user) is None


def test_staff_without_the_right_and_for_themselves_erase_nobody() -> None:
    customer = given_customer(balance=0)
    clerk = StaffFactory(is_superuser=False)
    client = logged_in(clerk, "admin.localhost")
    assert client.post(f"/backoffice/people/{customer.user_id}/erase/").status_code == 403
    own = given_customer(balance=0, user=StaffFactory())
    with pytest.raises((Conflict, NotAllowed)):
        request_erasure(user=own.user, actor=own.user)


# -- the same person again


def returns(email: str) -> Customer:
    sign_up(Client(headers={"Host": "flirts.localhost"}), email=email)
    return Customer.objects.get(user__email=email)


def audit() -> str:
    report = StringIO()
    call_command("audit", stdout=report)
    return report.getvalue()


@pytest.mark.django_db(transaction=True)  # the audit wants a transaction of its own
def test_the_same_person_registers_again_and_the_books_are_equal(sarah: Operator) -> None:
    customer = given_customer(user__email="anna@example.test")
    past(customer, sarah)
    number, totals = customer.phones.get().number, statement_of_all(sarah)
    books = list(Transaction.objects.order_by("id").values())
    assert " 0 violations" in audit()
    erase(customer.user)
    again = returns("anna@example.test")
    assert again.pk != customer.pk
    CustomerPhoneFactory(customer=again, number=number)
    assert statement_of_all(sarah) == totals
    assert list(Transaction.objects.order_by("id").values()) == books
    assert " 0 violations" in audit()
    erase(again.user)
    assert returns("anna@example.test").pk not in (customer.pk, again.pk)


def statement_of_all(operator: Operator) -> Any:
    return sums_of(operator, LedgerFilters()), list(OperatorDay.objects.values())


def test_a_break_a_limit_and_blocks_are_there_when_the_person_returns(sarah: Operator) -> None:
    customer = given_customer(balance=0, user__email="Anna@example.test")
    set_daily_limit(customer=customer, limit_minor=2000)
    take_break(customer=customer, length="half-year")
    Block.objects.create(operator=sarah, customer=customer, blocked_by=BlockedBy.OPERATOR)
    customer.refresh_from_db()
    erase(customer.user)
    again = returns("anna@example.test")
    assert (again.paused_until, again.spending_limits.get().amount) == (customer.paused_until, 2000)
    assert is_blocked(customer_id=again.pk, operator_id=sarah.pk)


def test_with_another_address_the_phone_brings_break_and_block_back(sarah: Operator) -> None:
    customer = given_customer(balance=0)
    take_break(customer=customer, length="half-year")
    Block.objects.create(operator=sarah, customer=customer, blocked_by=BlockedBy.OPERATOR)
    number = customer.phones.get().number
    erase(customer.user)
    again = given_customer(balance=0, phone=False)
    verify(again, number)
    again.refresh_from_db()
    customer.refresh_from_db()
    assert again.paused_until == customer.paused_until
    assert is_blocked(customer_id=again.pk, operator_id=sarah.pk)


def test_with_another_address_and_phone_the_browser_brings_break_and_block_back(sarah: Operator) -> None:
    customer = given_customer(balance=0)
    note_device(user_id=customer.user_id, marker="the browser")
    take_break(customer=customer, length="half-year")
    Block.objects.create(operator=sarah, customer=customer, blocked_by=BlockedBy.OPERATOR)
    erase(customer.user)
    again = given_customer(balance=0)
    note_device(user_id=again.user_id, marker="the browser")
    again.refresh_from_db()
    customer.refresh_from_db()
    assert again.paused_until == customer.paused_until is not None
    assert is_blocked(customer_id=again.pk, operator_id=sarah.pk)


def verify(customer: Customer, number: str) -> None:
    """Staff verified it; the spoken code ends in the same."""
    phone = CustomerPhoneFactory(customer=customer, number=number, verified_at=None, is_primary=False)
    verify_by_staff(phone_id=phone.pk, actor=StaffFactory(), reason="called and answered")


def test_no_letter_goes_to_an_address_that_is_gone(sarah: Operator) -> None:
    customer = given_customer(balance=0)
    erase(customer.user)
    user = User.objects.get(pk=customer.user_id)
    deliver_mail()
    count = len(mail.outbox)
    enqueue(NoticeKind.REFUND, recipient=user, amount="$1.00")
    deliver_mail()
    assert len(mail.outbox) == count
    assert Notice.objects.latest("id").state == "given_up"
    assert not Message.objects.filter(text=WORDS).exists()
