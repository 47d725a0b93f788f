"""The embedded PostgreSQL of `make run`, started again when it dies."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tools.postgres import Cluster, PostgresError
from tools.supervise import say

CHECK_SECONDS = 0.5
RETRY_SECONDS = 5.0


class Database:
    """A cluster and the server on it, if that is ours. A frozen server is waited for; only one that ended is started."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server, or use the one that runs. Raises PostgresError."""
        self._process = self._cluster.start()

    def stop(self) -> None:
        """Stop the server, whoever started it. Raises PostgresError when it does not stop."""
        self._cluster.stop()
        if self._process is not None:
            self._process.wait()

    @contextmanager
    def watched(self, should_stop: threading.Event) -> Iterator[None]:
        """Within: a server that ends is started again, for as long as it takes (its disk may be full). In a thread of its
        own, because recovery after a crash may take a minute.
        """
        is_over = threading.Event()
        thread = threading.Thread(target=self._watch, args=(should_stop, is_over), name="postgres")
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()

    def _watch(self, should_stop: threading.Event, is_over: threading.Event) -> None:
        pause = CHECK_SECONDS
        while not is_over.wait(pause):
            pause = CHECK_SECONDS
            if should_stop.is_set() or not self._has_ended():
                continue
            say("postgres", "ended; starting it again")
            try:
                self.start()
                say("postgres", "is back")
            except PostgresError as error:
                say("postgres", str(error).splitlines()[-1])
                pause = RETRY_SECONDS

    def _has_ended(self) -> bool:
        if self._process is not None:
            return self._process.poll() is not None
        return not self._cluster.has_server()
