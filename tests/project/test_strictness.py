"""The tests' own rules hold: nothing leaves the machine, nothing is skipped."""

import socket

import pytest

from tests.support.network import NetworkBlocked
from tools.environment import ROOT

pytest_plugins = ["pytester"]


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1", "example.com"])
def test_a_connection_to_another_machine_is_refused(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as outside, pytest.raises(NetworkBlocked, match=address):
        outside.connect((address, 80))


def test_a_connection_to_this_machine_works() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        assert client.getpeername() == server.getsockname()


def test_each_house_with_an_asterisk_stays_on_one_worker(pytestconfig: pytest.Config) -> None:
    assert pytestconfig.pluginmanager.has_plugin("tests.support.groups")


SKIPPING = """
import pytest

@pytest.fixture
def phone(): pytest.skip("no phone")

def test_skips(): pytest.skip("no phone")

def test_uses_what_skips(phone): pass

@pytest.mark.skip(reason="no phone")
def test_is_marked(): pass

@pytest.mark.xfail(reason="no phone")
def test_fails_as_expected(): assert False

@pytest.mark.xfail(reason="no phone", strict=False)
def test_passes_against_expectation(): pass
"""


def test_a_skip_fails_the_run_and_says_why(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makepyfile(test_functions=SKIPPING, test_module="import pytest; pytest.importorskip('no_phone')")
    result = pytester.runpytest_subprocess(
        "-p", "tests.support.nothing_skipped", "-p", "no:django", "--continue-on-collection-errors"
    )
    assert result.parseoutcomes() == {"failed": 3, "errors": 3}
    result.stdout.fnmatch_lines(
        ["*Nothing is skipped here: *no_phone*", "*Nothing is skipped here: *no phone*"]
    )
