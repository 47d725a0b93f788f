"""Nothing is skipped in silence: a skipped, expected-to-fail or unexpectedly passing test fails the run.

What a machine lacks is installed (tools/packages.py), or the run fails and says so.
"""

from collections.abc import Generator

import pytest


def _forbid(report: "pytest.TestReport | pytest.CollectReport") -> None:
    if report.outcome == "skipped" or hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else getattr(report, "wasxfail", "")
        report.outcome = "failed"
        report.longrepr = f"Nothing is skipped here: {reason}"
        if hasattr(report, "wasxfail"):
            del report.wasxfail


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _forbid(report)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _forbid(report)
    return report
