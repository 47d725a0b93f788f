"""`make run` keeps its processes alive, says what is in its way, and leaves nothing behind."""

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from aeims.serving.places import SOCKETS, fits
from tools import run, serving, supervise
from tools.database import Database
from tools.environment import EnvironmentRefused, complete, remember_port, with_port_of_the_run
from tools.postgres import STOP_SECONDS, Cluster
from tools.supervise import Service, ServiceFailed, keep_alive, start_all, stop_all


def service(directory: Path, code: str) -> Service:
    return Service(
        name="child",
        command=[sys.executable, "-c", code],
        environment=os.environ,
        log=directory / "logs" / "child.log",
        is_ready=lambda: True,
    )


def await_true(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervise, "BACK_OFF_SECONDS", 0.05)


@pytest.mark.usefixtures("quick")
def test_a_dead_process_is_started_again(tmp_path: Path) -> None:
    child, should_stop = (
        service(tmp_path, "import time; print('up', flush=True); time.sleep(60)"),
        threading.Event(),
    )
    start_all([child], should_stop)
    first = child.process
    assert first is not None
    await_true(lambda: list(child.last_lines) == ["up"])
    keeper = threading.Thread(target=keep_alive, args=([child], should_stop))
    keeper.start()
    try:
        first.kill()
        await_true(lambda: list(child.last_lines) == ["up", "up"])
    finally:
        should_stop.set()
        keeper.join()
        stop_all([child])
    assert child.process is not first


@pytest.mark.usefixtures("quick")
@pytest.mark.slow
def test_a_process_that_keeps_dying_ends_the_run_with_its_last_words(tmp_path: Path) -> None:
    child, should_stop = (
        service(tmp_path, "import time; time.sleep(0.3); print('no disk'); raise SystemExit(3)"),
        threading.Event(),
    )
    start_all([child], should_stop)
    with pytest.raises(ServiceFailed, match=r"(?s)child ended 5 times, last with 3.*no disk"):
        keep_alive([child], should_stop)


@pytest.mark.usefixtures("quick")
@pytest.mark.slow
@pytest.mark.long
def test_a_death_without_a_database_does_not_count(tmp_path: Path) -> None:
    """It is started again when the database is back, however often it died for lack of one."""
    child, should_stop = service(tmp_path, "print('up'); raise SystemExit(75)"), threading.Event()
    answers = iter([False] * 20)
    start_all([child], should_stop)

    def has_database() -> bool:
        is_there = next(answers, None)
        if is_there is None:
            should_stop.set()
        return False

    keep_alive([child], should_stop, has_database)
    assert (child.failures, list(child.last_lines)) == (0, ["up"])
    child.restart_at = None
    with pytest.raises(ServiceFailed, match="ended 5 times"):
        keep_alive([child], threading.Event(), lambda: True)


@pytest.mark.slow
def test_a_killed_postgresql_is_started_again(tmp_path: Path) -> None:
    """A frozen one is left alone: waiting is not dying."""
    cluster = Cluster(directory=tmp_path / "postgres", log=tmp_path / "postgres.log")
    database, should_stop = Database(cluster), threading.Event()
    database.start()
    try:
        with database.watched(should_stop):
            first = int((cluster.data / "postmaster.pid").read_text().split()[0])
            os.kill(first, signal.SIGSTOP)
            time.sleep(1.5)
            assert cluster.has_server()
            os.kill(first, signal.SIGCONT)
            assert cluster.is_answering()
            os.kill(first, signal.SIGKILL)
            await_true(cluster.is_answering, seconds=60)
            assert int((cluster.data / "postmaster.pid").read_text().split()[0]) != first
            should_stop.set()
    finally:
        database.stop()


def test_a_process_that_dies_at_the_start_ends_the_run_at_once(tmp_path: Path) -> None:
    child = service(tmp_path, "raise SystemExit('bad setting')")
    child.is_ready = lambda: False
    with pytest.raises(ServiceFailed, match=r"(?s)at its start.*bad setting"):
        start_all([child], threading.Event())


def test_a_process_that_will_not_stop_is_ended_by_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervise, "STOP_SECONDS", 0.2)
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    child = service(tmp_path, code)
    start_all([child], threading.Event())
    await_true(lambda: "deaf" in child.last_lines)
    stop_all([child])
    assert child.process is not None
    assert child.process.returncode == -9


def test_the_log_of_the_run_before_is_kept(tmp_path: Path) -> None:
    for word in ("first", "second"):
        child = service(tmp_path, f"print('{word}', flush=True); import time; time.sleep(60)")
        start_all([child], threading.Event())
        await_true(lambda child=child, word=word: word in child.last_lines)
        stop_all([child])
    assert (tmp_path / "logs/child.log.1").read_text() == "first\n"


def test_secrets_are_made_once_and_closed_to_others(tmp_path: Path) -> None:
    first, second = (complete({"AEIMS_DATA_DIR": str(tmp_path)}) for _ in range(2))
    assert first == second
    assert len(first["SECRET_KEY"]) >= 50
    assert first["SECRET_KEY"] != first["AEIMS_API_KEY"]
    assert first["AEIMS_DATA_KEYS"] != first["AEIMS_HASH_KEYS"]
    assert stat.S_IMODE((tmp_path / "secrets.env").stat().st_mode) == 0o600


def test_an_installation_without_keys_of_encryption_gets_them_and_keeps_its_secrets(tmp_path: Path) -> None:
    (tmp_path / "secrets.env").write_text("SECRET_KEY=as before\nAEIMS_API_KEY=as before, too\n")
    first, second = (complete({"AEIMS_DATA_DIR": str(tmp_path)}) for _ in range(2))
    assert first == second
    assert (first["SECRET_KEY"], first["AEIMS_API_KEY"]) == ("as before", "as before, too")
    assert len(first["AEIMS_DATA_KEYS"]) >= 50


def test_what_the_caller_sets_stays(tmp_path: Path) -> None:
    given = {
        "AEIMS_DATA_DIR": str(tmp_path), "PORT": "8105", "DATABASE_URL": "postgresql://elsewhere/aeims", "REDIS_URL": "",
        "ASTERISK_ARI_URL": "http://127.0.0.1:8088/ari",
    }  # fmt: skip
    made = complete(given)
    assert {name: made[name] for name in given} == given
    assert made["ADAPTER_LISTEN"] == "127.0.0.1:8106"
    assert "TELEPHONY_LAB_PREFIXES" not in made  # a real Asterisk dials no test numbers unless told to


@pytest.mark.parametrize("given", [{"AEIMS_ENV": "production"}, {"PORT": "http"}, {"PORT": "65534"}])
def test_what_cannot_be_run_is_refused(tmp_path: Path, given: dict[str, str]) -> None:
    with pytest.raises(EnvironmentRefused):
        complete({"AEIMS_DATA_DIR": str(tmp_path)} | given)


def test_a_command_beside_the_run_knows_its_port(tmp_path: Path) -> None:
    given = {"AEIMS_DATA_DIR": str(tmp_path)}
    assert with_port_of_the_run(given) == given
    remember_port(complete(given | {"PORT": "8105"}))
    made = complete(with_port_of_the_run(given))
    assert (made["PORT"], made["ASTERISK_ADAPTER_URL"]) == ("8105", "http://127.0.0.1:8106")
    assert with_port_of_the_run(given | {"PORT": "9000"})["PORT"] == "9000"


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        environment = complete({"AEIMS_DATA_DIR": str(tmp_path), "PORT": str(port)})
        with pytest.raises(run.CannotRun, match=rf"Port {port} is in use .* PORT=… make run"):
            run.run(environment, threading.Event())


def test_a_second_launcher_on_the_same_data_is_refused(tmp_path: Path) -> None:
    environment = complete({"AEIMS_DATA_DIR": str(tmp_path)})
    with run.only_launcher(tmp_path), pytest.raises(run.CannotRun, match=r"Another `make run` uses"):
        run.run(environment, threading.Event())


@pytest.mark.slow
def test_the_embedded_postgres_ends_with_whoever_started_it(tmp_path: Path) -> None:
    program = (
        "import pathlib, os, sys; from tools.postgres import THROWAWAY, Cluster; p = pathlib.Path(sys.argv[1]);"
        "c = Cluster(directory=p / 'pg', log=p / 'log', settings=THROWAWAY);"
        "c.start(); print(c.url(), flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert re.match(r"postgresql://postgres:\w+@/aeims\?host=", done.stdout), done.stderr
    # Its shutdown writes a checkpoint, which takes as long as the disk lets it.
    await_true(lambda: not (tmp_path / "pg/data/postmaster.pid").exists(), STOP_SECONDS)


def test_the_servers_are_started_together_and_each_answers_for_itself(tmp_path: Path) -> None:
    environment = complete({"AEIMS_DATA_DIR": str(tmp_path), "PORT": "8105"})
    names = [service.name for service in run.services_of(environment, tmp_path)]
    assert names == ["web", "sockets", "proxy", "adapter", "worker"]
    assert environment["AEIMS_WEBHOOK_URL"] == "http://127.0.0.1:8107/api/telephony/events/"
    assert environment["WEB_EVENTS_LISTEN"] == "127.0.0.1:8107"
    assert environment["TRUSTED_PROXY_COUNT"] == "1"


def test_where_there_is_no_proxy_for_the_platform_daphne_serves_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "CADDY", tmp_path / "caddy")
    environment = complete({"AEIMS_DATA_DIR": str(tmp_path), "PORT": "8105"})
    [web, *_] = services = run.services_of(environment, tmp_path)
    assert [service.name for service in services] == ["web", "adapter", "worker"]
    assert web.command[1:3] == ["-m", "daphne"]
    assert environment["AEIMS_WEBHOOK_URL"] == "http://127.0.0.1:8105/api/telephony/events/"
    assert "There is no Caddy for this platform" in serving.without_proxy()


def test_sockets_whose_paths_would_be_too_long_go_elsewhere(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 90)
    deep.mkdir()
    place = serving.run_directory(deep)
    assert fits(place / SOCKETS)
    assert place == serving.run_directory(deep)
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    place.rmdir()
