"""Events are read once, on entry, into types: what can be done without is ignored, what money needs is not guessed."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony import events, wire
from telephony.events import Answered, Ended, Fact, JoinedSpan, Progress, Ringing, Started
from telephony.states import ENDINGS, EndedBy, EndReason, EventState, Leg

AT = 1_750_000_000.0
BODY = {
    "event_id": "e-1", "sequence": 1, "call_id": "call_1750000000_abcdef", "direction": "outbound", "ts": AT,
    "account_id": "17", "operator_id": 22,
}  # fmt: skip


def parsed(state: str, metadata: Any) -> wire.CallEvent:
    return wire.parse_event(json.dumps({**BODY, "state": state, "metadata": metadata}).encode())


@pytest.mark.parametrize(
    "fact",
    [
        Ringing(Leg.CUSTOMER),
        Answered(Leg.OPERATOR),
        Answered(Leg.CUSTOMER, has_no_key=True),
        Started(AT + 0.125),
        Progress(90_000),
        Ended(EventState.BUSY, EndReason.OPERATOR_BUSY, EndedBy.OPERATOR, Leg.OPERATOR),
        Ended(
            EventState.ENDED,
            EndReason.HANGUP,
            EndedBy.CUSTOMER,
            None,
            JoinedSpan(AT, AT + 127, 127_000, 3_600_000),
        ),
    ],
    ids=lambda fact: type(fact).__name__,
)
def test_what_the_adapter_says_is_what_django_reads(fact: Fact) -> None:
    assert events.fact_of(fact.state, fact.metadata()) == fact
    assert parsed(str(fact.state), fact.metadata()).fact == fact


def test_unknown_metadata_is_kept_and_ignored() -> None:
    event = parsed(
        "ended", {"joined_ms": "1000", "codec": "opus", "retries": 3, "tags": ["a"], "bad": "a\u0000b"}
    )
    assert event.metadata == {
        "joined_ms": "1000", "codec": "opus", "retries": "3", "tags": '["a"]', "bad": "ab",
    }  # fmt: skip
    assert event.fact == Ended(EventState.ENDED, None, EndedBy.NETWORK, None, JoinedSpan(joined_ms=1000))


@pytest.mark.parametrize(
    ("state", "metadata", "fact"),
    [
        ("ringing", {"leg": "third"}, Ringing(None)),
        ("answered", {}, Answered(Leg.CUSTOMER)),
        ("started", {"joined_at": "yesterday"}, Started(None)),
        ("progress", {"elapsed_ms": "soon"}, Progress(None)),
        (
            "failed",
            {"why": "a newer word", "ended_by": "nobody"},
            Ended(EventState.FAILED, None, EndedBy.NETWORK),
        ),
        ("started", [], Started(None)),
        (
            "ended",
            {"joined_ms": "many", "joined_at": "1750000000.000", "left_at": "1750000002.500"},
            Ended(EventState.ENDED, None, EndedBy.NETWORK, None, JoinedSpan(AT, AT + 2.5, 2500)),
        ),
        (
            "ended",
            {"joined_ms": "2500", "joined_at": "12", "left_at": "never"},
            Ended(EventState.ENDED, None, EndedBy.NETWORK, None, JoinedSpan(None, None, 2500)),
        ),
    ],
)
def test_what_can_be_done_without_refuses_no_event(state: str, metadata: Any, fact: Fact) -> None:
    assert parsed(state, metadata).fact == fact


@pytest.mark.parametrize(
    ("metadata", "key"),
    [
        ({"joined_ms": "12.5"}, "joined_ms"),
        ({"joined_ms": "-5", "joined_at": "1750000000.0"}, "joined_ms"),
        ({"joined_at": "yesterday"}, "joined_at"),
        ({"joined_at": "1750000000.0", "left_at": "later"}, "left_at"),
    ],
)
def test_a_joined_time_that_cannot_be_read_is_refused_not_guessed(metadata: dict[str, str], key: str) -> None:
    with pytest.raises(wire.WireError, match=rf"metadata\.{key}: unusable"):
        parsed("ended", metadata)


@given(
    st.sampled_from(list(EventState)),
    st.dictionaries(st.text(max_size=20), st.text(max_size=300), max_size=70),
)
def test_whatever_metadata_holds_an_event_is_read_or_refused_by_name(
    state: EventState, metadata: dict[str, str]
) -> None:
    try:
        event = parsed(str(state), metadata)
    except wire.WireError as error:
        refusal = str(error)
    else:
        refusal = ""
        assert wire.parse_event(event.to_json()) == event
    assert refusal == "" or (state in ENDINGS and refusal.startswith("metadata."))
