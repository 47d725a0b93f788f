"""How templates write amounts, times and numbers of ours."""

import pytest

from web.templatetags.ui import clock, device, in_minutes, in_seconds, money, phone


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "00:00"), (59, "00:59"), (323, "05:23"), (3723, "1:02:03")]
)
def test_a_timer_looks_like_a_timer(seconds: int, words: str) -> None:
    assert clock(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 minutes"), (60, "1 minute"), (90, "1.5 minutes"), (660, "11 minutes")]
)
def test_spans_are_told_in_minutes(seconds: int, words: str) -> None:
    assert in_minutes(seconds) == words


def test_amounts_are_written_as_everywhere() -> None:
    assert money(399) == "$3.99"
    assert money(123450, "EUR") == "€1,234.50"


def test_our_own_numbers_are_written_as_people_read_them() -> None:
    assert phone("+12125550100") == "(212) 555-0100"
    assert phone("+442079460000") == "+442079460000"


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile Safari/604.1",
            "Safari on iPhone",
        ),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/126.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/126.0 Safari/537.36 Edg/126.0", "Edge on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14.5; rv:127.0) Gecko Firefox/127.0", "Firefox on a Mac"),
        ("curl/8", "A browser"),
        ("", "A browser"),
    ],
)
def test_devices_are_named_as_people_call_them(user_agent: str, words: str) -> None:
    assert device(user_agent) == words


def test_milliseconds_are_written_as_seconds() -> None:
    assert [in_seconds(value) for value in (183_000, 1_000, 61_500)] == [
        "183 seconds",
        "1 second",
        "61.5 seconds",
    ]
