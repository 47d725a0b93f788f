"""CPU time and memory of running processes, from /proc."""

import os
import socket
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_TIMES = slice(
    11, 15
)  # of the fields behind the name: user, system, and the same of children that have ended
_PARENT = 1


def cpu_seconds(pid: int) -> float:
    """What the process and all below it have used, those that have ended included. 0 once the process is gone."""
    return sum(sum(map(int, _fields(one)[_TIMES])) for one in _tree(pid)) / _TICKS


def memory_kib(pid: int) -> float:
    """What the process and all below it hold, shared pages divided among those who share them."""
    return sum(_proportional_kib(one) for one in _tree(pid))


def free_port() -> int:
    """A port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _tree(pid: int) -> list[int]:
    parents = {}
    for directory in Path("/proc").glob("[0-9]*"):
        if fields := _fields(int(directory.name)):
            parents[int(directory.name)] = int(fields[_PARENT])
    tree = [pid] if pid in parents else []
    for member in tree:
        tree += [child for child, parent in parents.items() if parent == member]
    return tree


def _fields(pid: int) -> list[str]:
    """The fields of its `stat` from the state on; none of a process that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _proportional_kib(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(float(line.split()[1]) for line in lines if line.startswith("Pss:"))
