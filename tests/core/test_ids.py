"""Public ids."""

import re

import pytest

from core.ids import new_id
from telephony.adapter.ids import bridge_id, call_of, snoop_id


@pytest.mark.parametrize("prefix", ["call", "verify", "msg"])
def test_a_public_id_cannot_be_guessed(prefix: str) -> None:
    made = {new_id(prefix) for _ in range(100)}
    assert len(made) == 100
    for one in made:
        assert re.fullmatch(rf"{prefix}_[0-9]{{10}}_[0-9a-f]{{32}}", one)  # 128 bits
        assert len(one) <= 60  # what the columns hold


def test_asterisks_names_lead_back_to_calls_of_today_and_of_before() -> None:
    for call_id in (new_id("call"), "call_1750000000_0123456789abcdef", "call_1234567890_abc123"):
        assert call_of(bridge_id(call_id)) == call_of(snoop_id(call_id, 3)) == call_id
