"""The script that makes the prompts: the same words give the same files, and a recording is never overwritten."""

import wave
from pathlib import Path

import pytest

from deploy.asterisk import make_prompts
from deploy.asterisk.make_prompts import PromptError, catalogue, make, read_operators
from tests.lab.audio import WARNING, analyse, compress

pytestmark = pytest.mark.asterisk  # the voice and the tones come from Debian's packages


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("prompts")
    assert make(output, {22: "Luna"}) == len(catalogue({22: "Luna"}))
    return output


def _samples(file: Path) -> list[int]:
    with wave.open(str(file)) as sound:
        assert (sound.getnchannels(), sound.getframerate(), sound.getsampwidth()) == (1, 8000, 2)
        frames = sound.readframes(sound.getnframes())
    return [int.from_bytes(frames[i : i + 2], "little", signed=True) for i in range(0, len(frames), 2)]


def test_every_sound_of_the_catalogue_is_8_khz_mono_and_audible(made: Path) -> None:
    for name in catalogue({22: "Luna"}):
        samples = _samples(made / f"aeims/{name}.wav")
        assert 0.15 < len(samples) / 8000 < 8, name
        assert max(samples) > 5000, name


@pytest.mark.parametrize("name", ["warning-60", "warning-15"])
def test_a_warning_begins_with_a_tone(made: Path, name: str) -> None:
    first = _samples(made / f"aeims/common/{name}.wav")[: int(0.45 * 8000)]
    heard = analyse([bytes(compress(sample) for sample in first)])
    assert heard.tones == (WARNING,)


def test_the_same_words_give_the_same_bytes_and_nothing_is_made_twice(made: Path, tmp_path: Path) -> None:
    assert make(made, {22: "Luna"}) == 0
    make(tmp_path, {22: "Luna"})
    for name in catalogue({22: "Luna"}):
        assert (made / f"aeims/{name}.wav").read_bytes() == (tmp_path / f"aeims/{name}.wav").read_bytes(), (
            name
        )


def test_a_changed_name_is_spoken_anew_and_a_recording_is_left_alone(made: Path) -> None:
    recording = made / "aeims/flirts/failed.wav"
    recording.write_bytes(b"studio")
    before = (made / "aeims/operators/22.wav").read_bytes()
    assert make(made, {22: "Violet"}) == 1
    assert (made / "aeims/operators/22.wav").read_bytes() != before
    assert recording.read_bytes() == b"studio"
    recording.unlink()
    assert make(made, {22: "Violet"}) == 1


def test_every_failure_ends_with_the_promise() -> None:
    failures = [name for name in catalogue({}) if "/operator-" in name or name.endswith("/failed")]
    assert len(failures) == 7 * len(make_prompts.BRANDS)
    assert all(catalogue({})[name].text.endswith("You were not charged.") for name in failures)


def test_a_list_of_operators_of_another_shape_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "operators.json"
    file.write_text('{"22": "Luna"}')
    with pytest.raises(PromptError, match="a JSON list"):
        read_operators(file)
