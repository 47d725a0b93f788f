"""Who came through an operator's link pays them the larger share, for a year: frozen, posted, refunded, and audited by it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError
from django.test.utils import CaptureQueriesContext

from billing.auditing import run, scope_since
from billing.issued import Issued, issued
from billing.ledger.models import Transaction
from billing.models import Authorization, Offer, ReferredSale
from billing.offer_rules import cost_at_most
from billing.referral_earnings import extra_minor
from billing.services.adjust_settlement import adjust_settlement
from billing.services.authorize import authorize
from billing.services.charge_message import charge_message
from billing.services.refund import refund_reference
from billing.services.restore_authorization import restore_authorization
from billing.services.settle import settle
from billing.shares import Share, share_of
from billing.states import OfferKind
from core import clock
from customers.models import Customer
from customers.services.devices import note_device
from history.models import OperatorChange
from operators.models import Operator, Referral
from operators.referrals import end_of, is_referred
from telephony.services.tip_on_call import tip_on_call
from tests.backoffice.test_admin_forms import shown
from tests.factories import BrandFactory, StaffFactory
from tests.messaging.scenario import give_phone
from tests.scenario import (
    assert_books_are_whole,
    earned,
    given_customer,
    given_free_minutes,
    given_operator,
    given_referral,
    ledger_of,
    logged_in,
    when_called,
    when_talked,
)
from tests.support.database_owner import as_owner_past_guards

pytestmark = pytest.mark.django_db


def referred(**fields: int | None) -> tuple[Customer, Operator]:
    """80% of everybody, 85% of who came through the link."""
    customer, operator = given_customer(), given_operator(**{"referral_share_bps": 8500, **fields})
    given_referral(customer, operator)
    return customer, operator


def begin(customer: Customer, operator: Operator, reference: str = "call_1") -> Authorization:
    return authorize(customer=customer, operator=operator, brand=BrandFactory(), reference=reference)


def text(customer: Customer, operator: Operator, message_id: str = "msg_1") -> Transaction:
    charge = charge_message(customer=customer, operator=operator, brand=BrandFactory(), message_id=message_id)
    return Transaction.objects.get(pk=charge.transaction_id)


def violations() -> list[str]:
    assert_books_are_whole()
    return [violation.check for violation in run(scope_since(None))]


# -- which share


def test_a_call_a_text_and_a_tip_are_split_by_the_larger_share() -> None:
    customer, operator = referred(rate_per_message_minor=50)
    call = when_called(customer, operator)
    when_talked(call, 59_000)
    # 85% of $3.99 is $3.39 and of $0.99 is $0.84; at 80% it would be $3.19 and $0.79.
    assert ledger_of(call) == {"connect_fee": (99, 84, 15), "call": (399, 339, 60)}
    sale = text(customer, operator)
    assert (sale.amount_minor, sale.operator_minor) == (50, 43)  # 42.5, rounded half up
    tip_on_call(
        customer=customer, call_id=call.call_id, brand=call.brand, amount_minor=999, idempotency_key="k"
    )
    tip = Transaction.objects.get(kind="tip")
    assert (tip.operator_minor, tip.platform_minor) == (849, 150)
    assert earned(operator) == 84 + 339 + 43 + 849
    assert set(ReferredSale.objects.values_list("transaction", "share_bps", "usual_share_bps")) == {
        (sale.pk, 8500, 8000),
        (tip.pk, 8500, 8000),
    }
    assert violations() == []
    # What that is beyond 80%: 5 of the fee, 20 of the talk, 3 of the text, 50 of the tip.
    assert extra_minor(operator, clock.now() - timedelta(hours=1)) == 5 + 20 + 3 + 50


def test_of_another_operators_link_nobody_has_more() -> None:
    customer, _ = referred()
    other = given_operator(referral_share_bps=9000)
    assert share_of(customer, other, clock.now()) == Share(8000)
    assert begin(customer, other).usual_share_bps is None


@pytest.mark.parametrize("larger", [None, 8000, 7000])
def test_without_a_larger_share_the_ordinary_one_applies_and_nothing_is_asked(larger: int | None) -> None:
    customer, operator = referred(referral_share_bps=larger)
    with CaptureQueriesContext(connection) as asked:
        assert share_of(customer, operator, clock.now()) == Share(8000)
    assert len(asked) == 0


def test_who_came_by_no_link_costs_one_statement_and_pays_the_ordinary_share() -> None:
    customer, operator = given_customer(), given_operator(referral_share_bps=8500)
    with CaptureQueriesContext(connection) as asked:
        assert share_of(customer, operator, clock.now()) == Share(8000)
    assert len(asked) == 1


def test_it_counts_to_the_last_second_of_the_twelve_months() -> None:
    customer, operator = referred()
    ends_at = Referral.objects.get().ends_at
    last = ends_at - timedelta(seconds=1)
    with clock.using(lambda: last):
        authorization = begin(customer, operator)
    assert (authorization.operator_share_bps, authorization.usual_share_bps) == (8500, 8000)
    with clock.using(lambda: ends_at):
        # A call that began within them is split by what was frozen, a text after them is not.
        bill = settle(authorization_id=authorization.pk, joined_ms=60_000)
        assert bill.operator_minor == 339 + 84
        assert share_of(customer, operator, ends_at) == Share(8000)
        assert text(customer, operator).operator_minor == 40
    assert not ReferredSale.objects.exists()


@pytest.mark.parametrize(
    ("began", "ends"),
    [
        ("2026-03-07T15:30:00", "2027-03-07T15:30:00"),
        ("2027-03-01T00:00:00", "2028-03-01T00:00:00"),  # with a leap day within
        ("2028-02-29T23:59:59", "2029-03-01T23:59:59"),  # never shorter than a year
        ("2028-02-28T12:00:00", "2029-02-28T12:00:00"),
    ],
)
def test_twelve_months_end_on_the_same_day_of_the_next_year(began: str, ends: str) -> None:
    assert end_of(datetime.fromisoformat(began).replace(tzinfo=UTC)).isoformat() == f"{ends}+00:00"


def test_a_share_that_staff_change_in_mid_call_changes_nothing_of_it() -> None:
    customer, operator = referred()
    authorization = begin(customer, operator)
    Operator.objects.update(share_bps=5000, referral_share_bps=None)
    assert settle(authorization_id=authorization.pk, joined_ms=60_000).operator_minor == 339 + 84
    assert violations() == []


def test_free_minutes_that_the_platform_gave_are_paid_at_the_larger_share() -> None:
    customer, operator = referred()
    given_free_minutes(customer, 1)
    authorization = begin(customer, operator)
    bill = settle(authorization_id=authorization.pk, joined_ms=60_000)
    promo_pay = authorization.promo_pay_bps
    assert bill.operator_minor == 84 + (2 * 399 * 8500 * promo_pay + 10**8) // (2 * 10**8)
    assert extra_minor(operator, clock.now() - timedelta(hours=1)) > 0


# -- nobody brings themselves


def test_one_who_turns_out_to_be_the_operator_pays_no_larger_share() -> None:
    customer, operator = referred()
    assert is_referred(customer, operator, clock.now())
    for user in (customer.user, operator.user):
        note_device(user_id=user.pk, marker="one browser")
    assert share_of(customer, operator, clock.now()) == Share(8000)


def test_so_does_a_phone_in_common() -> None:
    customer, operator = given_customer(phone=False), given_operator(referral_share_bps=8500)
    given_referral(customer, operator)
    give_phone(customer, operator.phone)
    assert share_of(customer, operator, clock.now()) == Share(8000)


# -- what comes later


def test_refunds_and_corrections_go_by_what_was_frozen() -> None:
    customer, operator = referred(rate_per_message_minor=50)
    call = when_called(customer, operator)
    when_talked(call, 119_000)
    sale = text(customer, operator)
    assert earned(operator) == 84 + 678 + 43
    Operator.objects.update(share_bps=1000, referral_share_bps=2000)
    # The true length was one minute: 798 × 85% was 678, 399 × 85% is 339.
    authorization = Authorization.objects.get(reference=call.call_id)
    adjust_settlement(authorization_id=authorization.pk, joined_ms=59_000)
    assert earned(operator) == 84 + 339 + 43
    for reference in (call.call_id, sale.reference):
        refund_reference(reference=reference, reason="a fault", actor=None, idempotency_key=reference)
    assert earned(operator) == 0
    assert violations() == []


def test_a_call_that_a_restore_lost_comes_back_with_its_share() -> None:
    customer, operator = referred()
    terms = issued(begin(customer, operator)).to_dict()
    Authorization.objects.all().delete()
    again = restore_authorization(Issued.from_dict(terms), issued_at=clock.now())
    assert (again.operator_share_bps, again.usual_share_bps) == (8500, 8000)
    del terms["usual_share_bps"]  # as the release before issued it
    assert Issued.from_dict(terms).usual_share_bps is None


def test_minutes_of_an_offer_are_counted_at_the_largest_share_there_is() -> None:
    operator = given_operator()
    offer = Offer(kind=OfferKind.WELCOME, minutes=10, covers_fee=True)
    before = cost_at_most(offer)
    Operator.objects.filter(pk=operator.pk).update(referral_share_bps=9000)
    assert cost_at_most(offer) > before


# -- the audit, and what the database refuses


def test_the_audit_names_a_larger_share_without_a_referral_in_force() -> None:
    customer, operator = referred(rate_per_message_minor=50)
    authorization = begin(customer, operator)
    settle(authorization_id=authorization.pk, joined_ms=60_000)
    text(customer, operator)
    assert violations() == []
    over = clock.now() - timedelta(days=3)
    with as_owner_past_guards() as cursor:
        cursor.execute("UPDATE operators_referral SET created_at = %s, first_touch_at = %s, ends_at = %s", [
            end_of(over) - timedelta(days=800), end_of(over) - timedelta(days=800), over,
        ])  # fmt: skip
    assert violations() == ["larger_share_has_a_referral", "referred_sale_is_split_by_its_share"]


def test_the_audit_names_a_text_that_was_not_split_by_its_share() -> None:
    customer, operator = referred(rate_per_message_minor=50)
    text(customer, operator)
    with as_owner_past_guards() as cursor:
        cursor.execute("UPDATE billing_referredsale SET share_bps = 9900")
    assert violations() == ["referred_sale_is_split_by_its_share"]


def test_a_referral_is_one_for_each_customer_and_never_changed() -> None:
    customer, operator = referred()
    with pytest.raises(IntegrityError), transaction.atomic():
        given_referral(customer, given_operator())
    for change in (
        lambda: Referral.objects.update(operator=operator),
        lambda: Referral.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


# -- staff


def test_staff_set_it_in_the_admin_and_it_is_in_the_history() -> None:
    operator = given_operator()
    desk = logged_in(StaffFactory(), "admin.localhost")
    address = f"/operators/operator/{operator.pk}/change/"
    sent = shown(desk, address)
    refused = desk.post(address, sent | {"referral_share_bps": "7900"})
    assert "At least the ordinary share" in refused.content.decode()
    assert desk.post(address, sent | {"referral_share_bps": "10001"}).status_code == 200
    assert desk.post(address, sent | {"referral_share_bps": "8500"}).status_code == 302
    operator.refresh_from_db()
    assert operator.referral_share_bps == 8500
    assert OperatorChange.objects.filter(pgh_obj=operator).order_by("-pgh_id")[0].referral_share_bps == 8500
