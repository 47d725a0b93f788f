"""Several lists by falling ids become one by time: each thing once, in order, however small the pages and chunks are."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.merging import Chunk, Item, merge

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
# A list: the minutes at which its things happened, and whether each is shown. Ids grow with the time.
lists = st.lists(st.lists(st.tuples(st.integers(0, 50), st.booleans()), max_size=12), min_size=1, max_size=3)


def things(number: int, minutes: list[tuple[int, bool]]) -> list[Item[str]]:
    ordered = sorted(minutes)
    return [
        Item(NOON + timedelta(minutes=at), n + 1, f"{number}:{n + 1}" if shown else None)
        for n, (at, shown) in reversed(list(enumerate(ordered)))
    ]


def chunk(items: list[Item[str]], before: int | None, size: int) -> Chunk[str]:
    below = [item for item in items if before is None or item.position < before]
    page = below[:size]
    return Chunk(page, before, page[-1].position if len(below) > size else None)


@given(lists, st.integers(1, 5), st.integers(1, 5))
def test_each_thing_is_shown_once_and_in_order_of_time(
    told: list[list[tuple[int, bool]]], limit: int, size: int
) -> None:
    every = [things(number, minutes) for number, minutes in enumerate(told)]
    positions: tuple[int | None, ...] = (None,) * len(every)
    shown: list[str] = []
    for _ in range(100):
        page = merge([chunk(items, at, size) for items, at in zip(every, positions, strict=True)], limit)
        assert len(page.rows) <= limit
        shown += page.rows
        if page.is_last:
            break
        assert page.positions != positions, "a page that gets nowhere is shown for ever"
        positions = page.positions
    else:
        raise AssertionError("there is always another page")
    times = {item.row: item.at for items in every for item in items if item.row}
    assert sorted(shown) == sorted(times)
    assert [times[row] for row in shown] == sorted(times.values(), reverse=True)


def test_a_page_that_is_full_is_the_last_if_only_hidden_things_follow() -> None:
    items = [Item(NOON, 2, "shown"), Item(NOON, 1, None)]
    assert merge([Chunk(items)], 1).is_last
    assert not merge([Chunk(items, following=1)], 1).is_last
    assert not merge([Chunk([Item(NOON, 2, "shown"), Item(NOON, 1, "more")])], 1).is_last


def test_nothing_is_shown_before_it_is_known_what_comes_first() -> None:
    read = merge([Chunk([Item(NOON, 5, "a")]), Chunk([], position=9, following=4)], 10)
    assert (read.rows, read.positions, read.is_last) == ([], (None, 4), False)
