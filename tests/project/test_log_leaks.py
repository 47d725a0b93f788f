"""The search through the logs of every run finds what is planted, and nothing else."""

import logging
from pathlib import Path

import pytest

from tests.support import log_leaks
from tests.support.log_leaks import Recorder, leaks_in

pytest_plugins = ["pytester"]
WORDS = "see you on the corner"


@pytest.mark.parametrize(
    "line",
    [
        "INFO web called +12125550147 for it",
        "INFO web called 19991110077",
        "INFO web called (212) 555-0147",
        "INFO web called 212-555-0147",
        "WARNING worker no mail to anna@example.test",
        f"ERROR web message was '{WORDS}'",
    ],
)
def test_a_planted_leak_is_found(line: str) -> None:
    log = f"INFO web started\n{line}\nINFO web stopped"
    assert leaks_in(log, {WORDS, "another text"}) == [line]


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-29T05:05:34+0000 INFO telephony call_1772919720_9f3k2m7q1x ended after 127 s",
        '127.0.0.1:40000 - - [29/Nov/2026:05:05:34] "GET /operators/?page=2" 200 19870',
        "INFO adapter grants until 1772920043000 ms, at 1772920043.1",
        "INFO worker connected to postgresql://aeims@127.0.0.1:5432/aeims",
        "INFO web [number] and [email] are hidden",
    ],
)
def test_ids_times_and_masks_are_no_leaks(line: str) -> None:
    assert leaks_in(line, {WORDS}) == []


def test_what_a_test_logs_is_searched_as_the_product_writes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_leaks, "texts", {WORDS})
    recorder, log = Recorder(), logging.getLogger("planted")
    log.addHandler(recorder)
    monkeypatch.setattr(log, "propagate", False)
    try:
        log.warning("called %s, who said %s", "+12125550147", WORDS)
        log.warning("called %s", "+12125550147")  # masked by the filter of the product
        log.warning("nothing personal")
    finally:
        log.removeHandler(recorder)
    assert recorder.take_leaks() == [f"called [number], who said {WORDS}"]
    assert recorder.take_leaks() == []


def test_the_recorder_hears_what_the_product_logs() -> None:
    assert log_leaks.recorder in logging.getLogger().handlers
    before = len(log_leaks.recorder.lines)
    logging.getLogger("telephony.services.sweep").warning("nothing personal")
    assert log_leaks.recorder.lines[before:] == ["nothing personal"]


PLANTED = """
import logging

def test_it(): logging.getLogger("product").warning("they wrote %s", "see you on the corner")
"""


def test_a_run_with_a_leak_fails(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_leaks, "texts", {WORDS})
    monkeypatch.setattr(log_leaks, "recorder", Recorder())
    pytester.makepyfile(PLANTED)
    plugin = _HooksAlone()
    result = pytester.runpytest_inprocess("-p", "no:asyncio", "-p", "no:django", plugins=[plugin])
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines([f"*they wrote {WORDS}*"])


class _HooksAlone:
    """The plugin without its fixture, which needs the product's models."""

    pytest_runtest_teardown = staticmethod(log_leaks.pytest_runtest_teardown)

    @staticmethod
    def pytest_configure() -> None:
        logging.getLogger("product").addHandler(log_leaks.recorder)


def test_logs_of_processes_are_searched_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "web.log"
    monkeypatch.setattr(log_leaks, "_process_logs", set())
    log_leaks.remember_log(log)
    assert log_leaks.process_leaks() == []
    log.write_text(f"INFO ready\nINFO to +12125550147\nINFO {WORDS}\n")
    monkeypatch.setattr(log_leaks, "texts", {WORDS})
    assert log_leaks.process_leaks() == [f"{log}: INFO to +12125550147", f"{log}: INFO {WORDS}"]
