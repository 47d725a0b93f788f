"""What the bench reads of processes: CPU of all below one, and of the simulated switch inside another."""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

from tools.bench.processes import cpu_seconds, memory_kib
from tools.bench.simulated_adapter import SwitchTime, seconds_of

BUSY = "import time\nwhile time.process_time() < 0.2: pass\n"


def test_cpu_of_children_counts_while_they_run_and_once_they_have_ended() -> None:
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BUSY!r}]); print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert cpu_seconds(process.pid) >= 0.2
        process.kill()
    assert cpu_seconds(process.pid) == 0


def test_memory_is_that_of_the_process() -> None:
    assert memory_kib(os.getpid()) > 10_000


def test_the_switch_is_counted_once_however_it_is_called(tmp_path: Path) -> None:
    spent = SwitchTime(tmp_path / "time")

    def burn() -> None:
        until = time.thread_time() + 0.05
        while time.thread_time() < until:
            pass

    inner = spent.counted(burn)

    async def outer() -> str:
        inner()
        await asyncio.sleep(0.01)
        inner()
        return "done"

    async def run() -> str:
        answer: str = await spent.counted(outer)()
        burn()  # somebody else's
        return answer

    assert asyncio.run(run()) == "done"
    assert 0.1 <= seconds_of(tmp_path / "time") < 0.15
