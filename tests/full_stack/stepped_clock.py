"""Runs a Python program under another date: its wall clock is off by what a file says, its monotonic clock is true.

    python -m tests.full_stack.stepped_clock FILE manage.py run_asterisk_adapter
    python -m tests.full_stack.stepped_clock FILE -m daphne …

Writing another number of seconds into FILE steps the clock while the program runs. `Clock` is the other end.
"""

import runpy
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

LOOK_SECONDS = 0.1


class Clock:
    """How far the date of the programs that were started with `command` is off, in seconds."""

    def __init__(self, file: Path, offset_seconds: int = 0) -> None:
        self.file = file
        self.step(offset_seconds)

    def step(self, offset_seconds: int) -> None:
        """From now on the clock is so far off the true time."""
        draft = self.file.with_suffix(".draft")
        draft.write_text(f"{offset_seconds:+d}\n")  # as libfaketime reads it, too
        draft.rename(self.file)

    def command(self, command: list[str]) -> list[str]:
        """`command` (interpreter first) under this clock."""
        python, *arguments = command
        return [python, "-m", "tests.full_stack.stepped_clock", str(self.file), *arguments]


def main() -> None:
    import time_machine

    file, *program = sys.argv[1:]
    offset = int(Path(file).read_text())
    journey = time_machine.travel(datetime.now(UTC) + timedelta(seconds=offset), tick=True)
    traveller = journey.start()
    true_sleep = time.sleep

    def follow() -> None:
        nonlocal offset
        while True:
            true_sleep(LOOK_SECONDS)
            wanted = int(Path(file).read_text())
            if wanted != offset:
                traveller.shift(timedelta(seconds=wanted - offset))
                offset = wanted

    threading.Thread(target=follow, daemon=True).start()
    if program[0] == "-m":
        sys.argv = program[1:]
        runpy.run_module(program[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = program
        runpy.run_path(program[0], run_name="__main__")


if __name__ == "__main__":
    main()
