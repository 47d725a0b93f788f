"""The servers as `make run` starts them, as processes of a test: gunicorn with two workers, daphne, and Caddy in front."""

import asyncio
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from tests.full_stack.process import Process
from tests.lab.ports import HOST, free_ports
from tools.serving import Server, has_proxy, is_ready, servers, serving_environment

WORKERS = 2


def stack_environment(directory: Path, environment: Mapping[str, str], port: int) -> dict[str, str]:
    """`environment` and what the servers need beyond it, with their files below `directory`."""
    assert has_proxy(), "the wheel of Caddy is not installed"
    events = f"{HOST}:{free_ports().http}"
    return {
        **environment,
        **serving_environment(directory, port),
        "AEIMS_DATA_DIR": str(directory),
        "PORT": str(port),
        "WEB_WORKERS": str(WORKERS),
        "WEB_EVENTS_LISTEN": events,
        "AEIMS_WEBHOOK_URL": f"http://{events}/api/telephony/events/",
    }


def stack_processes(directory: Path, environment: Mapping[str, str]) -> dict[str, Process]:
    """`web`, `sockets`, and `proxy`, to be started together. `environment` is one of `stack_environment`."""

    async def answers(server: Server) -> bool:
        return await asyncio.to_thread(is_ready, server, environment)

    return {
        server.name: Process(
            server.name,
            server.command,
            environment,
            directory / f"{server.name}.log",
            partial(answers, server),
        )
        for server in servers(environment)
    }
