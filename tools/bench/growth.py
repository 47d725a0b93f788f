"""What people wait for, asked of a small and of a ten times larger database: the database's time must stay the same.

One customer and one operator have a hundredth of all rows; the rest belongs to a thousand others. Counted is the time of
the statements a selector makes, from sending to the last row.
"""

import time
from collections.abc import Callable
from statistics import quantiles
from typing import Any

from tools.bench.database import People, copies, nth, people, settle_statistics
from tools.bench.table import Goal

OTHERS = 1000
CHUNK = 100_000
LIMIT = 1.3
Questions = dict[str, Callable[[], object]]


def measure(*, exponent: int = 6, others: int = OTHERS, repeats: int = 60) -> list[Goal]:
    """From 10^(exponent - 1) calls, transactions, texts and twice as many entries to ten times of each."""
    them = people(others)
    originals = _one_of_each(them)
    small, large = 10 ** (exponent - 1), 10**exponent
    _grow(them, originals, 0, small)
    before = {name: _milliseconds(ask, repeats) for name, ask in _questions(them).items()}
    _grow(them, originals, small, large)
    after = {name: _milliseconds(ask, repeats) for name, ask in _questions(them).items()}
    return [
        Goal(
            what=f"{name}, 10^{exponent - 1} → 10^{exponent} rows",
            measured=after[name] / before[name],
            wanted=LIMIT,
            unit=" ×",
            beside=f"{before[name]:.2f} ms → {after[name]:.2f} ms",
        )
        for name in before
    ]


def _one_of_each(them: People) -> dict[str, Any]:
    """A settled call with its money, and a text, through the product's services; everything else is a copy."""
    from billing.ledger.models import Entry, Transaction
    from messaging.models import Message
    from messaging.services.send import send
    from telephony.models import Call
    from telephony.services.handle_event import handle_event
    from telephony.services.initiate import create_call
    from tools.bench.settlement import ended_events

    call, _ = create_call(customer=them.customer, operator_id=them.operator.pk, brand=them.brand)
    for event in ended_events([call.call_id]):
        handle_event(event)
    send(customer=them.customer, operator_id=them.operator.pk, text="Hello", brand=them.brand)
    transaction = Transaction.objects.get(reference=call.call_id, kind="call")
    return {
        "call": Call.objects.select_related("authorization").get(pk=call.pk),
        "transaction": transaction,
        "wallet": Entry.objects.get(transaction=transaction, account__customer=them.customer),
        "payable": Entry.objects.get(transaction=transaction, account__operator=them.operator),
        "message": Message.objects.get(),
    }


def _grow(them: People, originals: dict[str, Any], already: int, until: int) -> None:
    """Copies until there are `until` of each."""
    call, transaction = originals["call"], originals["transaction"]
    conversations = (
        copies(originals["message"].conversation, them.count, customer_id=nth(them.customers))
        if not already
        else originals["conversations"]
    )
    originals["conversations"] = conversations
    customer_id, operator_id = (
        _or_heavy(them.customer.pk, them.customers),
        _or_heavy(them.operator.pk, them.operators, at=50),
    )
    people_columns = {"customer_id": customer_id, "operator_id": operator_id}
    reference = "'call_7_' || lpad(n::text, 16, '0')"
    for after in range(already, until, CHUNK):
        count = min(CHUNK, until - after)
        authorizations = copies(call.authorization, count, after=after, reference=reference, **people_columns)
        copies(
            call, count, after=after, call_id=reference,
            authorization_id=f"{authorizations[0]} + n - {after + 1}", **people_columns,
        )  # fmt: skip
        posted = copies(
            transaction,
            count,
            after=after,
            idempotency_key="'grown-' || n",
            reference=reference,
            **people_columns,
        )
        own = f"{posted[0]} + n - {after + 1}"
        wallet = _or_heavy(originals["wallet"].account_id, them.wallets)
        payable = _or_heavy(originals["payable"].account_id, them.payables, at=50)
        copies(originals["wallet"], count, after=after, transaction_id=own, account_id=wallet)
        copies(originals["payable"], count, after=after, transaction_id=own, account_id=payable)
        copies(
            originals["message"], count, after=after, message_id="'msg-' || n", number="n + 10", transaction_id="NULL",
            charged_minor="0",
            conversation_id=_or_heavy(originals["message"].conversation_id, conversations),
        )  # fmt: skip
    settle_statistics()


def _or_heavy(heavy: int, others: list[int], at: int = 0) -> str:
    """Every hundredth row, from the one numbered `at`, belongs to one of them, the rest to the others in turn."""
    return f"CASE WHEN n % 100 = {at} THEN {heavy} ELSE {nth(others)} END"


def _questions(them: People) -> Questions:
    """What pages and the API ask, of the people with a hundredth of everything."""
    from backoffice.transactions import TransactionFilters
    from backoffice.transactions import find as find_transactions
    from billing.selectors import earnings_of, quote, receipt_of, statement_of
    from core import clock
    from messaging.models import Conversation
    from messaging.selectors import page_of
    from operators.directory import DirectoryFilters, search
    from operators.selectors import today_figures
    from telephony.selectors import calls_between, history_of, live_call_of, live_calls

    customer, operator = them.customer, them.operator
    conversation = Conversation.objects.get(customer=customer, operator=operator)
    return {
        "history of calls": lambda: list(history_of(customer)[:25]),
        "history of calls, thousands of rows back": lambda: list(
            history_of(customer).filter(pk__lt=2_000)[:25]
        ),
        "wallet statement": lambda: list(statement_of(customer.pk)[:50]),
        "operator's earnings": lambda: list(earnings_of(operator.pk)[:50]),
        "operator's day": lambda: today_figures(operator, clock.now()),
        "receipt": lambda: receipt_of("call_7_0000000000000077"),
        "quote": lambda: quote(customer, operator, customer.home_brand),
        "live call": lambda: live_call_of(customer),
        "calls of two people": lambda: calls_between(operator, customer),
        "conversation": lambda: page_of(conversation),
        "directory": lambda: search(them.brand, DirectoryFilters()),
        "staff: live calls": live_calls,
        "staff: transactions": lambda: list(find_transactions(TransactionFilters())[:50]),
        "staff: transactions of one kind": lambda: list(
            find_transactions(TransactionFilters(kind="call"))[:50]
        ),
    }


def _milliseconds(ask: Callable[[], object], repeats: int) -> float:
    """What the statements of one `ask` take once everything is warm: the lowest tenth, which other load hardly moves."""
    from django.db import connection

    spent = 0.0

    def timed(execute: Callable[..., Any], *arguments: Any) -> Any:
        nonlocal spent
        started = time.perf_counter()
        try:
            return execute(*arguments)
        finally:
            spent += time.perf_counter() - started

    times = []
    with connection.execute_wrapper(timed):
        for number in range(repeats + 5):
            spent = 0.0
            ask()
            if number >= 5:
                times.append(spent * 1000)
    return quantiles(times, n=10)[0] if len(times) > 1 else times[0]
