"""Where the tests' Asterisk comes from."""

from pathlib import Path

import pytest

from tools.asterisk_root import RootError, debian_mirror

DEB822 = """\
Types: deb
URIs: https://packages.vendor.example/debian
Suites: nodistro
Components: main

# the archive itself
Types: deb deb-src
# a snapshot
URIs: http://archive.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""


def _file(tmp_path: Path, name: str, text: str) -> Path:
    (tmp_path / name).write_text(text)
    return tmp_path / name


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("debian.sources", DEB822),
        ("old.list", "deb [arch=amd64] http://archive.example/debian trixie main contrib # ours\n"),
    ],
)
def test_the_mirror_is_the_one_that_apt_uses(tmp_path: Path, name: str, text: str) -> None:
    assert debian_mirror([_file(tmp_path, name, text)]) == "http://archive.example/debian"


@pytest.mark.parametrize(
    "text",
    [
        "deb http://archive.example/debian-security bookworm-security main\n",
        "# deb http://archive.example/debian bookworm main\n",
        "deb-src http://archive.example/debian bookworm main\n",
        "deb http://archive.example/vendor cloud-bookworm main\n",
    ],
)
def test_what_is_no_debian_release_is_not_taken(tmp_path: Path, text: str) -> None:
    with pytest.raises(RootError, match="--mirror"):
        debian_mirror([_file(tmp_path, "x.list", text)])
