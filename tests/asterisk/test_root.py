"""Where the tests' Asterisk comes from."""

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from tools import asterisk_pin, asterisk_root
from tools.asterisk_root import RootError, debian_mirror
from tools.environment import ROOT

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


@pytest.mark.asterisk
def test_the_lab_has_the_asterisk_that_the_image_takes() -> None:
    here, pinned = asterisk_root.version(asterisk_root.ensure()), asterisk_pin.pinned()["version"]
    assert here in ("", pinned), (
        f"The tests ran with Asterisk {here}, the image takes {pinned}. Where all tests with phones pass, write the newer one "
        "into deploy/asterisk/asterisk.pin (python -m tools.asterisk_pin); else keep the pin, and mend what changed."
    )


def test_an_archive_without_this_major_version_is_said_in_plain_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "E: Version '1:22.*' for 'asterisk' was not found"
    monkeypatch.setattr(asterisk_root, "bootstrap", lambda *_: said)
    with pytest.raises(RootError, match="has no Asterisk 22 any more"):
        asterisk_root.ensure(tmp_path / "root", mirror="http://archive.example/debian")


RELEASE = "Origin: Debian\nSuite: unstable\nDate: Fri, 30 Oct 2026 22:08:01 UTC\n"
LIST = """\
Package: asterisk
Version: 1:22.11.0-1
Filename: pool/main/a/asterisk/asterisk_22.11.0-1_{0}.deb
SHA256: {1}

Package: asterisk-modules
Version: 1:22.11.0-1
Filename: pool/main/a/asterisk/asterisk-modules_22.11.0-1_{0}.deb
SHA256: {2}

Package: asteroid
Version: 1
Filename: pool/main/a/asteroid/asteroid_1_{0}.deb
SHA256: {1}
"""


def test_a_pin_names_each_package_and_a_moment_after_its_release() -> None:
    text = asterisk_pin.text_of(
        RELEASE, iter([LIST.format("amd64", "a" * 64, "b" * 64), LIST.format("arm64", "c" * 64, "d" * 64)])
    )
    assert [line for line in text.splitlines() if not line.startswith("#")] == [
        "version 1:22.11.0-1",
        "snapshot 20261031T020801Z",
        f"{'b' * 64}  asterisk-modules_22.11.0-1_amd64.deb",
        f"{'d' * 64}  asterisk-modules_22.11.0-1_arm64.deb",
        f"{'a' * 64}  asterisk_22.11.0-1_amd64.deb",
        f"{'c' * 64}  asterisk_22.11.0-1_arm64.deb",
    ]


def test_the_pin_is_whole() -> None:
    """Every package that the image installs by version, for each kind of processor."""
    pinned = asterisk_pin.pinned()
    upstream = pinned["version"].partition(":")[2]
    wanted = {
        f"{name}_{upstream}_{kind}.deb"
        for name, kinds in {
            "asterisk": asterisk_pin.ARCHITECTURES,
            "asterisk-modules": asterisk_pin.ARCHITECTURES,
            "asterisk-config": ("all",),
        }.items()
        for kind in kinds
    }
    assert wanted <= set(pinned)
    assert pinned["version"].startswith(f"1:{asterisk_root.OLDEST_MAJOR}.")


@pytest.mark.parametrize(
    ("fetched", "said"),
    [
        ("as pinned", ""),
        ("another", "asterisk_1%3a22.deb is not the package that asterisk.pin names"),
        ("nothing", "no package was fetched"),
        ("no such version", "has no Asterisk 22-1"),
    ],
)
def test_only_the_package_with_the_pinned_checksum_is_installed(
    fetched: str, said: str, tmp_path: Path
) -> None:
    """By the script of the image, with an apt that fetches what the test lays out."""
    for name in ("bin", "archives", "sources"):
        (tmp_path / name).mkdir()
    total = hashlib.sha256(b"as pinned").hexdigest()
    pin = _file(
        tmp_path, "asterisk.pin", f"version 22-1\nsnapshot 20261030T120000Z\n{total}  asterisk_22.deb\n"
    )
    package = {"as pinned": "printf 'as pinned' > \"$A\"", "another": 'echo other > "$A"', "nothing": ":"}
    apt = _file(
        tmp_path / "bin", "apt-get",
        f"#!/bin/sh\nA={tmp_path}/archives/asterisk_1%3a22.deb\necho \"$*\" >> {tmp_path}/calls\n"
        f"case $* in *download-only*) {package.get(fetched, 'exit 100')} ;; esac\n",
    )  # fmt: skip
    apt.chmod(0o755)
    environment = {
        "PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "APT_SOURCES": str(tmp_path / "sources"), "APT_ARCHIVES": str(tmp_path / "archives"),
    }  # fmt: skip
    script = ROOT / "deploy/asterisk/install_pinned.sh"
    done = subprocess.run(["sh", script, pin], env=environment, capture_output=True, text=True)
    installed = [
        line for line in (tmp_path / "calls").read_text().splitlines() if "--download-only" not in line
    ][1:]
    assert said in done.stderr
    assert bool(installed) == (done.returncode == 0) == (not said)
    source = (tmp_path / "sources/asterisk.list").read_text()
    assert (
        source
        == "deb [check-valid-until=no] http://snapshot.debian.org/archive/debian/20261030T120000Z sid main\n"
    )
