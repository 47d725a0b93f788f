"""A disk that is full for one process, without the rights to mount a small one: the kernel refuses to let its files grow.

`RLIMIT_FSIZE` is set on the running process. A write beyond it is cut short and then refused, as on a full disk, whatever
user runs the test. Python ignores the signal that comes with it.
"""

import resource
from pathlib import Path


def forbid_writing(pid: int, *, beyond: str | None) -> None:
    """No file of process `pid` grows over the size that its open file `beyond` has now; None: they may grow again.

    Raises FileNotFoundError if it has no such file open, and PermissionError if the process is not ours.
    """
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    size = hard if beyond is None else _size_of_open_file(pid, beyond)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))


def _size_of_open_file(pid: int, name: str) -> int:
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        if entry.readlink().name == name:
            return entry.stat().st_size
    raise FileNotFoundError(f"process {pid} has no {name} open")
