"""A program that looks at its clocks before and after each step of its date, and prints what it saw as JSON.

    LD_PRELOAD=… FAKETIME_TIMESTAMP_FILE=FILE python -m tests.lab.clock_probe look FILE +3600 -3600

`seen`: for each way to read the date, how many seconds it moved apart from the monotonic clock since the start.
`waited`, when told to `wait`: how many seconds each wait lasted that was to end a third of a second later by the date.
"""

import ctypes
import json
import select
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

CLOCK_REALTIME = 0
TIMED_OUT = 110
WAIT_SECONDS = 0.3


class Timespec(ctypes.Structure):
    _fields_ = (("tv_sec", ctypes.c_long), ("tv_nsec", ctypes.c_long))


libc = ctypes.CDLL(None, use_errno=True)
libc.time.restype = ctypes.c_long
semaphore, condition = ctypes.create_string_buffer(64), ctypes.create_string_buffer(64)
mutex, lock = ctypes.create_string_buffer(64), ctypes.create_string_buffer(64)


def clock_gettime(clock: int = CLOCK_REALTIME) -> float:
    now = Timespec()
    libc.clock_gettime(clock, ctypes.byref(now))
    return float(now.tv_sec) + now.tv_nsec / 1e9


def gettimeofday() -> float:
    now = Timespec()  # the second field counts microseconds here
    libc.gettimeofday(ctypes.byref(now), None)
    return float(now.tv_sec) + now.tv_nsec / 1e6


READERS: dict[str, Callable[[], float]] = {
    "clock_gettime": clock_gettime,
    "coarse": lambda: clock_gettime(5),
    "gettimeofday": gettimeofday,
    "time": lambda: float(libc.time(None)),
}
WAITS: dict[str, Callable[[Timespec], int]] = {
    "pthread_cond_timedwait": lambda until: libc.pthread_cond_timedwait(
        condition, mutex, ctypes.byref(until)
    ),
    "pthread_rwlock_timedrdlock": lambda until: libc.pthread_rwlock_timedrdlock(lock, ctypes.byref(until)),
    "pthread_rwlock_timedwrlock": lambda until: libc.pthread_rwlock_timedwrlock(lock, ctypes.byref(until)),
    "sem_timedwait": lambda until: libc.sem_timedwait(semaphore, ctypes.byref(until)) and ctypes.get_errno(),
}


def apart() -> dict[str, float]:
    return {name: read() - time.monotonic() for name, read in READERS.items()}


def waited(wait: Callable[[Timespec], int]) -> float:
    until = clock_gettime() + WAIT_SECONDS
    deadline = Timespec(int(until), int(until % 1 * 1e9))
    began = time.monotonic()
    assert wait(deadline) == TIMED_OUT
    return time.monotonic() - began


def main() -> None:
    what, file, *steps = sys.argv[1:]
    libc.sem_init(semaphore, 0, 0)
    libc.pthread_mutex_lock(mutex)
    holder = threading.Thread(target=libc.pthread_rwlock_wrlock, args=(lock,))
    holder.start()
    holder.join()
    start, told = apart(), []
    for step in steps:
        Path(file).write_text(f"{step}\n")
        select.select(
            [], [], [], 2.2
        )  # libfaketime looks once in two whole seconds, and knows no other sleep
        seen = {name: value - start[name] for name, value in apart().items()}
        waits = WAITS if what == "wait" else {}
        told.append({"seen": seen, "waited": {name: waited(wait) for name, wait in waits.items()}})
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
