"""The release before this one, as its commit stands in `release_before.txt`; whoever makes a release moves it on.

While an installation is brought up to date, that release's web serves on today's schema: first the tables are changed, then the processes
replaced. So what it needs may be taken away one release later at the earliest.
"""

import io
import re
import subprocess
import sys
import tarfile
import tempfile
from functools import cache
from pathlib import Path

from customers.states import ConsentKind
from tools.asterisk_root import data_dir
from tools.environment import ROOT

COMMIT = Path(__file__).with_name("release_before.txt").read_text().strip()


@cache
def code() -> Path:
    """The directory with its files, taken out of the repository's history once."""
    place = data_dir() / "releases" / COMMIT
    if not (place / "manage.py").exists():
        archive = _git("archive", COMMIT)
        place.parent.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(dir=place.parent))
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            files.extractall(new, filter="data")
        try:
            new.rename(place)
        except OSError:  # another process was faster
            assert (place / "manage.py").exists()
    return place


def editions() -> dict[str, str]:
    """Which edition of each legal text it asks customers to agree to."""
    text = (code() / "customers/legal.py").read_text()
    shipped = text[text.index("SHIPPED_EDITIONS = {") : text.index("}", text.index("SHIPPED_EDITIONS = {"))]
    named = re.findall(r'ConsentKind\.(\w+): "([^"]+)"', shipped)
    assert len(named) == len(ConsentKind)
    return {ConsentKind[name]: edition for name, edition in named}


def migrations() -> set[str]:
    """The paths of its migrations."""
    names = _git("ls-tree", "-r", "--name-only", COMMIT).decode().splitlines()
    return {name for name in names if "/migrations/0" in name and name.endswith(".py")}


def _git(*arguments: str) -> bytes:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True)
    assert done.returncode == 0, (
        f"The release before ({COMMIT}) is not in this clone; fetch its whole history: {done.stderr.decode()}"
    )
    return done.stdout


def command(port: str) -> list[str]:
    """Its web, one process for everything; run it in `code()`."""
    return [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", port, "aeims.asgi:application"]
