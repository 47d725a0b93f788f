"""gunicorn's workers count together: each writes its metrics into a file of one directory, and whoever is asked adds them up.

`prometheus_client` decides that when it is imported, so this comes before the application is loaded.
"""

import atexit
import os
import shutil
from collections.abc import MutableMapping
from pathlib import Path

SHARED = "PROMETHEUS_MULTIPROC_DIR"  # the client's own name
_PREFIX = "web-metrics-"


def count_together(environment: MutableMapping[str, str]) -> None:
    """Have the client use an empty directory of this server in `AEIMS_RUN_DIR`; those of servers that were killed are removed.

    Nothing where there is no run directory: then each worker counts alone.
    """
    run = Path(environment["AEIMS_RUN_DIR"])
    if not run.is_dir():
        return
    for earlier in run.glob(f"{_PREFIX}*"):
        if not _lives(earlier.name.removeprefix(_PREFIX)):
            shutil.rmtree(earlier, ignore_errors=True)
    owner = os.getpid()
    directory = run / f"{_PREFIX}{owner}"
    directory.mkdir(mode=0o700)
    environment[SHARED] = str(directory)
    atexit.register(_remove, directory, owner)


def forget_gauges(pid: int) -> None:
    """What a worker counted stays when it is gone; its gauges don't."""
    from prometheus_client.multiprocess import mark_process_dead

    if os.environ.get(SHARED):
        mark_process_dead(pid)


def _remove(directory: Path, owner: int) -> None:
    """At the end of the process that made it, not of one that was forked from it."""
    if os.getpid() == owner:
        shutil.rmtree(directory, ignore_errors=True)


def _lives(pid: str) -> bool:
    """Whether another process has this number. Containers number alike: our own number was that of an earlier life."""
    return pid.isdecimal() and int(pid) != os.getpid() and Path("/proc", pid).exists()
