"""What recordings become: three files at one loudness without anything else of what came in, or words that say why not."""

import io
import math
import wave

import av
import pytest

from core.errors import Invalid
from operators.greeting_formats import MAX_BYTES
from operators.greeting_processing import prepare
from tests.operators.recordings import TITLE, encoded, samples_of, wav

HTML = b"<html><script>alert(1)</script></html>" * 20
PLAYLIST = b"#EXTM3U\n#EXTINF:5,\nfile:///etc/passwd\n"


def loudness(data: bytes) -> float:
    samples = samples_of(data)
    return math.sqrt(sum(sample * sample for sample in samples) / len(samples))


def test_a_recording_becomes_opus_aac_and_a_sound_for_calls() -> None:
    prepared = prepare(wav(2.5))
    assert prepared.duration_ms == 2500
    for data, container, codec in ((prepared.opus, "ogg", "opus"), (prepared.aac, "mp4", "aac")):
        with av.open(io.BytesIO(data), format=container) as file:
            (stream,) = file.streams
            assert stream.codec_context.name == codec
            assert float(file.duration or 0) / av.time_base == pytest.approx(2.5, abs=0.1)
    with wave.open(io.BytesIO(prepared.phone)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
        assert file.getnframes() == pytest.approx(20_000, abs=100)


@pytest.mark.parametrize(
    ("container", "codec"),
    [("webm", "libopus"), ("mp4", "aac"), ("mp3", "libmp3lame"), ("flac", "flac")],
)
def test_what_browsers_and_phones_record_is_taken_without_its_tags(container: str, codec: str) -> None:
    data = encoded(container, codec)
    prepared = prepare(data)
    assert prepared.duration_ms == pytest.approx(2000, abs=120)
    assert TITLE.encode() in data
    for file in (prepared.opus, prepared.aac, prepared.phone):
        assert TITLE.encode() not in file


def test_a_quiet_and_a_loud_recording_are_equally_loud() -> None:
    quiet, loud = (prepare(wav(4, loudness=peak)).phone for peak in (0.03, 0.9))
    assert loudness(loud) / loudness(quiet) == pytest.approx(1, abs=0.25)
    assert max(samples_of(loud)) < 32_000


def test_the_same_recording_has_the_same_name_and_another_another() -> None:
    first = prepare(wav(1))
    assert prepare(wav(1)) == first
    assert prepare(wav(1, hertz=330)).digest != first.digest


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (wav(21), "at most 20 seconds"),
        (encoded("webm", "libopus", 21.0), "at most 20 seconds"),
        (wav(0.4), "too short"),
        (wav(3, loudness=0.0), "can’t hear anything"),
        (encoded("mp4", "aac")[:2000], "damaged"),
        (b"OggS" + bytes(range(256)) * 40, "damaged"),
        (wav(1)[:60], "too short"),
        (HTML, "Use an audio file"),
        (PLAYLIST, "Use an audio file"),
        (b"", "Use an audio file"),
        (wav(1) + bytes(MAX_BYTES), "larger than 4 MB"),
    ],
    ids=[
        "long", "long-webm", "short", "silent", "truncated", "noise", "stub", "html", "playlist", "empty", "large",
    ],
)  # fmt: skip
def test_what_is_no_greeting_is_refused_in_words(data: bytes, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        prepare(data)


def test_twenty_seconds_are_taken() -> None:
    assert prepare(wav(20)).duration_ms == 20_000


def test_a_playlist_inside_a_known_container_opens_no_other_file() -> None:
    with pytest.raises(Invalid, match="damaged"):
        prepare(b"ID3\x03\x00\x00\x00\x00\x00\x00" + PLAYLIST)
