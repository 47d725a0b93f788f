"""News from lower apps to higher ones: after commit (`DomainEvent`), or as a part of the change (`AtomicEvent`).

A lower app declares a topic and announces; a higher app listens (it imports the topic in its `AppConfig.ready`).
So billing can say `funds_available` without knowing that there are calls. Listeners run once each, in the
order they were registered; one that fails is logged and keeps no other from hearing.
"""

import logging
from collections.abc import Callable
from typing import Any

from django.db import transaction

log = logging.getLogger(__name__)

Listener = Callable[..., Any]


class DomainEvent:
    """A topic. Listeners take the keyword arguments it is announced with."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._listeners: list[Listener] = []

    def listener(self, function: Listener) -> Listener:
        """Register `function` (usable as a decorator); registering it again changes nothing."""
        if function not in self._listeners:
            self._listeners.append(function)
        return function

    def after_commit(self, **news: Any) -> None:
        """Tell all listeners when the current transaction has committed; never if it rolls back."""
        transaction.on_commit(lambda: self._tell(news))

    def _tell(self, news: dict[str, Any]) -> None:
        for listener in self._listeners:
            try:
                listener(**news)
            except Exception:
                log.exception("a listener to %s failed", self.name)


class AtomicEvent:
    """News that must not be lost, such as one that promises a letter: told at once, inside the transaction of the change.

    A listener writes rows and nothing else; if it fails, the change fails with it.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._listeners: list[Listener] = []

    def listener(self, function: Listener) -> Listener:
        """Register `function` (usable as a decorator); registering it again changes nothing."""
        if function not in self._listeners:
            self._listeners.append(function)
        return function

    def tell(self, **news: Any) -> None:
        """Call all listeners now. Raises what they raise."""
        if not transaction.get_connection().in_atomic_block:
            raise transaction.TransactionManagementError(
                f"{self.name} belongs to the transaction of a change"
            )
        for listener in self._listeners:
            listener(**news)
