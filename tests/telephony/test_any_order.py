"""Events in any order, repeated and lost, on PostgreSQL: one settlement, and it is what the rules say.

The rules are `tests.model.rules`, which import nothing of the product.
"""

from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.auditing import run, scope_since
from billing.models import FreeMinutesPackage
from operators.models import Operator
from telephony.models import Call
from telephony.services.handle_event import handle_event
from telephony.wire import CallEvent
from tests.model import rules
from tests.scenario import (
    epoch,
    event_of,
    given_customer,
    given_operator,
    ledger_of,
    the_authorization,
    the_call,
    wallet,
    when_called,
)

BOUNDARIES = [
    1,
    400,
    999,
    1000,
    58_999,
    59_999,
    60_000,
    60_001,
    60_999,
    61_000,
    119_999,
    120_000,
    179_999,
    180_500,
]
TARIFFS = [(60, 60), (60, 6), (30, 10)]
UNJOINED = ["busy", "no_answer", "failed", "ended"]


@st.composite
def stories(draw: st.DrawFn) -> dict[str, Any]:
    """What truly happened in one call, and which of its events come in which order before the last word gets through."""
    joined_ms = draw(st.one_of(st.none(), st.sampled_from(BOUNDARIES), st.integers(1, 700_000)))
    first, following = draw(st.sampled_from(TARIFFS))
    return {
        "joined_ms": joined_ms,
        "ending": "ended" if joined_ms is not None else draw(st.sampled_from(UNJOINED)),
        "terms": rules.Terms(
            rate=draw(st.integers(1, 999)),
            fee=draw(st.sampled_from([0, 1, 99, 250])),
            first=first,
            following=following,
            share=draw(st.sampled_from([7500, 8000, 8500])),
        ),
        "balance": draw(st.integers(0, 12_000)),
        "free_minutes": draw(st.sampled_from([0, 0, 1, 2, 10])),
        "arrivals": draw(st.lists(st.integers(0, 7), max_size=5)),
    }


def facts(call: Call, ending: str, joined_ms: int | None) -> list[CallEvent]:
    """Everything the adapter would report of the call, the ending last."""
    before = [
        event_of(call, "ringing", at=1, leg="customer"),
        event_of(call, "answered", at=4, leg="customer"),
        event_of(call, "ringing", at=6, leg="operator"),
    ]
    if joined_ms is None:
        return [*before, event_of(call, ending, at=20)]
    left = 10 + joined_ms / 1000
    asked = [at for at in (45, 90, 180, 270) if at * 1000 < joined_ms]
    return [
        *before,
        event_of(call, "started", at=10, joined_at=epoch(call, 10)),
        *(event_of(call, "progress", at=10 + at, elapsed_ms=str(at * 1000)) for at in asked),
        event_of(
            call, ending, at=left, joined_at=epoch(call, 10), left_at=epoch(call, left), joined_ms=str(joined_ms)
        ),
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.django_db
def test_any_order_repetition_and_loss_settles_once_as_the_rules_say() -> None:
    play(examples=20)


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.django_db
def test_any_order_repetition_and_loss_settles_once_in_a_large_sample() -> None:
    play(examples=250)


def play(examples: int) -> None:
    """So many stories, one after the other in the same books, which the audit then derives again."""

    @settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(story=stories())
    def each(story: dict[str, Any]) -> None:
        terms: rules.Terms = story["terms"]
        increments = {"FIRST_INCREMENT_SECONDS": terms.first, "NEXT_INCREMENT_SECONDS": terms.following}
        with override_settings(BILLING={**django_settings.BILLING, **increments}):
            play_one(story, terms)

    each()
    assert Call.objects.count() >= examples
    assert list(run(scope_since(None))) == []


def play_one(story: dict[str, Any], terms: rules.Terms) -> None:
    minutes = story["free_minutes"]
    least = rules.cost(terms, terms.first, minutes * 60)
    balance = least + story["balance"]
    customer = given_customer(balance=f"{balance / 100:.2f}", free_minutes=minutes)
    operator = given_operator(
        rate=f"{terms.rate / 100:.2f}", fee=f"{terms.fee / 100:.2f}", share_bps=terms.share
    )
    call = when_called(customer, operator)
    told = facts(call, story["ending"], story["joined_ms"])

    answers: dict[str, Any] = {}
    for index in [*story["arrivals"], len(told) - 1]:
        event = told[index % len(told)]
        answer = handle_event(event)
        if event.state != "progress":
            assert answers.setdefault(event.event_id, answer) == answer
        held = the_authorization(call)
        if the_call(call).is_live:
            assert held.held_minor >= held.cost_minor(held.granted_seconds)

    authorization = the_authorization(call)
    packages = [rules.Package(minutes * 60)] if minutes else []
    expected = rules.outcome(terms, story["joined_ms"], authorization.granted_seconds, packages)
    assert authorization.charged_minor == expected.cost
    assert wallet(customer) == (balance - expected.cost, 0)
    assert authorization.operator_minor == expected.operator
    assert ledger_of(call) == {
        kind: row
        for kind, row in {
            "connect_fee": (expected.fee, expected.operator_fee, expected.fee - expected.operator_fee),
            "call": (expected.talk, expected.operator_talk, expected.talk - expected.operator_talk),
            "promo": (expected.promo, expected.promo, 0),
        }.items()
        if row[0]
    }
    used = sum(FreeMinutesPackage.objects.filter(customer=customer).values_list("seconds_used", flat=True))
    assert used == expected.free
    before = the_call(call)
    for event in told:  # and whatever is repeated or late
        handle_event(event)
        handle_event(replace(event, event_id=f"late-{event.event_id}"))
    after = the_call(call)
    assert after.sequence == before.sequence
    assert wallet(customer) == (balance - expected.cost, 0)
    assert not after.is_live
    assert not Operator.objects.get(pk=operator.pk).in_call
    assert not FreeMinutesPackage.objects.filter(customer=customer, seconds_reserved__gt=0).exists()
