"""Rules without I/O: keywords, masking, segments, quiet hours, usual reply times."""

from datetime import UTC, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.contact_masking import ADDRESS, CARD, NUMBER, hidden_kinds, mask, mask_phones
from core.quiet_hours import may_send_at
from messaging.keywords import keyword_of
from messaging.reply_times import in_words, usual_seconds
from messaging.segments import is_gsm7, segment_count, with_straight_quotes
from messaging.states import ConsentAction


@pytest.mark.parametrize(
    "words",
    ["STOP", "stop", " Stop. ", "STOPALL", "Stop all!", "UNSUBSCRIBE", "cancel", "END", "Quit", "revoke",
     "OPTOUT", "opt-out", "ＳＴＯＰ", "please stop", '"stop"'],
)  # fmt: skip
def test_every_way_to_say_stop_is_understood(words: str) -> None:
    assert keyword_of(words, is_stopped=False) is ConsentAction.STOP


@pytest.mark.parametrize("words", ["don't stop", "stop by tomorrow?", "helpful", "", "the end", "start over"])
def test_words_of_a_conversation_are_not_keywords(words: str) -> None:
    assert keyword_of(words, is_stopped=False) is None


def test_yes_means_start_only_to_somebody_who_has_stopped() -> None:
    assert keyword_of("YES", is_stopped=True) is ConsentAction.START
    assert keyword_of("yes", is_stopped=False) is None
    assert keyword_of("Unstop", is_stopped=False) is ConsentAction.START
    assert keyword_of("HELP", is_stopped=True) is ConsentAction.HELP


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("call 212-555-0100 now", f"call {NUMBER} now"),
        ("(212) 555.0100", NUMBER),
        ("+44 20 7946 0958", NUMBER),
        ("555-0100", NUMBER),
        ("2 1 2 5 5 5 0 1 0 0", NUMBER),
        ("two one two five five five oh one oh oh", NUMBER),
        ("２１２５５５０１００", NUMBER),
        ("me@example.com", ADDRESS),
        ("sarah (at) example dot com", ADDRESS),
        ("4242 4242 4242 4242", CARD),
        ("378282246310005", CARD),
    ],
)
def test_what_would_lead_outside_is_hidden(text: str, kept: str) -> None:
    assert mask(text) == kept


@pytest.mark.parametrize(
    "text", ["at 14:30 or 9", "2026-11-22", "$1,000,000", "I won 20 of 30", "someone, at home", "room 101"]
)
def test_ordinary_figures_stay(text: str) -> None:
    assert mask(text) == text


def test_with_the_switch_off_only_cards_are_hidden() -> None:
    assert mask("212-555-0100, me@example.com, 4242424242424242", contacts=False) == (
        f"212-555-0100, me@example.com, {CARD}"
    )


@given(st.text(max_size=200))
def test_masking_never_fails_and_masked_text_stays(text: str) -> None:
    once = mask(text)
    assert mask(once) == once
    assert bool(hidden_kinds(text)) == (once != text)


@given(st.from_regex(r"\+1[2-9][0-9]{9}", fullmatch=True), st.sampled_from(["", " ", "-", ". ", " - "]))
def test_no_spelling_of_a_number_passes(number: str, gap: str) -> None:
    spelled = gap.join(number[1:])
    assert not any(run in mask(f"ring {spelled} tonight") for run in (spelled, number[2:]))


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), ("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3), ("€" * 80, 1), ("€" * 81, 2),
     ("ж" * 70, 1), ("ж" * 71, 2), ("😀" * 35, 1), ("😀" * 36, 2)],
)  # fmt: skip
def test_segments_are_counted_as_the_network_does(text: str, count: int) -> None:
    assert segment_count(text) == count


def test_the_words_of_a_page_fit_into_an_sms_of_the_gsm_alphabet() -> None:
    words = "We’ve paused new calls. Choose “STOP” on Sarah’s page."
    assert not is_gsm7(words)
    assert with_straight_quotes(words) == "We've paused new calls. Choose \"STOP\" on Sarah's page."
    assert is_gsm7(with_straight_quotes(words))


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-22T18:00", "2026-11-22T18:00"),  # 13:00 in New York
        ("2026-11-23T03:00", "2026-11-23T14:00"),  # 22:00: waits for 9:00
        ("2026-11-23T12:00", "2026-11-23T14:00"),  # 7:00: the same morning
        ("2026-11-01T04:30", "2026-11-01T14:00"),  # the night in which summer time ends
    ],
)
def test_alerts_wait_for_the_readers_morning(at: str, expected: str) -> None:
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    sent = may_send_at(moment, time_zone="America/New_York", quiet_from=time(21), quiet_until=time(9))
    assert sent == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_quiet_hours_that_begin_when_they_end_are_none() -> None:
    at = datetime(2026, 11, 22, 3, tzinfo=UTC)
    assert may_send_at(at, time_zone="UTC", quiet_from=time(9), quiet_until=time(9)) == at


def test_the_usual_reply_time_is_the_median_in_words() -> None:
    assert usual_seconds([10, 20]) is None
    assert in_words(None) == ""
    assert usual_seconds([10, 9000, 30]) == 30
    assert in_words(30) == "usually replies within a few minutes"
    assert in_words(3000) == "usually replies within an hour"
    assert in_words(90_000) == "usually takes more than a day to reply"


@pytest.mark.parametrize(
    "number",
    [
        "+12125550142", "+1 212 555 0142", "+44 20 7946 0958", "+19991020001", "12125550142", "1-212-555-0142",
        "1 (212) 555-0142", "(212) 555-0142", "212-555-0142", "212.555.0142", "212 555 0142",
    ],
)  # fmt: skip
def test_a_reason_is_kept_without_phone_numbers(number: str) -> None:
    assert mask_phones(f"called from {number}, twice") == f"called from {NUMBER}, twice"
    assert mask_phones(number) == NUMBER


@pytest.mark.parametrize(
    "text",
    [
        "wire 4821990213 of 2026-07-14",
        "transaction 12345678, $1,000.00",
        "joined at 1772920043.123, 1772920043123 ms",
        "call_1772919720_9f3k2m7q1x",
        "0.0.0.0 at 14:30:00",
        "batch 31122125550142",
    ],
)
def test_references_times_and_amounts_stay_in_a_reason(text: str) -> None:
    assert mask_phones(text) == text
