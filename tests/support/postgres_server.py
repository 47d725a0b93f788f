"""PostgreSQL for the tests that ask for it: started once for a run, and not at all where no test of it needs one.

A test asks with pytest-django's fixtures or marker; a fixture that works on a database of its own asks with `postgres`.
With pytest-xdist the workers know which tests there are, and the controller owns the server: a worker whose tests need
it leaves a mark, and the controller starts the server before it hands out the first test.
"""

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.support import environment
from tools.postgres import Cluster


def register(config: pytest.Config, cluster: Cluster | None) -> None:
    """Give this process its part. `cluster` is the run's own server, None where it is another process's or the caller's."""
    if cluster is not None and not config.option.collectonly:
        environment.sweep()
        config.pluginmanager.register(Owner(cluster), "postgres-owner")
    elif environment.IS_WORKER and (mark := config.workerinput.get("postgres_mark")):  # type: ignore[attr-defined]
        config.pluginmanager.register(Worker(Path(mark)), "postgres-worker")


def need_postgres(items: Iterable[pytest.Item]) -> bool:
    """Whether one of these tests asks for a database."""
    return any(
        "postgres" in getattr(item, "fixturenames", ()) or item.get_closest_marker("django_db")
        for item in items
    )


class Worker:
    """In a worker of pytest-xdist: says that its tests need the server."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        if need_postgres(session.items):
            self._mark.touch()


class Owner:
    """In the process that was started: starts the server once it is needed, and stops it at the end."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._server: subprocess.Popen[bytes] | None = None
        cluster.directory.mkdir(parents=True, exist_ok=True)

    @property
    def _mark(self) -> Path:
        return self._cluster.directory.with_suffix(".needed")

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        if need_postgres(session.items):
            self._start()

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput["postgres_mark"] = str(self._mark)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self) -> None:
        if self._mark.exists():
            self._start()

    def pytest_unconfigure(self) -> None:
        if self._server is not None:
            self._cluster.stop()
            self._server.wait()
        self._mark.unlink(missing_ok=True)
        shutil.rmtree(self._cluster.directory, ignore_errors=True)

    def _start(self) -> None:
        if self._server is None:
            self._server = self._cluster.start()
