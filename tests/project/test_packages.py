"""Debian packages that the tests need bring no service to life, and change no policy of the machine."""

import subprocess
from pathlib import Path

import pytest

from tools.packages import no_services


def test_what_is_installed_is_not_started(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    with pytest.raises(subprocess.CalledProcessError), no_services(policy):
        assert subprocess.run([policy, "prometheus", "start"], check=False).returncode == 101
        raise subprocess.CalledProcessError(100, "apt-get")
    assert not policy.exists()


def test_a_policy_of_the_machine_stays(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 104\n")
    with no_services(policy):
        assert policy.read_text() == "#!/bin/sh\nexit 104\n"
    assert policy.exists()
