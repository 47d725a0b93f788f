"""Changes of operators on their way to the pages that show them: at most one delivery a second in each process.

Thousands of pages may show one operator, and an evening changes several a second. So one channel of the process hears of
operators for all its pages (`storefront.consumers`); a page is told of those that it shows, and what pages of one audience show alike
is rendered and encoded once for all of them.
"""

import asyncio
import logging
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from channels.layers import get_channel_layer
from django.db import DatabaseError

from operators.models import Operator
from operators.services.presence import DIRECTORY_GROUP
from storefront import live
from web.frames import text_frame
from web.live import Audience, Hint, Region, Update, shared
from web.live_thread import in_live_thread

log = logging.getLogger(__name__)

EVERY_SECONDS = 1.0
_TOGETHER_SECONDS = 0.05  # after a quiet time: what one deed changes arrives within moments
_PAGES_AT_ONCE = 100  # then others have their turn


@dataclass(frozen=True, slots=True)
class Delivery:
    """What pages that show the same are sent: each update by itself, and all of them as one list."""

    texts: tuple[str, ...]
    list_text: str
    list_frame: bytes  # the list as the websocket carries it

    @classmethod
    def of(cls, updates: Collection[Update]) -> "Delivery":
        texts = tuple(update.text for update in updates)
        list_text = f"[{','.join(texts)}]"
        return cls(texts, list_text, text_frame(list_text))


class OperatorPage(Protocol):
    """What is needed of a socket whose page shows operators."""

    regions: tuple[Region, ...]
    audience: Audience

    async def hear_of_operators(self, delivery: Delivery) -> None: ...


@dataclass(eq=False)
class _View:
    """Open pages that show the same to the same audience."""

    audience: Audience
    regions: tuple[Region, ...]
    pages: set[OperatorPage] = field(default_factory=set)


class OperatorPushes:
    """Those of one event loop. The group is listened to while there is a page."""

    def __init__(self) -> None:
        self._views: dict[tuple[Audience, tuple[Region, ...]], _View] = {}
        self._view_of: dict[OperatorPage, _View] = {}
        self._by_operator: dict[int, set[_View]] = {}
        self._changed: dict[int, Hint] = {}
        self._delivered_at = float("-inf")
        self._delivering: asyncio.Task[None] | None = None
        self._listening: asyncio.Task[None] | None = None
        self._channel = ""
        self._joining = asyncio.Lock()

    async def add(self, page: OperatorPage) -> None:
        """From the return on, the page hears of what changes. Raises what the channel layer raises."""
        shown = tuple(region for region in page.regions if region.kind in live.SHOW_OPERATORS)
        view = self._views.setdefault((page.audience, shown), _View(page.audience, shown))
        view.pages.add(page)
        self._view_of[page] = view
        for region in shown:
            self._by_operator.setdefault(region.number, set()).add(view)
        try:
            await self._begin_listening()
        except BaseException:
            await self.remove(page)
            raise

    async def _begin_listening(self) -> None:
        async with self._joining:
            if self._listening is None or self._listening.done():
                layer = get_channel_layer()
                self._channel = await layer.new_channel("operators")
                await layer.group_add(DIRECTORY_GROUP, self._channel)
                self._listening = asyncio.create_task(self._listen(layer, self._channel))

    async def remove(self, page: OperatorPage) -> None:
        """The page hears nothing more. A repeat does nothing."""
        view = self._view_of.pop(page, None)
        if view is None:
            return
        view.pages.discard(page)
        if not view.pages:
            self._forget(view)
        async with self._joining:
            if self._listening is not None and not self._views:
                try:
                    await get_channel_layer().group_discard(DIRECTORY_GROUP, self._channel)
                finally:
                    self._listening.cancel()
                    self._listening = None
                    self._changed.clear()

    def _forget(self, view: _View) -> None:
        del self._views[view.audience, view.regions]
        for number in {region.number for region in view.regions}:
            views = self._by_operator[number]
            views.discard(view)
            if not views:
                del self._by_operator[number]

    async def _listen(self, layer: Any, channel: str) -> None:
        while True:
            message = await layer.receive(channel)
            try:
                self.note(Hint.parse(message["payload"]))
            except Exception:
                log.exception("a hint of an operator can't be read")

    def note(self, hint: Hint) -> None:
        """Something changed. Of several changes of one operator before the next delivery, the last one is delivered."""
        number = int(hint.key)
        if number not in self._by_operator:
            return
        known = self._changed.get(number)
        if known is None or known.sequence < hint.sequence:
            self._changed[number] = hint
        if self._delivering is None or self._delivering.done():
            self._delivering = asyncio.create_task(self._deliver_until_quiet())

    async def _deliver_until_quiet(self) -> None:
        while self._changed:
            await asyncio.sleep(max(_TOGETHER_SECONDS, self._delivered_at + EVERY_SECONDS - time.monotonic()))
            self._delivered_at = time.monotonic()
            changed, self._changed = self._changed, {}
            try:
                await self._deliver(changed)
            except DatabaseError:  # next time, unless something newer is known by then
                log.exception("operators can't be read for open pages")
                self._changed = {**changed, **self._changed}
            except Exception:
                log.exception("changes of operators didn't reach open pages")

    async def _deliver(self, changed: dict[int, Hint]) -> None:
        views = list({view: None for number in changed for view in self._by_operator.get(number, ())})
        deliveries = await in_live_thread(_render, list(changed.values()), views)
        sent = 0
        for view, delivery in zip(views, deliveries, strict=True):
            for page in list(view.pages) if delivery.texts else ():
                if page not in view.pages:  # gone meanwhile
                    continue
                try:
                    await page.hear_of_operators(delivery)
                except Exception:
                    log.exception("a page wasn't told of operators")
                sent += 1
                if sent % _PAGES_AT_ONCE == 0:
                    await asyncio.sleep(0)


def _render(hints: Collection[Hint], views: Collection[_View]) -> list[Delivery]:
    rows = Operator.objects.in_bulk([int(hint.key) for hint in hints])
    for hint in hints:
        shared.once(hint, partial(rows.get, int(hint.key)))  # for `operator_updates`
    return [
        Delivery.of(
            [update for hint in hints for update in live.operator_updates(hint, view.regions, view.audience)]
        )
        for view in views
    ]


_of_loops: WeakKeyDictionary[asyncio.AbstractEventLoop, OperatorPushes] = WeakKeyDictionary()


def operator_pushes() -> OperatorPushes:
    """Those of the running event loop."""
    return _of_loops.setdefault(asyncio.get_running_loop(), OperatorPushes())
