"""Many at once: what tests of races run, each on a thread and a database connection of its own."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection, connections


def in_parallel(
    *jobs: Callable[[], Any], at_once: int = 100, refusals: type[Exception] | tuple[type[Exception], ...] = ()
) -> list[Any]:
    """What each job returned, in their order. The first `at_once` start together, the rest as threads become free.

    An exception of the class `refusals` is a result like any other; any other one is raised.
    """
    together = min(at_once, len(jobs))
    start = threading.Barrier(together)

    def run(number: int, job: Callable[[], Any]) -> Any:
        if number < together:
            start.wait(timeout=60)
        try:
            return job()
        except refusals as refusal:
            return refusal
        finally:
            connections.close_all()

    connection.close()  # a transaction left open here would be waited for
    with ThreadPoolExecutor(together) as pool:
        futures = [pool.submit(run, number, job) for number, job in enumerate(jobs)]
        return [future.result() for future in futures]


def counted(results: Iterable[Any]) -> Counter[Any]:
    """How often each result came; refusals by the names of their classes."""
    return Counter(type(result).__name__ if isinstance(result, Exception) else result for result in results)
