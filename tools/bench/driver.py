"""A process that stands for the people outside: it is told what to do, one line of JSON each, and answers likewise."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tools.environment import ROOT


class Driver:
    """One running driver. Raises RuntimeError when it has ended."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def tell(self, what: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()

    def told(self) -> dict[str, Any]:
        """The next line of its answers."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the driver ended; its output is above")
        told: dict[str, Any] = json.loads(line)
        return told

    def ask(self, what: object) -> dict[str, Any]:
        self.tell(what)
        return self.told()


@contextmanager
def driver(module: str, about: object) -> Iterator[Driver]:
    """`module` of the bench as a process, told first what it is about; ended afterwards."""
    command = [sys.executable, "-m", f"tools.bench.{module}"]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    try:
        running = Driver(process)
        running.tell(about)
        yield running
    finally:
        process.terminate()
        process.wait()
