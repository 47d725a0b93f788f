"""Changes of operators reach the pages that show them once a second, rendered once, the last state of each."""

import asyncio
import json
from collections import Counter
from typing import Any

import pytest
from channels.layers import get_channel_layer

from brands.models import Brand
from core.push import hint_after_commit
from operators.models import Operator
from operators.services.presence import DIRECTORY_GROUP, set_presence
from operators.states import Presence
from storefront import live
from storefront.operator_pushes import Delivery, operator_pushes
from tests.factories import BrandFactory
from tests.scenario import given_operator
from tests.telephony.test_sockets import directory, in_thread
from web.frames import SEND_FRAME
from web.live import Audience, Region, Viewer
from web.requests import Site

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("channel_layer")]

PAGES, OPERATORS, ROUNDS = 1000, 6, 20


class Page:
    """An open page that shows these operators' cards."""

    def __init__(self, brand: Brand, operators: list[Operator]) -> None:
        self.audience = Audience(Viewer.VISITOR, Site.BRAND, brand)
        self.regions = tuple(
            Region(kind, operator.pk) for operator in operators for kind in (live.STATUS, live.ACTIONS)
        )
        self.heard: list[Delivery] = []

    async def hear_of_operators(self, delivery: Delivery) -> None:
        self.heard.append(delivery)


def change_all(operators: list[Operator]) -> None:
    """Each comes and goes, and is offline in the end."""
    for turn in range(ROUNDS):
        for operator in operators:
            operator.presence = Presence.ONLINE if turn % 2 == 0 else Presence.OFFLINE
            operator.save(update_fields=["presence"])
            hint_after_commit([DIRECTORY_GROUP], f"operator.{operator.pk}")


async def until_quiet(page: Page) -> None:
    heard = -1
    while heard != len(page.heard) or not page.heard:
        heard = len(page.heard)
        await asyncio.sleep(1.3)  # a little more than what lies between two deliveries


async def test_a_thousand_pages_are_sent_many_changes_in_a_few_messages_rendered_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rendered: Counter[str] = Counter()
    render = live.render_region

    def count(template: str, *more: Any) -> str:
        rendered[template] += 1
        return render(template, *more)

    monkeypatch.setattr(live, "render_region", count)
    brand = await in_thread(BrandFactory)()
    operators = [await in_thread(given_operator)() for _ in range(OPERATORS)]
    pages = [Page(brand, operators) for _ in range(PAGES)]
    unconcerned = Page(brand, [await in_thread(given_operator)()])
    pushes = operator_pushes()
    for page in [*pages, unconcerned]:
        await pushes.add(page)
    began = asyncio.get_running_loop().time()
    await in_thread(change_all)(operators)
    seconds = asyncio.get_running_loop().time() - began
    await until_quiet(pages[0])
    for page in [*pages, unconcerned]:
        await pushes.remove(page)

    most = 2 + int(seconds)  # the first moments, each second, and what is left then
    assert 1 <= len(pages[0].heard) <= most < OPERATORS * ROUNDS
    assert sum(rendered.values()) <= most * OPERATORS * 2, "what 1,000 pages show alike is rendered once"
    assert all(page.heard == pages[0].heard for page in pages)
    assert all(one is other for page in pages for one, other in zip(page.heard, pages[0].heard, strict=True))
    assert unconcerned.heard == []
    last: dict[str, dict[str, Any]] = {}
    for update in (update for delivery in pages[0].heard for update in json.loads(delivery.list_text)):
        assert update["sequence"] >= last.get(update["region"], update)["sequence"]
        last[update["region"]] = update
    assert len(last) == OPERATORS * 2
    assert all("Offline" in last[f"{live.STATUS}.{operator.pk}"]["html"] for operator in operators)


async def test_a_page_takes_what_changed_as_one_list_and_hears_nothing_once_it_left() -> None:
    operators = [await in_thread(given_operator)() for _ in range(2)]
    socket = await directory(*(f"card-status.{operator.pk}" for operator in operators), "call-bar")
    socket.line.scope["query_string"] += b"&lists=1"
    assert await socket.opens()
    await socket.hears()  # the server's time
    for operator in operators:
        await in_thread(set_presence)(operator_id=operator.pk, presence="away")
    shown: dict[str, str] = {}
    while len(shown) < 2:
        updates = json.loads(await socket.line.receive_from(timeout=10))
        assert isinstance(updates, list)
        shown |= {update["region"]: update["html"] for update in updates}
    assert all("Away" in html for html in shown.values())
    await socket.closes()
    pushes = operator_pushes()
    assert not pushes._view_of
    assert not pushes._by_operator
    assert pushes._listening is None


async def test_pages_that_show_the_same_are_sent_the_very_same_bytes() -> None:
    operator = await in_thread(given_operator)()
    frames: list[bytes] = []
    sockets = [await directory(f"card-status.{operator.pk}") for _ in range(3)]
    for socket in sockets:
        socket.line.scope["query_string"] += b"&lists=1"
        socket.line.scope[SEND_FRAME] = frames.append
        assert await socket.opens()
        await socket.hears()  # the server's time
    await in_thread(set_presence)(operator_id=operator.pk, presence="away")
    while len(frames) < len(sockets):
        await asyncio.sleep(0.05)
    assert all(frame is frames[0] for frame in frames)
    (update,) = json.loads(frames[0][4:])  # behind a header with a length of two bytes
    assert "Away" in update["html"]
    for socket in sockets:
        assert await socket.hears_nothing_more()
        await socket.closes()


async def test_a_page_that_cannot_hear_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_: Any) -> None:
        raise OSError

    monkeypatch.setattr(get_channel_layer(), "group_add", fails)
    pushes = operator_pushes()
    with pytest.raises(OSError):
        await pushes.add(Page(await in_thread(BrandFactory)(), [await in_thread(given_operator)()]))
    assert not pushes._view_of
    assert not pushes._by_operator
