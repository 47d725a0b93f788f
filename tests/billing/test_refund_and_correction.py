"""Refunds and the correction of one call, in every order: nobody gets back more than was charged, and full means full."""

from dataclasses import dataclass, field

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from billing import auditing, selectors
from billing.auditing import scope_since
from billing.ledger.models import Account, Transaction
from billing.ledger.posting import Posting, Side, post
from billing.ledger.states import AccountKind, TransactionKind
from billing.models import Authorization
from billing.services.adjust_settlement import Adjusted, adjust_settlement
from billing.services.authorize import authorize
from billing.services.charge_message import charge_message
from billing.services.debit_wallet import debit_wallet
from billing.services.extend_grant import extend_grant
from billing.services.refund import Refund, refund_reference, refund_transaction, refundable_minor
from billing.services.release import release
from billing.services.settle import settle
from core.errors import Conflict
from customers.models import Customer
from operators.models import Operator
from tests.factories import BrandFactory
from tests.model import rules
from tests.scenario import given_customer, given_operator

pytestmark = pytest.mark.django_db

LONG = [pytest.mark.long, pytest.mark.timeout(900)]
BALANCE = 100_000
TERMS = rules.Terms(rate=399, fee=99)


def a_call(joined_ms: int, *, balance: int = BALANCE, share_bps: int = 8000) -> tuple[Customer, Operator]:
    """A call of this length; 3.99 a minute, 0.99 to connect."""
    customer, operator = given_customer(balance=balance), given_operator(share_bps=share_bps)
    call = authorize(customer=customer, operator=operator, brand=BrandFactory(), reference="call_1")
    for elapsed in range(90, 600, 90):
        extend_grant(authorization_id=call.pk, elapsed_seconds=elapsed)
    settle(authorization_id=call.pk, joined_ms=joined_ms)
    return customer, operator


def correct(joined_ms: int) -> Adjusted:
    return adjust_settlement(
        authorization_id=Authorization.objects.get(reference="call_1").pk, joined_ms=joined_ms
    )


def refund(amount_minor: int | None = None, *, key: str = "k", claws_back: bool = True) -> Refund:
    return refund_reference(
        reference="call_1", amount_minor=amount_minor, reason="asked for it", actor=None,
        claws_back=claws_back, idempotency_key=key,
    )  # fmt: skip


def balance(customer: Customer) -> int:
    return selectors.wallet_of(customer.pk).balance_minor


def owed(operator: Operator) -> int:
    return Account.objects.get(kind="payable", operator=operator).balance_minor


def violations() -> list[auditing.Violation]:
    return list(auditing.run(scope_since(None)))


def test_a_call_refunded_in_full_gives_nothing_more_when_it_turns_out_shorter() -> None:
    customer, operator = a_call(180_000)
    assert refund().amount_minor == 1296
    adjusted = correct(30_000)
    assert (adjusted.outcome.cost_minor, adjusted.change_minor, adjusted.uncollected_minor) == (498, 0, 0)
    assert (balance(customer), owed(operator)) == (BALANCE, 0)
    assert refundable_minor("call_1") == 0
    assert violations() == []


def test_a_call_corrected_first_is_refunded_by_what_it_came_to() -> None:
    customer, operator = a_call(180_000)
    assert correct(30_000).change_minor == -798
    assert refundable_minor("call_1") == 498
    assert refund().amount_minor == 498
    assert (balance(customer), owed(operator)) == (BALANCE, 0)
    assert violations() == []


@pytest.mark.parametrize("parts", [[None], [100, 200, None]])
def test_a_call_that_only_its_correction_charged_is_refunded_and_the_audit_knows(
    parts: list[int | None],
) -> None:
    """It was given up as never joined: its correction is all that was sold."""
    customer, operator = given_customer(balance=BALANCE), given_operator(share_bps=8000)
    call = authorize(customer=customer, operator=operator, brand=BrandFactory(), reference="call_1")
    release(authorization_id=call.pk)
    assert correct(90_000).change_minor == 897
    assert violations() == []
    assert sum(refund(part, key=f"part {number}").amount_minor for number, part in enumerate(parts)) == 897
    assert (balance(customer), owed(operator)) == (BALANCE, 0)
    assert violations() == []


def test_a_full_refund_of_a_call_that_turned_out_longer_gives_all_of_it_back() -> None:
    customer, operator = a_call(90_000)
    assert correct(170_000).change_minor == 399
    assert refund().amount_minor == 1296
    assert (balance(customer), owed(operator)) == (BALANCE, 0)
    assert violations() == []


def test_a_call_refunded_in_full_is_not_charged_again_when_it_turns_out_longer() -> None:
    customer, operator = a_call(90_000)
    refund()
    adjusted = correct(170_000)
    assert (adjusted.outcome.cost_minor, adjusted.change_minor, adjusted.uncollected_minor) == (1296, 0, 0)
    assert (balance(customer), owed(operator)) == (BALANCE, 0)
    assert violations() == []


def test_it_is_not_charged_again_even_where_the_customer_has_spent_everything() -> None:
    customer, operator = a_call(90_000)
    refund()
    debit_wallet(customer=customer, amount_minor=BALANCE, reason="spent", actor=None, idempotency_key="d")
    assert correct(170_000).uncollected_minor == 0
    assert (balance(customer), owed(operator)) == (0, 0)
    assert violations() == []


def test_a_part_given_back_stays_so_and_never_exceeds_the_corrected_charge() -> None:
    customer, operator = a_call(180_000)
    refund(700)
    assert correct(30_000).change_minor == 99 - (1296 - 700)  # the fee remains
    assert balance(customer) == BALANCE - 99
    assert refund(key="rest").amount_minor == 99
    assert (balance(customer), owed(operator)) == (BALANCE, 0)
    assert violations() == []


def test_what_the_platform_gave_back_alone_stays_with_the_operator_after_a_correction() -> None:
    customer, operator = a_call(180_000)
    refund(claws_back=False)
    correct(30_000)
    kept = rules.outcome(TERMS, 30_000, 600).operator
    assert (balance(customer), owed(operator)) == (BALANCE, kept)
    assert violations() == []


def test_a_repeat_of_a_refund_after_the_correction_is_answered_as_the_first_time() -> None:
    customer, _ = a_call(180_000)
    first = refund()
    correct(30_000)
    again = refund()
    assert (again.amount_minor, again.is_new) == (first.amount_minor, False)
    assert balance(customer) == BALANCE


def test_what_the_customer_could_not_pay_is_not_given_back_to_them() -> None:
    customer, operator = a_call(90_000)
    debit_wallet(
        customer=customer, amount_minor=BALANCE - 897 - 100, reason="spent", actor=None, idempotency_key="d"
    )
    assert correct(170_000).uncollected_minor == 299
    assert refund().amount_minor == 897 + 100
    assert (balance(customer), owed(operator)) == (997, 0)
    assert violations() == []


def test_refunds_whose_parts_round_to_nothing_leave_the_operator_nothing_either() -> None:
    customer, operator = (
        given_customer(balance=1000),
        given_operator(rate_per_message_minor=25, share_bps=3333),
    )
    charge_message(customer=customer, operator=operator, brand=BrandFactory(), message_id="msg_1")
    for number in range(25):
        refund_reference(
            reference="msg_1", amount_minor=1, reason="part", actor=None, idempotency_key=f"cent-{number}"
        )
    assert (balance(customer), owed(operator)) == (1000, 0)
    assert violations() == []


def test_the_audit_names_a_call_of_which_more_was_given_back_than_was_paid() -> None:
    customer, _ = a_call(30_000)
    refund()
    sale = Transaction.objects.filter(reference="call_1", kind="call").get()
    give_by_hand(customer, sale, wallet=100, payable=0)
    [violation] = [v for v in violations() if v.check == "given_back_at_most_what_was_paid"]
    assert "given back 0 to 498" in violation.expected
    assert "given back 598" in violation.found


def test_the_audit_names_an_operator_who_kept_some_of_what_was_given_back_in_full() -> None:
    customer, _ = a_call(30_000)
    refund(497)
    sale = Transaction.objects.filter(reference="call_1", kind="connect_fee").get()
    give_by_hand(customer, sale, wallet=1, payable=0)
    [violation] = violations()
    assert (violation.check, violation.found) == (
        "given_back_in_full_is_nobodys_income",
        "operator 1, platform -1, tax 0",
    )


def give_by_hand(customer: Customer, sale: Transaction, *, wallet: int, payable: int) -> None:
    """A refund that no service would post."""
    wallet_id = Account.objects.get(kind="wallet", customer=customer).pk
    post(
        Posting(
            kind=TransactionKind.REFUND, key="by hand", amount_minor=wallet, currency="USD", platform_minor=wallet,
            customer_id=customer.pk, operator_id=sale.operator_id, brand_id=sale.brand_id, reference=sale.reference,
            reverses_id=sale.pk, reason="planted",
            sides=(Side(wallet, account_id=wallet_id), Side(-wallet, kind=AccountKind.REVENUE)),
        )
    )  # fmt: skip


Wish = tuple[str, int | None, bool]  # of what, cents or all that is left, whether the operator gives back
lengths = st.integers(1, 9 * 60_000)
refunds = st.tuples(
    st.sampled_from(["all", "call", "connect_fee"]), st.one_of(st.none(), st.integers(1, 2000)), st.booleans()
)


@dataclass
class Books:
    """What each part was charged and what of it was given back; own arithmetic."""

    paid: dict[str, int]
    back: dict[str, int] = field(default_factory=lambda: {"call": 0, "connect_fee": 0})

    def left(self, part: str) -> int:
        parts = ("call", "connect_fee") if part == "all" else (part,)
        return sum(self.paid[name] - self.back[name] for name in parts)

    def give(self, part: str, cents: int) -> None:
        for name in ("call", "connect_fee") if part == "all" else (part,):
            now = min(cents, self.paid[name] - self.back[name])
            self.back[name] += now
            cents -= now

    def correct(self, paid: dict[str, int]) -> None:
        for name, cents in paid.items():
            was_full = 0 < self.paid[name] == self.back[name]
            self.back[name] = cents if was_full else min(self.back[name], cents)
        self.paid = paid


def charged(joined_ms: int) -> dict[str, int]:
    outcome = rules.outcome(TERMS, joined_ms, 720)
    return {"call": outcome.talk, "connect_fee": outcome.fee}


@pytest.mark.slow
@pytest.mark.parametrize("stories", [12, pytest.param(100, marks=LONG)])
def test_in_any_order_the_customer_and_the_operator_have_what_plain_arithmetic_says(stories: int) -> None:
    @settings(max_examples=stories, suppress_health_check=[HealthCheck.too_slow])
    @given(
        presumed=lengths,
        truth=lengths,
        share=st.integers(0, 10_000),
        before=st.lists(refunds, max_size=4),
        after=st.lists(refunds, max_size=3),
    )
    @example(180_000, 30_000, 8000, [("all", None, True)], [])
    @example(90_000, 170_000, 8000, [("all", None, True)], [("all", None, True)])
    @example(180_000, 30_000, 3333, [("call", 1, True)] * 4, [("all", None, True)])
    def each(presumed: int, truth: int, share: int, before: list[Wish], after: list[Wish]) -> None:
        with transaction.atomic():
            refund_and_correct(presumed, truth, share, before, after)
            transaction.set_rollback(True)

    each()


def refund_and_correct(presumed: int, truth: int, share: int, before: list[Wish], after: list[Wish]) -> None:
    customer, operator = a_call(presumed, share_bps=share)
    books = Books(charged(presumed))
    for number, step in enumerate([*before, None, *after]):
        if step is None:
            correct(truth)
            books.correct(charged(truth))
        else:
            _refund_step(books, number, *step)
        assert balance(customer) == BALANCE - sum(books.paid.values()) + sum(books.back.values())
        assert 0 <= owed_now(operator) <= rules.outcome(_shared(share), 540_000, 720).operator
    if books.left("all"):
        refund(key="rest")
    assert balance(customer) == BALANCE
    if all(claws_back for *_, claws_back in before + after):
        assert owed_now(operator) == 0
    assert violations() == []


def _refund_step(books: Books, number: int, part: str, cents: int | None, claws_back: bool) -> None:
    left = books.left(part)
    amount = left if cents is None else min(cents, left)
    options = {
        "reason": "part", "actor": None, "claws_back": claws_back, "idempotency_key": f"step-{number}",
        "amount_minor": None if cents is None else max(1, amount),
    }  # fmt: skip

    def act() -> Refund:
        if part == "all":
            return refund_reference(reference="call_1", **options)  # type: ignore[arg-type]
        sale = Transaction.objects.get(reference="call_1", kind=part)
        return refund_transaction(transaction_id=sale.pk, **options)  # type: ignore[arg-type]

    if left:
        assert act().amount_minor == amount
        books.give(part, amount)
    else:
        with pytest.raises(Conflict):
            act()


def _shared(share: int) -> rules.Terms:
    return rules.Terms(rate=399, fee=99, share=share)


def owed_now(operator: Operator) -> int:
    row = Account.objects.filter(kind="payable", operator=operator).first()
    return row.balance_minor if row else 0


def test_a_correction_that_changes_nothing_after_a_full_refund_posts_nothing() -> None:
    a_call(1_838)
    before = Transaction.objects.count()
    correct(190)
    assert Transaction.objects.count() == before
