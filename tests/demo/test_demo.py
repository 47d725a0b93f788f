"""The demo: whole books, a month behind it, and no trace of how it was told."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from billing.auditing import run, scope_since
from billing.gateways.sandbox.models import SandboxEvent
from billing.ledger.models import Transaction
from billing.ledger.states import SALES, TransactionKind
from billing.models import MerchantAccount, Payment
from billing.payouts.models import PayoutItem
from billing.spending_limit import spent_this_month_minor
from core import clock
from customers.models import Customer
from demo.load import load_demo
from demo.replay import NEW_YORK
from messaging.models import Message
from notices.models import Notice
from operators.models import Operator, OperatorDay, Rating
from telephony.models import Call
from tests.scenario import assert_books_are_whole, given_customer, wallet
from tests.support.database_owner import as_owner

pytestmark = pytest.mark.django_db


@pytest.mark.slow
def test_a_month_of_evenings_in_whole_books_and_a_second_start_that_adds_nothing() -> None:
    with as_owner():  # as `manage.py demo` does
        load_demo(with_past=True)
    assert_books_are_whole()
    the_customer_has_what_the_readme_tells_of()
    the_operator_has_a_month_behind_her()
    assert set(PayoutItem.objects.values_list("state", flat=True)) == {"paid"}
    card_payments_go_to_the_sandbox()
    funds_came_by_card_as_real_ones_do()
    no_call_and_no_posting_lies_in_the_future_and_both_tell_the_same_time()
    assert Message.objects.filter(sender_type="customer").exists()
    assert not Message.objects.filter(answer_by__isnull=False).exists()
    assert not Notice.objects.filter(expires_at__lte=clock.now()).exists(), (
        "no letter is given up at the start"
    )

    before = Transaction.objects.count(), Call.objects.count(), Rating.objects.count()
    with as_owner():  # as `manage.py demo` does
        load_demo(with_past=True)
    assert (Transaction.objects.count(), Call.objects.count(), Rating.objects.count()) == before

    with connection.cursor() as cursor:  # nobody can tell the ledger the time any more
        cursor.execute("SELECT set_config('aeims.demo_now', '2001-01-01', true)")
    given_customer(balance="5.00")
    assert Transaction.objects.latest("id").created_at > datetime.now(UTC) - timedelta(minutes=5)


def the_customer_has_what_the_readme_tells_of() -> None:
    customer = Customer.objects.get(user__email="customer@aeims.test")
    assert wallet(customer) == (4500, 0)
    assert Call.objects.filter(customer=customer).count() == 3
    now = datetime.now(UTC)
    first = now.astimezone(NEW_YORK).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    this_month = Transaction.objects.filter(customer=customer, kind__in=SALES, created_at__gte=first)
    assert spent_this_month_minor(customer, now) == sum(this_month.values_list("amount_minor", flat=True))


def the_operator_has_a_month_behind_her() -> None:
    sarah = Operator.objects.get(user__email="operator@aeims.test")
    days = OperatorDay.objects.filter(operator=sarah)
    assert days.filter(calls__gt=0).count() > 10
    earned = sum(days.values_list("earned_minor", flat=True))
    posted = Transaction.objects.filter(operator=sarah).values_list("operator_minor", flat=True)
    assert earned == sum(posted) > 0
    assert Rating.objects.filter(operator=sarah).exists()
    assert sarah.schedule.exists()


def card_payments_go_to_the_sandbox() -> None:
    accounts = MerchantAccount.objects.filter(gateway="sandbox", is_active=True).order_by("account")
    assert [(account.account, account.statement_text) for account in accounts] == [
        ("flirts", "FNYC*SUPPORT"),
        ("nycflirts", "NYCF*SUPPORT"),
    ]


def funds_came_by_card_as_real_ones_do() -> None:
    """No correction, no promotion: a payment behind each top-up, in books that the audit finds nothing in."""
    payouts = (TransactionKind.PAYOUT, TransactionKind.PAYOUT_PAID)
    assert not Transaction.objects.exclude(
        kind__in=(*SALES, *payouts, TransactionKind.TOP_UP, TransactionKind.PROMO)
    ).exists()
    payments = Payment.objects.select_related("merchant_account")
    assert {payment.state for payment in payments} == {"captured"}
    assert {payment.merchant_account.account for payment in payments} == {"flirts", "nycflirts"}
    added = Transaction.objects.filter(kind=TransactionKind.TOP_UP)
    at_of = {payment.reference: payment.captured_at for payment in payments}
    assert {row.reference: row.created_at for row in added} == at_of
    assert not SandboxEvent.objects.filter(delivered_at=None).exists()
    assert list(run(scope_since(None))) == []


def no_call_and_no_posting_lies_in_the_future_and_both_tell_the_same_time() -> None:
    now = datetime.now(UTC)
    stamps = list(Transaction.objects.order_by("id").values_list("created_at", flat=True))
    assert stamps == sorted(stamps), "ids and times grow together"
    posted = dict(Transaction.objects.filter(kind="call").values_list("reference", "created_at"))
    assert len(posted) == Call.objects.count() > 25
    for call in Call.objects.all():
        assert call.left_at is not None
        assert abs(posted[call.call_id] - call.left_at) < timedelta(seconds=1)
        assert call.initiated_at < call.left_at < now


def test_the_demo_is_loaded_nowhere_else() -> None:
    with pytest.raises(CommandError):
        call_command("demo")
