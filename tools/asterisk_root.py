#!/usr/bin/env python3
"""Find or make an Asterisk that the lab can run: the host's own (22 or later), else a Debian sid chroot.

`make test` and `tests.lab.asterisk` call it; by hand: `python3 tools/asterisk_root.py` prints the root directory
("/" means the host's own). Debian's stable releases package no Asterisk, so a small chroot is made with mmdebstrap
(about 30 s, 350 MB) under `AEIMS_DATA_DIR` (default `.local`) and reused while its stamp says that it is complete
and of the present recipe. The mirror is the one that the machine's own apt sources name. Standard library only.
"""

import argparse
import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

SUITE = "sid"
OLDEST_MAJOR = 22
# Whatever minor version sid has: a test compares it with the one that the image takes (deploy/asterisk/asterisk.pin).
PACKAGES = (f"asterisk=1:{OLDEST_MAJOR}.*", "asterisk-core-sounds-en-gsm", "asterisk-modules")
STAMP = "aeims-asterisk-root.json"
RECIPE = {"recipe": 1, "suite": SUITE, "packages": list(PACKAGES)}
_PLAIN_SUITES = re.compile(
    r"(stable|oldstable|oldoldstable|testing|unstable|sid|buster|bullseye|bookworm|trixie|forky|duke)/?"
)
_NO_SUCH_VERSION = re.compile(r"Version '[^']*' for 'asterisk' was not found")
KEY_TROUBLE = re.compile(
    r"NO_PUBKEY|EXPKEYSIG|is not signed|Missing key|No keyring|not be verified",
    re.IGNORECASE,
)


class RootError(RuntimeError):
    """No Asterisk can be had on this machine; the text says what is missing and what to do."""


def data_dir() -> Path:
    """Where generated things live: `AEIMS_DATA_DIR`, relative to the checkout, or `.local`."""
    checkout = Path(__file__).resolve().parent.parent
    return (checkout / (os.environ.get("AEIMS_DATA_DIR") or ".local")).resolve()


def ensure(directory: Path | None = None, *, mirror: str | None = None) -> Path:
    """A root directory with a usable Asterisk: "/" or a chroot, made now if need be. Raises RootError.

    Safe to call from several processes at once: one makes it, the others wait. A chroot appears under its final
    name only when it is complete.
    """
    if directory is None and host_asterisk_is_usable():
        return Path("/")
    root = (directory or data_dir() / "asterisk-root").absolute()
    if is_complete(root):
        return root
    root.parent.mkdir(parents=True, exist_ok=True)
    with locked(root.with_name(root.name + ".lock")):
        if not is_complete(root):
            make(root, mirror or debian_mirror())
    return root


def host_asterisk_is_usable() -> bool:
    """Whether this machine's own Asterisk is recent enough, with the modules that ARI calls need."""
    program = shutil.which("asterisk", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if not program:
        return False
    output = subprocess.run([program, "-V"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"Asterisk (?:certified[-/ ]?)?(\d+)", output)
    return version is not None and int(version[1]) >= OLDEST_MAJOR and module_dir(Path("/")) is not None


def module_dir(root: Path) -> str | None:
    """The module directory as seen inside `root`, or None if there is none with ARI in it."""
    candidates = [
        *root.glob("usr/lib/asterisk/modules"),
        *root.glob("usr/lib*/*/asterisk/modules"),
    ]
    candidates += root.glob("usr/lib64/asterisk/modules")
    usable = [
        path for path in candidates if (path / "res_ari.so").exists() and (path / "chan_pjsip.so").exists()
    ]
    return f"/{usable[0].relative_to(root)}" if usable else None


def version(root: Path) -> str:
    """The Debian version of the Asterisk in a chroot, "" where it is the host's own."""
    status = root / "var/lib/dpkg/status"
    if root == Path("/") or not status.exists():
        return ""
    found = re.search(r"(?m)^Package: asterisk\n(?:.+\n)*?Version: (.+)$", status.read_text())
    return found[1] if found else ""


def is_complete(root: Path) -> bool:
    """Whether `root` was finished by this recipe."""
    try:
        stamp = json.loads((root / STAMP).read_text())
    except (OSError, ValueError):
        return False
    return {key: stamp.get(key) for key in RECIPE} == RECIPE and module_dir(root) is not None


def debian_mirror(files: Iterable[Path] | None = None) -> str:
    """The archive that this machine's apt sources name for a plain Debian release. Raises RootError."""
    if files is None:
        etc = Path("/etc/apt")
        files = [*sorted((etc / "sources.list.d").glob("*")), etc / "sources.list"]
    for path in files:
        if path.suffix not in (".list", ".sources") or not path.is_file():
            continue
        read = _deb822_sources if path.suffix == ".sources" else _one_line_sources
        for uri, suites, components in read(path.read_text(errors="replace")):
            if "main" in components and any(_PLAIN_SUITES.fullmatch(suite) for suite in suites):
                return uri
    raise RootError(
        "No Debian archive in /etc/apt: install Asterisk 22 or later from your distribution, "
        "or name a Debian mirror: tools/asterisk_root.py --mirror URI"
    )


def _deb822_sources(text: str) -> Iterator[tuple[str, list[str], list[str]]]:
    for stanza in re.split(r"\n\s*\n", re.sub(r"(?m)^#.*\n?", "", text)):
        fields = {
            name.lower(): value.split()
            for name, value in re.findall(r"(?m)^([\w-]+):((?:.*\n?)(?:[ \t].*\n?)*)", stanza)
        }
        if "deb" in fields.get("types", []) and fields.get("enabled") != ["no"]:
            for uri in fields.get("uris", []):
                yield uri, fields.get("suites", []), fields.get("components", [])


def _one_line_sources(text: str) -> Iterator[tuple[str, list[str], list[str]]]:
    for line in text.splitlines():
        entry = re.match(r"\s*deb\s+(?:\[[^]]*\]\s+)?(\S+)\s+(\S+)\s+([^#]*)", line)
        if entry:
            yield entry[1], [entry[2]], entry[3].split()


def make(root: Path, mirror: str) -> None:
    """Build the chroot beside `root`, stamp, and rename into place. Raises RootError."""
    with building(root) as target:
        output = bootstrap(target, mirror, SUITE, PACKAGES)
        if _NO_SUCH_VERSION.search(output):
            raise RootError(
                f"Debian's {SUITE} at {mirror} has no Asterisk {OLDEST_MAJOR} any more. Name a mirror that has: "
                "tools/asterisk_root.py --mirror URI, such as a snapshot of the moment in deploy/asterisk/asterisk.pin"
            )
        if output:
            raise RootError(
                "mmdebstrap could not make the Asterisk chroot:\n" + "\n".join(output.splitlines()[-15:])
            )
        (target / STAMP).write_text(json.dumps(RECIPE) + "\n")
        if not is_complete(target):
            raise RootError(f"the chroot has no Asterisk with ARI and PJSIP: {target}")


@contextmanager
def building(root: Path) -> Iterator[Path]:
    """Within: an empty directory, which becomes `root` when all went well, and is gone otherwise."""
    target = Path(tempfile.mkdtemp(prefix=root.name + ".", dir=root.parent))
    try:
        target.chmod(0o755)
        yield target
        if root.exists():
            shutil.rmtree(root)
        target.rename(root)
    finally:
        shutil.rmtree(target, ignore_errors=True)


def bootstrap(target: Path, mirror: str, suite: str, packages: Iterable[str]) -> str:
    """Install a small Debian into the empty directory `target`; "" if it went well, else what was said. Raises RootError."""
    if not shutil.which("mmdebstrap"):
        raise RootError("mmdebstrap is missing: apt-get install mmdebstrap (see tools/debian-packages.txt)")
    output = _mmdebstrap(target, mirror, None, suite, packages)
    if output and KEY_TROUBLE.search(output):
        # sid is signed by keys newer than an old keyring package knows. The newest package of this machine's
        # own release brings them, and apt checks it by the keys that the machine already trusts.
        with tempfile.TemporaryDirectory(prefix="aeims-keys-") as keys:
            keyring = newest_keyring(Path(keys))
            shutil.rmtree(target)
            target.mkdir(mode=0o755)
            output = _mmdebstrap(target, mirror, keyring, suite, packages)
    return output


def _mmdebstrap(target: Path, mirror: str, keyring: Path | None, suite: str, packages: Iterable[str]) -> str:
    command = [
        "mmdebstrap",
        "--variant=minbase",
        # Mirrors that hold a dated snapshot are as good as any here; signatures are still checked.
        '--aptopt=Acquire::Check-Valid-Until "false"',
        "--dpkgopt=path-exclude=/usr/share/doc/*",
        "--dpkgopt=path-exclude=/usr/share/man/*",
        f"--include={','.join(packages)}",
        *([f"--keyring={keyring}"] if keyring else []),
    ]
    if os.geteuid() != 0:
        # Without root: everything belongs to this user, and Asterisk runs in a user namespace (tests/lab).
        tar = f"{target}.tar"
        command += [
            "--mode=unshare",
            "--format=tar",
            "--skip=output/dev",
            suite,
            tar,
            mirror,
        ]
        process = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if process.returncode == 0:
            unpack = [
                "tar",
                "-xf",
                tar,
                "-C",
                str(target),
                "--no-same-owner",
                "--exclude=./dev/*",
            ]
            process = subprocess.run(unpack, capture_output=True, text=True, check=False)
        Path(tar).unlink(missing_ok=True)
        (target / "dev").mkdir(exist_ok=True)  # the host's is mounted there
    else:
        command += [suite, str(target), mirror]
        process = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    return "" if process.returncode == 0 else (process.stdout + process.stderr or "no message")


def newest_keyring(work: Path) -> Path:
    """Debian's newest archive keys, as this machine's apt can fetch and verify them. Raises RootError."""
    got = subprocess.run(
        ["apt-get", "download", "-q", "-o", "APT::Sandbox::User=root", "debian-archive-keyring"],
        cwd=work, capture_output=True, text=True, check=False,
    )  # fmt: skip
    packages = list(work.glob("*.deb"))
    if got.returncode or not packages:
        raise RootError(
            "Debian's archive keys are too old for sid: apt-get update; apt-get install debian-archive-keyring"
        )
    subprocess.run(["dpkg-deb", "-x", str(packages[0]), str(work / "keys")], check=True)
    return work / "keys/usr/share/keyrings"


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Within: no other process is here with the same path."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main() -> int:
    summary = (__doc__ or "").split("\n")[0]
    parser = argparse.ArgumentParser(description=summary)
    parser.add_argument(
        "directory",
        nargs="?",
        type=Path,
        help="make a chroot here, even if the host has an Asterisk",
    )
    parser.add_argument("--mirror", help="Debian archive URI, instead of the one in /etc/apt")
    options = parser.parse_args()
    try:
        print(ensure(options.directory, mirror=options.mirror))
    except RootError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
