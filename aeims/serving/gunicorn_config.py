"""gunicorn's configuration: `gunicorn -c python:aeims.serving.gunicorn_config aeims.wsgi:application`.

Workers with threads serve pages, API, and webhooks: the proxy by a Unix socket, the adapter by a TCP port of its own, so that
its events wait behind no proxy. The application is loaded once, before the workers are forked.
"""

import os
from typing import Any

from aeims.serving.counted_together import count_together, forget_gauges
from aeims.serving.places import WEB, require_counted_proxy, require_safe_port, socket_path


def _number(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdecimal() or not 1 <= int(text) <= 64:
        raise RuntimeError(f"{name} must be a number from 1 to 64.")
    return int(text)


require_counted_proxy(os.environ)
require_safe_port(os.environ)
count_together(os.environ)
bind = [f"unix:{socket_path(os.environ, WEB)}"]
if os.environ.get("WEB_EVENTS_LISTEN"):
    bind.append(os.environ["WEB_EVENTS_LISTEN"])
workers = _number("WEB_WORKERS", 2)
threads = _number("WEB_THREADS", 8)
worker_class = "aeims.serving.gunicorn_worker.Worker"
preload_app = True
umask = 0o117  # the sockets' own: for this user and its group

# Who keeps a connection is the adapter, whose client gives it up before this; the proxy opens one for each request.
keepalive = 75
timeout = 60  # without a sign of life of a whole worker, not of a request
graceful_timeout = 25  # for requests in flight; compose.yaml waits longer
worker_tmp_dir = "/dev/shm"  # noqa: S108 (a heartbeat on a disk that is full or slow would end the worker)
control_socket_disable = True

# Only `X-Forwarded-Proto` says anything about the transport, and no header names the application's paths.
secure_scheme_headers = {"X-FORWARDED-PROTO": "https"}
forwarded_allow_ips = "127.0.0.1,::1"
forwarder_headers = ""
header_map = "drop"
limit_request_line = 8190
limit_request_fields = 100
limit_request_field_size = 8190

accesslog = None
errorlog = "-"
logger_class = "aeims.serving.gunicorn_worker.PlainLogger"


def on_starting(server: Any) -> None:
    """Raises SSLError or OSError, so that a certificate that cannot be used ends the start and not a connection."""
    from aeims.serving.gunicorn_worker import tls

    tls()


def when_ready(server: Any) -> None:
    """Before the first worker is forked: what is loaded is shared by all, and no collection copies it."""
    from aeims.collector import spare_what_stays

    spare_what_stays()


def post_fork(server: Any, worker: Any) -> None:
    """No worker speaks through a connection of its parent: two would read each other's answers."""
    from aeims.serving.forked import forget_connections

    forget_connections()


def child_exit(server: Any, worker: Any) -> None:
    """What a worker counted stays; what it had is no more."""
    forget_gauges(worker.pid)
