"""What the table was measured on."""

import os
import platform
from pathlib import Path

import psycopg

from tools.postgres import Cluster


def described(cluster: Cluster) -> str:
    """Processor, cores, memory, and versions, in one line."""
    with psycopg.connect(cluster.url()) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    postgres = row[0] if row else "?"
    return f"{os.cpu_count()} cores ({_processor()}), {_memory_gib():.0f} GiB, Python {platform.python_version()}, PostgreSQL {postgres}"


def load() -> str:
    """The average number of processes that ran or waited for a core during the last minute."""
    return f"{os.getloadavg()[0]:.1f}"


def _processor() -> str:
    names = (
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    )
    return next(names, platform.machine())


def _memory_gib() -> float:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
