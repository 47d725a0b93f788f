"""PostgreSQL for the tests that ask for it: started once for a run, and not at all where no test of it needs one.

A test asks with pytest-django's fixtures or marker; a fixture that works on a database of its own asks with `postgres`.
With pytest-xdist the workers know which tests there are, and the controller owns the server: a worker whose tests need
it leaves a mark, and the controller starts the server before it hands out the first test.

All migrations together take longer than a file of tests. So a server that has run them once is kept beside the runs as
long as no migration, no SQL file and no package changes, and each run works on a copy; the database in it is the
template of the tests' databases. What a run migrates on top of it is only what the template lacks.

    python -m tests.support.postgres_server    # makes it now, if there is none
"""

import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.support import environment
from tools.environment import ROOT
from tools.postgres import DATABASE, Cluster


def register(config: pytest.Config, cluster: Cluster | None) -> None:
    """Give this process its part. `cluster` is the run's own server, None where it is another process's or the caller's."""
    if cluster is not None and not config.option.collectonly:
        environment.sweep()
        config.pluginmanager.register(Owner(cluster), "postgres-owner")
    elif environment.IS_WORKER and (mark := config.workerinput.get("postgres_mark")):  # type: ignore[attr-defined]
        config.pluginmanager.register(Worker(Path(mark)), "postgres-worker")


def template(config: pytest.Config) -> str | None:
    """The database with all migrations that the tests' databases are copied from; None on a server of the caller's."""
    plugins = config.pluginmanager
    return DATABASE if plugins.hasplugin("postgres-owner") or plugins.hasplugin("postgres-worker") else None


def kept() -> Path:
    """Where the data of a server that has run all migrations are, once a run has made one."""
    return environment.RUNS / f"migrated-{_fingerprint()}"


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
            subprocess.run(["cp", "-a", _ensure_kept(self._cluster), self._cluster.data], check=True)
            self._server = self._cluster.start()


def _ensure_kept(cluster: Cluster) -> Path:
    """`kept()`, made by `cluster`, which does not run yet, if need be; those of earlier versions are removed then."""
    target = kept()
    if target.exists():
        return target
    server = cluster.start()
    assert server is not None
    try:
        command = [sys.executable, "manage.py", "migrate", "--no-input", "--verbosity=0"]
        subprocess.run(command, cwd=ROOT, env=environment.owning(cluster.serving_url()), check=True)
    finally:
        cluster.stop()
        server.wait()
    for outdated in target.parent.glob("migrated-*"):
        shutil.rmtree(outdated, ignore_errors=True)
    cluster.data.rename(target)
    return target


def _fingerprint() -> str:
    """What the migrated database depends on: migrations, modules they import, SQL files, roles, and the packages."""
    migrations = _files("**/migrations/*.py")
    imported = {
        ROOT / f"{module.replace('.', '/')}.py"
        for file in migrations
        for module in re.findall(r"^(?:from|import) ([\w.]+)", file.read_text(), re.MULTILINE)
    }
    sql = _files("**/*.sql")
    digest = hashlib.sha256((ROOT / "requirements.lock").read_bytes())
    roles = [
        ROOT / name
        for name in (
            "core/database_roles.py",
            "aeims/database_rights.py",
            "tools/postgres_access.py",
            "tests/support/environment.py",
        )
    ]
    for file in sorted({*migrations, *sql, *filter(Path.is_file, imported), *roles}):
        digest.update(f"{file.relative_to(ROOT)}\n".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def _files(pattern: str) -> list[Path]:
    """Those of the checkout. What is made beside it (`.local`, `.venv`) is not even looked at: it is large, and changes meanwhile."""
    packages = [path for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")]
    return [file for package in packages for file in package.glob(pattern)]


def main() -> None:
    """Make what `kept` names; nothing where the tests' server is the caller's."""
    cluster = environment.prepare()
    if cluster is None:
        return
    environment.sweep()
    try:
        _ensure_kept(cluster)
    finally:
        shutil.rmtree(cluster.directory, ignore_errors=True)


if __name__ == "__main__":
    main()
