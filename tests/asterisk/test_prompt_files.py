"""The script that makes a node's sounds: the same words give the same files, and a recording is never overwritten."""

import wave
from io import BytesIO
from pathlib import Path

import pytest

from deploy.asterisk.make_prompts import make
from telephony.sounds import Sound, neutral_sounds, operator_name, you_are_calling
from telephony.speech import speak
from tests.lab.audio import WARNING, analyse, compress

pytestmark = pytest.mark.asterisk  # the voice and the tones come from Debian's packages


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("prompts")
    assert make(output) == len(neutral_sounds())
    return output


def _samples(file: Path | BytesIO) -> list[int]:
    with wave.open(str(file) if isinstance(file, Path) else file) as sound:
        assert (sound.getnchannels(), sound.getframerate(), sound.getsampwidth()) == (1, 8000, 2)
        frames = sound.readframes(sound.getnframes())
    return [int.from_bytes(frames[i : i + 2], "little", signed=True) for i in range(0, len(frames), 2)]


def _is_audible(samples: list[int]) -> bool:
    return 0.15 < len(samples) / 8000 < 8 and max(samples) > 5000


def test_every_neutral_sound_is_8_khz_mono_and_audible(made: Path) -> None:
    for name in neutral_sounds():
        assert _is_audible(_samples(made / f"aeims/{name}.wav")), name


@pytest.mark.parametrize("sound", [you_are_calling("flirts dot N Y C"), operator_name("Luna")])
def test_a_name_is_spoken_in_the_same_form_and_the_same_bytes(sound: Sound) -> None:
    data = speak(sound)
    assert _is_audible(_samples(BytesIO(data)))
    assert data == speak(sound)


@pytest.mark.parametrize("name", ["warning-60", "warning-15"])
def test_a_warning_begins_with_a_tone(made: Path, name: str) -> None:
    first = _samples(made / f"aeims/common/{name}.wav")[: int(0.45 * 8000)]
    heard = analyse([bytes(compress(sample) for sample in first)])
    assert heard.tones == (WARNING,)


def test_the_same_words_give_the_same_bytes_and_nothing_is_made_twice(made: Path, tmp_path: Path) -> None:
    assert make(made) == 0
    make(tmp_path)
    for name in neutral_sounds():
        file = f"aeims/{name}.wav"
        assert (made / file).read_bytes() == (tmp_path / file).read_bytes(), name


def test_a_recording_is_left_alone(made: Path) -> None:
    recording = made / "aeims/common/failed.wav"
    recording.write_bytes(b"studio")
    assert make(made) == 0
    assert recording.read_bytes() == b"studio"
    recording.unlink()
    assert make(made) == 1
