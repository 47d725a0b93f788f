"""Every test: an environment of its own, real PostgreSQL, no network but this machine, nothing skipped."""

import shutil
from collections.abc import Iterator

import pytest

from tests.support import environment, network

_cluster = environment.prepare()

import django  # noqa: E402 (the settings read the environment made above)

django.setup()

pytest_plugins = ["tests.support.nothing_skipped"]


def pytest_configure(config: pytest.Config) -> None:
    if _cluster is not None and not config.option.collectonly:
        environment.sweep()
        _cluster.start()


def pytest_unconfigure() -> None:
    if _cluster is not None:
        _cluster.stop()
        shutil.rmtree(_cluster.directory, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def _only_this_machine() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        network.block(monkeypatch)
        yield
