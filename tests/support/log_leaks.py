"""No log line of a run holds a phone number, an email address, or a text that somebody wrote: a test that causes one fails.

Searched are what the test's own process logs, as the product's handlers write it, and the logs of the processes that it
starts (`tests.full_stack.process`). The texts are those of all messages that the test's process wrote or read.
"""

import copy
import logging
import re
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.log_redaction import RedactPersonal

_NUMBER = re.compile(
    r"(?<![\w.:])\+?1[0-9]{10}(?![\w.])|(?<![\w.])(?:\([0-9]{3}\) |[0-9]{3}[-.])[0-9]{3}[-.][0-9]{4}(?![\w.])"
)
_EMAIL = re.compile(r"[\w.+%-]+@(?:[\w-]+\.)+[A-Za-z]{2,}(?![\w.])")
_LEAST_TEXT = 10  # a shorter one stands in a line by chance

texts: set[str] = set()
_process_logs: set[Path] = set()


def remember_text(text: str) -> None:
    """From now on it may be in no log. One that is too short or a single word is not looked for."""
    if len(text) >= _LEAST_TEXT and " " in text:
        texts.add(text)


def remember_log(log: Path) -> None:
    """A file in which a process of the product writes; it is searched at the end of the run, if it is still there."""
    _process_logs.add(log)


def leaks_in(log: str, written: set[str]) -> list[str]:
    """The lines that hold a number, an address, or one of the texts."""
    suspicious = [text for text in written if text in log]
    return [
        line
        for line in log.splitlines()
        if _NUMBER.search(line) or _EMAIL.search(line) or any(text in line for text in suspicious)
    ]


def process_leaks() -> list[str]:
    """Those of all processes, with the file in front."""
    return [
        f"{log}: {line}"
        for log in sorted(_process_logs)
        if log.exists()
        for line in leaks_in(log.read_text(errors="replace"), texts)
    ]


class Recorder(logging.Handler):
    """Keeps what a handler of the product would write, without changing the record for the others."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []
        self._filter = RedactPersonal()

    def emit(self, record: logging.LogRecord) -> None:
        own = copy.copy(record)
        self._filter.filter(own)
        self.lines.append(self.format(own))

    def take_leaks(self) -> list[str]:
        """Those of the lines since the last time."""
        lines, self.lines = self.lines, []
        return leaks_in("\n".join(lines), texts) if lines else []


recorder = Recorder()


def pytest_runtest_setup() -> None:
    """A test before may have set logging up anew, which takes handlers away."""
    for name in ("", "django.server"):  # the latter doesn't propagate
        logging.getLogger(name).addHandler(recorder)  # once, however often


@pytest.fixture(scope="session", autouse=True)
def _no_leaks_in_process_logs() -> Iterator[None]:
    from django.db.models.signals import post_init

    from messaging.models import Message

    def note(instance: Any, **_: object) -> None:
        remember_text(instance.__dict__.get("text") or "")

    post_init.connect(note, sender=Message, dispatch_uid="log_leaks")
    yield
    leaks = process_leaks()
    assert not leaks, "logs of processes hold personal data:\n" + "\n".join(leaks[:20])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    try:
        return (yield)
    finally:
        leaks = recorder.take_leaks()
        if leaks:
            pytest.fail("the test logged personal data:\n" + "\n".join(leaks[:20]), pytrace=False)
