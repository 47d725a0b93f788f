"""The call module's states: what an operator's page shows for every combination that matters. No database."""

from dataclasses import replace
from typing import Any

import pytest

from operators.states import Availability
from storefront.call_panel import CallPanel, CallPanelState, Funds, panel_state, state_of_call, state_online
from storefront.cards import OperatorCard

SARAH = OperatorCard(
    id=22,
    name="Sarah",
    slug="sarah",
    headline="",
    availability=Availability.ONLINE,
    rate_minor=399,
    portrait_seed="sarah",
)
ENOUGH = Funds(balance_minor=4500, free_seconds=600, talk_seconds=1260, required_minor=498)
NOTHING = Funds(balance_minor=0, free_seconds=0, talk_seconds=0, required_minor=498)


def call(
    status: str, *, operator_id: int = 22, joined: bool = False, leg: str = "customer"
) -> dict[str, Any]:
    return {
        "call_id": "call_1_abcdef",
        "status": status,
        "operator_id": operator_id,
        "joined_at_ms": 1 if joined else None,
        "ringing_leg": leg,
        "is_screened": False,
    }


def state(
    *,
    availability: Availability = Availability.ONLINE,
    funds: Funds = ENOUGH,
    live: dict[str, Any] | None = None,
    shown: dict[str, Any] | None = None,
    is_ready: bool = True,
) -> CallPanelState:
    card = replace(SARAH, availability=availability)
    return panel_state(card, funds, live=live, shown=shown or live, is_ready=is_ready)


def test_an_operator_online_and_enough_money_is_ready() -> None:
    assert state() == CallPanelState.READY


def test_too_little_money_offers_to_add_funds_instead_of_a_call() -> None:
    assert state(funds=NOTHING) == CallPanelState.UNFUNDED


def test_an_account_that_may_not_call_is_told_so_before_money_is_mentioned() -> None:
    assert state(funds=NOTHING, is_ready=False) == CallPanelState.UNREADY


@pytest.mark.parametrize(
    ("availability", "expected"),
    [
        (Availability.BUSY, CallPanelState.BUSY),
        (Availability.AWAY, CallPanelState.AWAY),
        (Availability.OFFLINE, CallPanelState.OFFLINE),
    ],
)
def test_an_operator_who_cannot_talk_comes_before_the_balance(
    availability: Availability, expected: CallPanelState
) -> None:
    assert state(availability=availability, funds=NOTHING) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("initiated", CallPanelState.CONNECTING),
        ("ringing", CallPanelState.RINGING),
        ("answered", CallPanelState.LIVE),
    ],
)
def test_ones_own_running_call_is_shown_although_the_operator_is_busy(
    status: str, expected: CallPanelState
) -> None:
    assert state(availability=Availability.BUSY, live=call(status)) == expected


def test_a_call_with_somebody_else_is_said() -> None:
    assert state(live=call("answered", operator_id=7, joined=True)) == CallPanelState.ELSEWHERE


def test_the_end_of_another_operators_call_is_not_shown_here() -> None:
    assert state(shown=call("ended", operator_id=7, joined=True)) == CallPanelState.READY


@pytest.mark.parametrize("status", ["busy", "no_answer", "failed", "ended"])
def test_a_call_that_was_never_joined_has_failed_whatever_its_status(status: str) -> None:
    assert state_of_call(call(status)) == CallPanelState.FAILED


def test_a_call_that_was_joined_has_ended() -> None:
    assert state_of_call(call("ended", joined=True)) == CallPanelState.ENDED


def test_what_coming_online_means_depends_on_the_account_and_the_money() -> None:
    assert state_online(ENOUGH, is_ready=True) == CallPanelState.READY
    assert state_online(NOTHING, is_ready=True) == CallPanelState.UNFUNDED
    assert state_online(ENOUGH, is_ready=False) == CallPanelState.UNREADY


@pytest.mark.parametrize(
    ("now", "step"),
    [
        (call("initiated"), 0),
        (call("ringing"), 1),
        (call("ringing", leg="operator"), 2),
    ],
)
def test_the_waiting_says_which_phone_rings(now: dict[str, Any], step: int) -> None:
    desk = CallPanel(state=CallPanelState.RINGING, operator=SARAH, funds=ENOUGH, key="k", call=now)
    assert desk.step == step


def test_figures_are_written_out() -> None:
    desk = CallPanel(state=CallPanelState.READY, operator=SARAH, funds=ENOUGH, key="k")
    assert (desk.balance_words, desk.free_words, desk.talk_words) == (
        "$45.00",
        "10 minutes",
        "about 21 minutes",
    )
    assert replace(desk, funds=NOTHING).talk_words == "not enough yet"
    shortened = replace(ENOUGH, talk_seconds=180, limit_name="daily limit")
    assert replace(desk, funds=shortened).talk_words == "about 3 minutes (your daily limit)"
    assert SARAH.rate_words == "$3.99/min"
