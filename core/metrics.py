"""What Prometheus reads of a process: its text, a Unix socket for a process that has no HTTP side, and the counters of jobs.

Names, labels, and what they mean: docs/operations.md, "Watching". No label holds an id, a name, or a number of a person.
"""

import logging
import os
import socketserver
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

disable_created_metrics()  # type: ignore[no-untyped-call]  # when a counter began: nobody reads that
log = logging.getLogger(__name__)

WORKER_SOCKET, SOCKETS_SOCKET = "worker-metrics.sock", "sockets-metrics.sock"
CONTENT_TYPE = CONTENT_TYPE_LATEST
_SHARED = "PROMETHEUS_MULTIPROC_DIR"  # set by `aeims.serving.gunicorn_config`: its processes count together
_READ_SECONDS = 5.0

JOBS = Counter("aeims_jobs", "Jobs that ended, by task and by how: succeeded or failed.", ["task", "outcome"])
JOB_SECONDS = Histogram(
    "aeims_job_duration_seconds",
    "How long jobs ran.",
    ["queue"],
    buckets=(0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800),
)


def text(*collectors: Collector) -> bytes:
    """All that this process counted (with those that count together with it), and what `collectors` add."""
    registry = REGISTRY
    if collectors or _SHARED in os.environ:
        registry = CollectorRegistry()
        registry.register(MultiProcessCollector(registry) if _SHARED in os.environ else _Of(REGISTRY))  # type: ignore[no-untyped-call]
        for collector in collectors:
            registry.register(collector)
    return generate_latest(registry)


class _Of(Collector):
    """Another registry, as a part of one."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterator[Any]:
        return iter(self._registry.collect())


async def count_job(call_next: Callable[[], Awaitable[Any]], context: Any, worker: Any) -> Any:
    """Procrastinate's hook around each job."""
    begun, outcome = time.monotonic(), "failed"
    try:
        result = await call_next()
        outcome = "succeeded"
        return result
    finally:
        JOBS.labels(context.job.task_name, outcome).inc()
        JOB_SECONDS.labels(context.job.queue).observe(time.monotonic() - begun)


@contextmanager
def served(name: str) -> Iterator[None]:
    """Within: whoever may enter `AEIMS_RUN_DIR` reads the metrics of this process at the Unix socket `name` there.

    Without such a directory nobody does. A socket that a killed process left is taken over.
    """
    directory = os.environ.get("AEIMS_RUN_DIR", "")
    if not directory:
        yield
        return
    path = Path(directory) / name
    path.unlink(missing_ok=True)
    mask = os.umask(0o117)
    try:
        server = _Server(str(path), _Handler)
    finally:
        os.umask(mask)
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        path.unlink(missing_ok=True)


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("somebody who reads metrics went away")


class _Handler(BaseHTTPRequestHandler):
    timeout = _READ_SECONDS

    def do_GET(self) -> None:
        """The metrics, whatever was asked for."""
        body = text()
        self.send_response(200)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self) -> str:
        """A Unix socket has no address."""
        return ""

    def log_message(self, *args: Any) -> None:
        """Nothing: no process logs requests."""
