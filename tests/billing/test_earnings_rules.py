"""Which customer's share of a week is held, and which addresses are one network: pure rules."""

import pytest

from billing.earnings_rules import Earned, HoldRules, LargeShare, large_shares
from customers.networks import network_of
from telephony.silent_legs import was_mostly_silent

RULES = HoldRules(network_days=7, share_bps=4000, floor_minor=10_000, released_days=30)


def week(*amounts: tuple[int, int]) -> list[Earned]:
    """Calls of one operator: customer and amount."""
    return [Earned(1, customer, f"call-{n}", minor) for n, (customer, minor) in enumerate(amounts)]


def held(*amounts: tuple[int, int]) -> list[int]:
    return sorted({share.customer_id for share in large_shares(week(*amounts), {}, RULES)})


def test_more_than_the_share_is_held_and_exactly_the_share_is_not() -> None:
    assert held((7, 4000), (8, 3000), (9, 3000)) == []
    assert held((7, 4001), (8, 3000), (9, 3000)) == [7]


def test_calls_of_one_customer_are_taken_together() -> None:
    shares = large_shares(week((7, 3000), (8, 2000), (7, 3000), (9, 4000)), {}, RULES)
    assert shares == [LargeShare(1, 7, ("call-0", "call-2"), 6000, 12_000, (7,))]
    assert held((7, 3000), (8, 3000), (7, 3000), (9, 3000)) == [7]


def test_what_was_given_back_counts_for_nobody() -> None:
    assert held((7, 9000), (8, 5000), (9, 5000), (9, -3000), (7, 0)) == [7]


@pytest.mark.parametrize(
    "amounts",
    [
        [(7, 9999)],
        [(7, 50_000), (7, 50_000)],  # a newcomer's first two, however long they were
        [(7, 3000), (8, 3000), (7, 3999)],  # below the floor
        [],
    ],
)
def test_a_newcomers_beginning_is_not_held(amounts: list[tuple[int, int]]) -> None:
    assert held(*amounts) == []


def test_each_operators_week_is_their_own() -> None:
    one = [Earned(1, 7, f"a{n}", 5000) for n in range(3)]
    other = [Earned(2, customer, f"b{customer}", 5000) for customer in (7, 8, 9)]
    assert {(share.operator_id, share.customer_id) for share in large_shares([*one, *other], {}, RULES)} == {
        (1, 7)
    }


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("93.184.216.34", "93.184.216.34"),
        ("::ffff:93.184.216.34", "93.184.216.34"),
        ("2606:2800:220:1:248:1893:25c8:1946", "2606:2800:220:1::/64"),
        ("2606:2800:220:1::7", "2606:2800:220:1::/64"),
        ("127.0.0.1", None),
        ("10.1.2.3", None),
        ("172.18.0.5", None),
        ("100.64.0.1", None),
        ("::1", None),
        ("fd00::1", None),
        ("", None),
        ("not an address", None),
    ],
)
def test_a_network_is_one_public_connection(address: str, network: str | None) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("reason", "talk_ms", "is_silent"),
    [
        ("media_lost", 1_000, True),
        ("media_lost", 30_000, True),
        ("media_lost", 30_001, False),
        ("media_lost", None, False),
        ("node_silent", 1_000, False),
        ("hangup", 1_000, False),
    ],
)
def test_a_call_is_mostly_silent(reason: str, talk_ms: int | None, is_silent: bool) -> None:
    assert was_mostly_silent(reason, talk_ms, 30_000) is is_silent
