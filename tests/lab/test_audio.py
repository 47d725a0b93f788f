"""Phones hear what they say they hear."""

import pytest

from tests.lab.audio import FRAME, LINEAR, PHONE_TONES, analyse, compress, tone


def _packets(sound: bytes, count: int) -> list[bytes]:
    return [sound[i * FRAME : (i + 1) * FRAME] for i in range(count)]


@pytest.mark.parametrize("frequency", PHONE_TONES)
def test_a_tone_is_named(frequency: int) -> None:
    assert analyse(_packets(tone(frequency), 15)).tones == (frequency,)


def test_two_tones_at_once_are_both_named() -> None:
    mixed = bytes(compress((LINEAR[a] + LINEAR[b]) // 2) for a, b in zip(tone(607), tone(1000), strict=True))
    assert set(analyse(_packets(mixed, 15)).tones) == {607, 1000}


def test_silence_has_no_tone() -> None:
    heard = analyse([bytes([0xFF]) * FRAME] * 10)
    assert (heard.packets, heard.tones) == (10, ())
    assert analyse([]).packets == 0


def test_compression_returns_every_value_it_can_say() -> None:
    assert all(LINEAR[compress(value)] == value for value in LINEAR)
