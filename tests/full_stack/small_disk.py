"""A disk of our own that is small enough to be filled, and the PostgreSQL on it that gives up when it is full."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from tools.postgres import Cluster

GONE_SECONDS = 60.0


@contextmanager
def small_disk(directory: Path, size: str) -> Iterator[Path]:
    """Within: `directory` is a file system of its own, in memory. Only root can mount one: anybody else's run fails here and says so."""
    directory.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", directory], check=True)
    try:
        yield directory
    finally:
        subprocess.run(["umount", "--lazy", directory], check=True)


def fill_until_gone(cluster: Cluster) -> None:
    """Fill the disk that the server is on, then write until the write-ahead log needs another file and the server gives up."""
    with suppress(OSError), _filler(cluster).open("wb") as filler:
        while True:
            filler.write(b"\0" * 1_000_000)
            filler.flush()
    deadline = time.monotonic() + GONE_SECONDS
    while cluster.is_answering():
        assert time.monotonic() < deadline, "the server survives a full disk"
        with suppress(psycopg.Error), psycopg.connect(cluster.url(), autocommit=True) as writer:
            for _ in range(500):
                writer.execute("SELECT pg_logical_emit_message(true, 'fill', repeat('x', 100000))")


def make_room(cluster: Cluster) -> None:
    """The disk is no longer full."""
    _filler(cluster).unlink()


def _filler(cluster: Cluster) -> Path:
    return cluster.directory.parent / "filler"
