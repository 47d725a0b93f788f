"""A mailbox keeps the order, has a limit, and loses nothing when its reader gives up."""

import asyncio

import pytest

from core.mailbox import Mailbox


async def test_what_is_put_in_comes_out_in_order() -> None:
    box: Mailbox[int] = Mailbox()
    reader = asyncio.ensure_future(box.get())
    await asyncio.sleep(0)
    for number in range(300):
        box.put_nowait(number)
    assert [await reader, *[await box.get() for _ in range(299)]] == list(range(300))
    assert box._items is None, "what is empty takes no memory"


async def test_a_full_mailbox_takes_nothing_more() -> None:
    box: Mailbox[int] = Mailbox(2)
    box.put_nowait(1)
    assert not box.full()
    box.put_nowait(2)
    assert box.full()
    with pytest.raises(asyncio.QueueFull):
        box.put_nowait(3)
    assert [await box.get(), await box.get()] == [1, 2]
    assert not box.full()


async def test_a_reader_that_is_cancelled_takes_nothing_along() -> None:
    box: Mailbox[int] = Mailbox()
    reader = asyncio.ensure_future(box.get())
    await asyncio.sleep(0)
    box.put_nowait(7)  # it has been woken, and has not run yet
    reader.cancel()
    await asyncio.gather(reader, return_exceptions=True)
    assert await box.get() == 7
