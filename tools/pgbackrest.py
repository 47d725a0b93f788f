"""A pgBackRest that knows PostgreSQL 18: the machine's own (2.55 or later), else Debian trixie's, unpacked under the data directory.

`make test` calls it; by hand: `python -m tools.pgbackrest` prints the program. Debian bookworm's 2.45 refuses PostgreSQL 18.
The unpacked one runs with the C library it was built for, so the machine's own does not matter. It is made in a few
seconds with mmdebstrap, from the mirror that the machine's apt sources name, and reused while its stamp says that it is complete.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.asterisk_root import KEY_TROUBLE, RootError, data_dir, debian_mirror, locked, newest_keyring

OLDEST = (2, 55)
SUITE = "trixie"
_PROGRAM = "pgbackrest"
_WRAPPER = """#!/bin/sh
exec "{loader}" --library-path "{libraries}" "{program}" "$@"
"""


def ensure(directory: Path | None = None) -> Path:
    """The program to run. Raises RootError. Safe to call from several processes at once."""
    own = shutil.which(_PROGRAM)
    if directory is None and own and _version(Path(own)) >= OLDEST:
        return Path(own)
    root = (directory or data_dir() / "pgbackrest-root").absolute()
    wrapper = root / _PROGRAM
    if _version(wrapper) >= OLDEST:
        return wrapper
    root.parent.mkdir(parents=True, exist_ok=True)
    with locked(root.with_name(root.name + ".lock")):
        if _version(wrapper) < OLDEST:
            _make(root)
    return wrapper


def _version(program: Path) -> tuple[int, ...]:
    """(0,) where it cannot be run."""
    try:
        said = subprocess.run([program, "version"], capture_output=True, text=True, check=True).stdout
        return tuple(int(part) for part in said.split()[-1].split(".")[:2])
    except (OSError, subprocess.CalledProcessError, ValueError, IndexError):
        return (0,)


def _make(root: Path) -> None:
    """Unpack beside `root` and rename into place; the wrapper names where it will be."""
    if not shutil.which("mmdebstrap"):
        raise RootError("mmdebstrap is missing: apt-get install mmdebstrap (see tools/debian-packages.txt)")
    building = Path(tempfile.mkdtemp(prefix=root.name + ".", dir=root.parent))
    try:
        building.chmod(0o755)
        said = _unpack(building, None)
        if said and KEY_TROUBLE.search(said):
            with tempfile.TemporaryDirectory(prefix="aeims-keys-") as keys:
                said = _unpack(building, newest_keyring(Path(keys)))
        loaders = sorted(building.glob("usr/lib/*/ld-linux*.so*"))
        if said or not loaders or not (building / "usr/bin" / _PROGRAM).exists():
            last = "\n".join(said.splitlines()[-15:])
            raise RootError(f"mmdebstrap could not unpack pgBackRest of Debian {SUITE}:\n{last}")
        loader = root / loaders[0].relative_to(building)
        (building / _PROGRAM).write_text(
            _WRAPPER.format(loader=loader, libraries=loader.parent, program=root / "usr/bin" / _PROGRAM)
        )
        (building / _PROGRAM).chmod(0o755)
        shutil.rmtree(root, ignore_errors=True)
        building.rename(root)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _unpack(target: Path, keyring: Path | None) -> str:
    """The package and what it needs, unpacked and not installed; "" if it went well, else what mmdebstrap said."""
    with tempfile.TemporaryDirectory(prefix="aeims-pgbackrest-") as work:
        tar = Path(work) / "root.tar"
        command = [
            "mmdebstrap", "--variant=extract", f"--include={_PROGRAM}", "--format=tar", "--skip=output/dev",
            '--aptopt=Acquire::Check-Valid-Until "false"', "--dpkgopt=path-exclude=/usr/share/doc/*",
            *([] if os.geteuid() == 0 else ["--mode=unshare"]),
            *([f"--keyring={keyring}"] if keyring else []),
            SUITE, str(tar), debian_mirror(),
        ]  # fmt: skip
        for step in (command, ["tar", "-xf", str(tar), "-C", str(target), "--no-same-owner", "./usr"]):
            done = subprocess.run(step, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
            if done.returncode:
                return done.stdout + done.stderr or "no message"
    return ""


def main() -> int:
    try:
        print(ensure())
    except RootError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
