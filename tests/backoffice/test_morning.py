"""The owner's letter each morning: yesterday's figures are those of the books, and it comes once a day."""

from datetime import UTC, date, datetime, timedelta

import pytest
from pytest_django.fixtures import Settings

from backoffice.backup.take import SUBJECTS
from backoffice.morning import send_morning_letter
from backoffice.revenue import revenue_between
from backoffice.tasks import morning_letter
from billing.models import DailyClose
from billing.receipt_numbers import ReceiptOf, receipt_number
from billing.services.audit_books import audit_books
from billing.services.close_days import close_days
from billing.services.credit_wallet import credit_wallet
from billing.services.open_case import open_case
from billing.services.record_payout import record_payout
from billing.services.seal_ledger import seal_ledger
from billing.states import CreditSource
from core import audit, clock
from core.days import BOOKS_ZONE
from core.money import format_money
from customers.models import Customer
from notices.models import Notice
from notices.states import NoticeKind
from operators.models import Operator
from telephony.models import Call
from tests.backoffice.test_health import job
from tests.factories import BrandFactory, StaffFactory
from tests.scenario import given_customer, given_operator, when_called, when_talked
from tests.support.database_owner import as_owner_past_guards, recount_quarter_hours
from tests.support.phone_system import PhoneSystem
from tests.support.smtp_sink import MailSink, deliver_mail, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _owner(settings: Settings, phone_system: PhoneSystem) -> None:
    settings.OWNER_EMAILS = ["owner@aeims.test"]


def new_york(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=BOOKS_ZONE).astimezone(UTC)


def today() -> date:
    return clock.now().astimezone(BOOKS_ZONE).date()


def the_letter(mail_sink: MailSink) -> str:
    deliver_mail()
    [mail] = [mail for mail in mail_sink.mails if mail["To"] == "owner@aeims.test"]
    assert mail["Subject"] == "Your daily summary"
    return " ".join(text_of(mail).split())


def test_it_comes_once_a_day_from_its_hour_on(settings: Settings) -> None:
    day = today()
    assert not send_morning_letter(at=new_york(day, 6, 59))
    assert send_morning_letter(at=new_york(day, 7))
    assert not any(send_morning_letter(at=new_york(day, hour)) for hour in (7, 12, 23))
    assert not send_morning_letter(at=new_york(day + timedelta(days=1), 0, 5)), "a new day, not a new morning"
    assert send_morning_letter(at=new_york(day + timedelta(days=1), 22)), "a worker that came back late"
    keys = Notice.objects.filter(kind=NoticeKind.MORNING).order_by("id").values_list("key", flat=True)
    assert list(keys) == [f"morning:{day - timedelta(days=1)}", f"morning:{day}"]


def test_two_workers_at_once_write_one_letter() -> None:
    at = new_york(today(), 8)
    with clock.using(lambda: at):
        assert [morning_letter(timestamp=0), morning_letter(timestamp=0)] == [True, False]


@pytest.mark.parametrize("changes", [{"MORNING_LETTER_HOUR": -1}, {"OWNER_EMAILS": []}])
def test_who_wants_none_gets_none(changes: dict[str, object], settings: Settings) -> None:
    for name, value in changes.items():
        setattr(settings, name, value)
    assert not send_morning_letter(at=new_york(today(), 12))


def booked_on(at: datetime) -> None:
    """Have all that was posted in this test's transaction so far, and not moved yet, happen at this time."""
    with as_owner_past_guards() as cursor:
        cursor.execute(
            "UPDATE ledger_transaction SET created_at = %s WHERE created_at > now() - interval '1 hour'", [at]
        )
    recount_quarter_hours()


def a_day(noon: datetime) -> tuple[Customer, Operator]:
    """Two calls, money from outside, and a payout, at noon."""
    with clock.using(lambda: noon):
        customer, operator = given_customer(balance="90.00"), given_operator()
        credit_wallet(
            customer=customer, amount_minor=5_000, source=CreditSource.RECEIVED, reason="a transfer", actor=None,
            idempotency_key=f"in-{noon}", payment_reference=f"bank {noon}",
        )  # fmt: skip
        when_talked(when_called(customer, operator), 125_000)
        when_talked(when_called(customer, operator), 61_000)
        record_payout(
            operator=operator,
            amount_minor=700,
            reason="bank 1",
            actor=StaffFactory(is_superuser=True),
            idempotency_key=f"out-{noon}",
            is_early=True,
        )
    booked_on(noon)
    return customer, operator


def test_its_figures_are_those_of_the_books(mail_sink: MailSink) -> None:
    yesterday = today() - timedelta(days=1)
    noon = new_york(yesterday, 12)
    a_day(noon - timedelta(days=1))
    customer, operator = a_day(noon)
    rows = revenue_between(yesterday, today())
    paid = sum(row.paid_minor for row in rows)
    margin = sum(row.margin_minor for row in rows)
    assert (paid, margin > 0) == (2 * 99 + 5 * 399, True)
    assert send_morning_letter(at=new_york(today(), 9))
    text = the_letter(mail_sink)
    assert f"Here’s how {yesterday:%A, %B} {yesterday.day} went (Eastern time)." in text
    assert "2 calls, 2 connected, 3 minutes." in text
    assert "0 failed because of us, Asterisk, or the carrier." in text
    assert "In: $50.00." in text
    assert "Out: $0.00 back to customers, $7.00 to operators." in text
    assert f"Sales: {format_money(paid, 'USD')}. Margin: {format_money(margin, 'USD')}." in text
    assert "No open cases." in text
    for word in (customer.user.email, customer.alias, operator.stage_name, "flirts"):
        assert word not in text


def test_it_says_what_needs_somebody(mail_sink: MailSink) -> None:
    job("a.failed", "failed", 1)
    customer = given_customer()
    call = when_called(customer, given_operator())
    when_talked(call, 125_000)
    Call.objects.filter(pk=call.pk).update(needs_review=True)
    receipt = receipt_number(ReceiptOf.CALL, call.pk)
    open_case(
        customer=customer,
        brand=BrandFactory(),
        receipt=receipt,
        problem="other",
        words="odd",
        call_id=call.call_id,
    )
    assert send_morning_letter(at=new_york(today(), 9))
    text = the_letter(mail_sink)
    assert "Open cases: 1, 0 urgent; the oldest has waited 0 business days." in text
    assert "Calls to review: 1" in text
    assert "Jobs: a.failed failed." in text


@pytest.mark.django_db(transaction=True)
def test_it_waits_for_the_close_of_the_day_and_then_says_so(mail_sink: MailSink) -> None:
    morning, letter_day = new_york(today(), 7), today() - timedelta(days=1)
    given_customer(balance="10.00")
    booked_on(new_york(letter_day - timedelta(days=1), 12))
    seal_ledger()
    assert close_days(at=new_york(letter_day, 1)) == 1, "the day before"
    assert not send_morning_letter(at=morning)
    given_customer(balance="10.00")
    booked_on(new_york(letter_day, 12))
    seal_ledger()
    assert close_days(at=morning) == 1
    audit_books(at=clock.now())
    assert send_morning_letter(at=morning)
    text = the_letter(mail_sink)
    assert "The day's books are closed. Audited on" in text
    assert "nothing wrong." in text


def test_it_waits_no_longer_than_two_hours(mail_sink: MailSink) -> None:
    DailyClose(
        day=today() - timedelta(days=9), transactions=0, last_transaction_id=0, seal_number=0, open_differences=0,
        previous=bytes(32), digest=bytes(32), closed_at=clock.now(),
    ).save()  # fmt: skip
    assert not send_morning_letter(at=new_york(today(), 8, 59))
    assert send_morning_letter(at=new_york(today(), 9))
    assert "The day's books aren't closed yet. They haven't been audited yet." in the_letter(mail_sink)


def test_it_tells_how_old_the_backups_are(mail_sink: MailSink, settings: Settings) -> None:
    settings.IS_PRODUCTION = True
    at = clock.now() - timedelta(hours=5)
    with clock.using(lambda: at):
        audit.record(actor=None, action="backup.taken", subject=SUBJECTS["full"])
    assert send_morning_letter(at=new_york(today(), 9))
    assert "Backups: The newest is " in the_letter(mail_sink)
