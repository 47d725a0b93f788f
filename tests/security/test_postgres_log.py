"""PostgreSQL's log says how the server fares and holds nothing of what it was asked to do."""

import contextlib
from pathlib import Path

import psycopg
import pytest
import yaml

from tools.environment import ROOT
from tools.postgres import LOG_SETTINGS, Cluster

NUMBER, EMAIL = "+12125550188", "somebody@example.com"


@pytest.mark.slow
def test_failed_statements_leave_no_value_in_it(tmp_path: Path) -> None:
    cluster = Cluster(directory=tmp_path / "postgres", log=tmp_path / "postgres.log")
    server = cluster.start()
    try:
        with psycopg.connect(cluster.url(), autocommit=True) as connection:
            connection.execute("CREATE TABLE person (number text UNIQUE, email text CHECK (email <> ''))")
            for statement, parameters in (
                ("INSERT INTO person VALUES (%s, %s)", (NUMBER, EMAIL)),
                ("INSERT INTO person VALUES (%s, %s)", (NUMBER, EMAIL)),  # doubled: the detail names the key
                (f"INSERT INTO person VALUES ('{NUMBER}', '{EMAIL}')", ()),
                ("INSERT INTO person VALUES (%s, '')", (NUMBER,)),  # the detail holds the row
                ("SELECT %s::integer", (EMAIL,)),  # the message itself holds the value
                (f'SELECT FROM "{EMAIL}"', ()),
            ):
                with contextlib.suppress(psycopg.Error):
                    connection.execute(statement, parameters)
    finally:
        cluster.stop()
        if server is not None:
            server.wait()
    log = cluster.log.read_text()
    assert "ready to accept connections" in log
    assert [value for value in (NUMBER, EMAIL) if value in log] == []


def test_the_container_logs_as_little() -> None:
    command = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["postgres"]["command"]
    of_the_log = [word.removeprefix("-c").split("=") for word in command if word.startswith("-clog_")]
    assert dict(of_the_log) == LOG_SETTINGS
