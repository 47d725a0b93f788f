"""The embedded PostgreSQL asks everybody for a password, one that was made without them included."""

import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tools.environment import complete
from tools.postgres import THROWAWAY, Cluster, binary
from tools.postgres_access import OWNER
from tools.postgres_user import identity

pytestmark = pytest.mark.slow


def cluster_in(directory: Path) -> Cluster:
    return Cluster(directory=directory / "postgres", log=directory / "postgres.log", settings=THROWAWAY)


@contextmanager
def running(cluster: Cluster) -> Iterator[None]:
    server = cluster.start()
    try:
        yield
    finally:
        cluster.stop()
        if server is not None:
            server.wait()


def is_refused(cluster: Cluster, password: str) -> None:
    login = {"host": str(cluster.socket_directory), "user": OWNER, "password": password, "dbname": "aeims"}
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(**login)  # type: ignore[arg-type]


def test_it_asks_for_the_password_that_was_made_for_it(tmp_path: Path) -> None:
    cluster = cluster_in(tmp_path)
    with running(cluster):
        with psycopg.connect(cluster.url()) as connection:
            [stored] = (
                connection.execute("SELECT rolpassword FROM pg_authid WHERE rolname = 'postgres'").fetchone()
                or ()
            )
            assert stored.startswith("SCRAM-SHA-256$")
        is_refused(cluster, "")
        is_refused(cluster, "another")
    kept = cluster.directory / "passwords"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert "trust" not in (cluster.data / "pg_hba.conf").read_text()
    assert cluster.ensure_passwords().owner not in cluster.log.read_text()


def test_one_that_trusted_everybody_is_converted_with_its_data(tmp_path: Path) -> None:
    """As versions before made it under `.local`; and one whose passwords were lost is given new ones."""
    cluster = cluster_in(tmp_path)
    cluster._prepare()
    command = [binary("initdb"), "-D", cluster.data, "-U", "postgres", "--auth=trust", "--no-sync"]
    subprocess.run([*command, "--encoding=UTF8", "--locale=C"], check=True, cwd="/", **identity())
    (cluster.directory / "passwords").unlink(missing_ok=True)
    with running(cluster), psycopg.connect(cluster.url()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        is_refused(cluster, "")
    (cluster.directory / "passwords").unlink()
    with running(cluster), psycopg.connect(cluster.url()) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
        is_refused(cluster, "")


def test_the_run_migrates_as_the_owner_and_serves_as_another(tmp_path: Path) -> None:
    environment = complete({"AEIMS_DATA_DIR": str(tmp_path)})
    assert environment["DATABASE_OWNER_URL"].startswith("postgresql://postgres:")
    assert environment["DATABASE_URL"].startswith("postgresql://aeims_serving:")
    with_own = complete({"AEIMS_DATA_DIR": str(tmp_path), "DATABASE_URL": "postgresql://elsewhere/aeims"})
    assert "DATABASE_OWNER_URL" not in with_own
