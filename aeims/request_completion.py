"""Runs every HTTP request to its end, whatever becomes of its client.

A view works in a thread, which nothing can cancel. Daphne gives up a request whose client is gone, and with it what would
have come after the view: the database connection is then never handed back, and the pool is one smaller for good. Here the
client's departure is kept from the application, whose task is no part of the server's; so it ends as any other request does.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


class CompleteRequests:
    """ASGI middleware around an HTTP application."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._tasks: set[asyncio.Task[None]] = set()  # the event loop itself keeps weak references only

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        client = _Client(receive, send)
        request = self._application(scope, client.receive, client.send)
        task = asyncio.ensure_future(request)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            client.is_gone = True
            raise


class _Client:
    """The server's two functions, with what the application need not know left out."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._has_whole_body = False
        self.is_gone = False

    async def receive(self) -> Message:
        """The body; behind it nothing ever comes. A client that leaves within its body has made no request."""
        if self._has_whole_body:
            await asyncio.Event().wait()
        message = await self._receive()
        self._has_whole_body = message["type"] == "http.request" and not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        """Raises CancelledError, Django's sign to stop sending and to tidy up, once nobody is there to read."""
        if self.is_gone:
            raise asyncio.CancelledError
        try:
            await self._send(message)
        except OSError as error:
            raise asyncio.CancelledError from error
