"""What people wait for, asked of a small and of a hundred times larger database: the database's time must stay the same.

One customer and one operator have a hundredth of all rows; the rest belongs to a thousand others. Counted is the time of
the statements a selector makes, from sending to the last row.
"""

import math
import time
from collections.abc import Callable
from statistics import quantiles
from typing import Any

from tools.bench.database import People, copies, nth, people, settle_statistics
from tools.bench.growth_pages import Pages
from tools.bench.table import Goal

OTHERS = 1000
CHUNK = 100_000
LIMIT = 1.3
WARM_UP = 5  # times that each is asked before it counts
LONGEST_SECONDS = 10.0  # for one of them: what is slow is asked less often
Questions = dict[str, Callable[[], object]]


def measure(
    *,
    sizes: tuple[int, int] = (10_000, 1_000_000),
    others: int = OTHERS,
    repeats: int = 60,
    with_pages: bool = True,
) -> list[Goal]:
    """So many calls, transactions, texts and twice as many entries, then the larger number of each."""
    them = people(others)
    originals = _one_of_each(them)
    pages = Pages(them) if with_pages else None
    small, large = sizes
    _grow(them, originals, 0, small)
    before = _times(them, pages, repeats)
    _grow(them, originals, small, large)
    after = _times(them, pages, repeats)
    rows = f"{in_figures(small)} → {in_figures(large)} rows"
    goals = [
        Goal(
            what=f"{name}, {rows}",
            measured=after[name] / before[name],
            wanted=LIMIT,
            unit=" ×",
            beside=f"{before[name]:.2f} ms → {after[name]:.2f} ms",
        )
        for name in before
    ]
    return [*goals, pages.statements_of_staff(in_figures(large))] if pages else goals


def _times(them: People, pages: "Pages | None", repeats: int) -> dict[str, float]:
    """Milliseconds in the database, by question."""
    times = {name: _milliseconds(ask, repeats) for name, ask in _questions(them).items()}
    if pages is not None:
        fewer = max(1, repeats // 4)  # a page takes as long as many of the others
        times |= {name: _milliseconds(ask, fewer) for name, ask in pages.questions().items()}
    return times


def fill(rows: int, *, others: int = OTHERS) -> None:
    """So many rows of each of the large tables, of people who do nothing else."""
    them = people(others)
    _grow(them, _one_of_each(them), 0, rows)


def in_figures(number: int) -> str:
    """`10^6`, or with commas."""
    power = round(math.log10(number))
    return f"10^{power}" if number == 10**power else f"{number:,}"


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
    from billing.services.rebuild_roll_ups import rebuild_roll_ups

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
    rebuild_roll_ups()  # of what was copied past the function that posts
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

    times: list[float] = []
    began = time.monotonic()
    with connection.execute_wrapper(timed):
        while len(times) < WARM_UP + repeats:
            spent = 0.0
            ask()
            times.append(spent * 1000)
            if len(times) > 1 and time.monotonic() - began > LONGEST_SECONDS:
                break
    measured = times[WARM_UP:] or times[-1:]
    return quantiles(measured, n=10)[0] if len(measured) > 1 else measured[0]
