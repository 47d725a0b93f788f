"""A secret may be in a file that the environment names."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from core.environment import Environment


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "secret"
    file.write_text("in the file\n")
    return file


def test_a_file_goes_before_the_value_and_loses_its_end_of_line(
    monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    monkeypatch.setenv("SOME_SECRET", "in the environment")
    assert Environment()("SOME_SECRET", default="") == "in the environment"
    monkeypatch.setenv("SOME_SECRET_FILE", str(file))
    assert Environment()("SOME_SECRET", default="") == "in the file"
    file.write_text("one,two,three\n")
    assert Environment().list("SOME_SECRET") == ["one", "two", "three"]


def test_no_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_SECRET_FILE", "")
    assert Environment()("SOME_SECRET", default="none") == "none"


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_stops_the_start_and_says_nothing_of_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv("SOME_SECRET", "in the environment")
    monkeypatch.setenv("SOME_SECRET_FILE", str(file))
    with pytest.raises(ImproperlyConfigured, match=r"^SOME_SECRET_FILE: \w+$"):
        Environment()("SOME_SECRET", default="")
