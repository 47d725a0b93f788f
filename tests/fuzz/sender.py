"""Sends one request, undoes what it did, and says what broke."""

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.test import Client

from tests.fuzz.world import Person

FINE = 503  # a phone system that is not there says so; anything else from 500 up is a defect


class Sender:
    """Sends requests as people of the world and keeps what broke."""

    def __init__(self) -> None:
        self.failures: list[str] = []
        self.answers: dict[int, int] = {}
        self._records: list[logging.LogRecord] = []

    def send(self, person: Person, method: str, path: str, data: Any = None, **more: Any) -> int | None:
        """The status of the answer; None if the request crashed. What it changed is rolled back."""
        cache.clear()
        told = f"{method} {path!r} as {person.name} with {data!r} {more or ''}"
        status, broke = None, ""
        with transaction.atomic(), self._listening():
            try:
                response = self._sent(person.client(), method, path, data, **more)
                status = response.status_code
                if response.streaming:
                    b"".join(response.streaming_content)
                transaction.get_connection().check_constraints()
            except Exception:
                broke = traceback.format_exc(limit=-6)
            transaction.set_rollback(True)
        broke = broke or self._logged()
        if broke or status is None or (status >= 500 and status != FINE):
            self.failures.append(f"{status} {told[:600]}\n{broke[-1500:]}")
        self.answers[status or 0] = self.answers.get(status or 0, 0) + 1
        return status

    def page(self, person: Person, path: str) -> tuple[str, str]:
        """A page's HTML and address after redirects; empty if it is none."""
        client: Client = person.client()
        with transaction.atomic():
            response = client.get(path, follow=True)
            transaction.set_rollback(True)
        if response.streaming:
            b"".join(response.streaming_content)  # closes the file
        if response.streaming or "text/html" not in response.headers.get("Content-Type", ""):
            return "", path
        return response.content.decode(), response.request["PATH_INFO"]

    def report(self) -> str:
        """The failures, each kind once."""
        kinds = {failure.strip().rsplit("\n", 1)[-1]: failure for failure in reversed(self.failures)}
        return f"{len(self.failures)} of {sum(self.answers.values())} broke:\n\n" + "\n\n".join(
            kinds.values()
        )

    @staticmethod
    def _sent(client: Client, method: str, path: str, data: Any, **more: Any) -> Any:
        """Bytes are sent as they are; Django's client would encode them by the charset that they claim."""
        if isinstance(data, bytes):
            return client.generic(method.upper(), path, data, **more)
        return getattr(client, method)(path, data, **more)

    @contextmanager
    def _listening(self) -> Iterator[None]:
        """Collect every traceback that is logged."""
        self._records = []
        handler = logging.Handler()
        handler.emit = self._records.append  # type: ignore[method-assign]
        root = logging.getLogger()
        root.addHandler(handler)
        try:
            yield
        finally:
            root.removeHandler(handler)

    def _logged(self) -> str:
        for record in self._records:
            if (
                record.exc_info
                and record.levelno >= logging.ERROR
                and not record.name.startswith("django.security")
            ):
                return "logged: " + "".join(traceback.format_exception(*record.exc_info))[-1500:]
        return ""
