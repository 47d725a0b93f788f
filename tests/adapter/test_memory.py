"""The journal on disk and the book that is made of it."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from telephony.adapter import journal as journal_module
from telephony.adapter.call_store import (
    KEEP_OVER_SECONDS,
    KEEP_REFUSED_SECONDS,
    CallStore,
    alive_record,
    asked_record,
    delivered_record,
    event_record,
    grant_record,
    joined_record,
    plan_record,
    refused_record,
)
from telephony.adapter.journal import Journal, JournalBusy, JournalError, JournalLocked, decode, encode, read
from telephony.call_plan import LegPlan, Originate
from telephony.states import EndedBy, EndReason, EventState
from telephony.wire import CallEvent

CALL = "call_1750000000_abcdef"


def plan(call_id: str = CALL) -> Originate:
    leg = LegPlan(
        "+12125550123", "+18005550100", 20, True, {"ask": ["a"], "warning_60": ["common/warning-60"]}
    )
    return Originate(call_id, "17", 22, leg, leg, 180, False, 1_750_000_010.0)


def event(state: EventState, event_id: str = "e1", call_id: str = CALL, sequence: int = 1) -> CallEvent:
    return CallEvent(
        event_id, sequence, call_id, "outbound", 1_750_000_000.5, state, "17", 22, None, {"node": "n"}
    )


def of_calls(path: Path) -> list[dict[str, Any]]:
    """The records of a journal but the one that says whose it is."""
    return [record for record in read(path) if record["t"] != "adapter"]


def story() -> list[dict[str, Any]]:
    """All kinds of records, as one call and its events leave them."""
    return [
        plan_record(plan(), 1_750_000_000.0),
        event_record(event(EventState.RINGING, "e1", sequence=1), 1_750_000_001.0),
        delivered_record("e1"),
        joined_record(CALL, 1_750_000_005.123, 77.5, "boot"),
        alive_record({CALL: 7}, 82.5),
        grant_record(CALL, 270, True),
        asked_record(CALL, EndedBy.STAFF, EndReason.STAFF_ENDED),
        event_record(event(EventState.STARTED, "e2", sequence=8), 1_750_000_006.0),
        refused_record(event(EventState.STARTED, "e2", sequence=8), 404, 1_750_000_007.0),
        event_record(event(EventState.ENDED, "e3", sequence=9), 1_750_000_300.0),
    ]


def book_of(records: list[dict[str, Any]]) -> CallStore:
    book = CallStore()
    for record in records:
        book.apply(record)
    return book


def test_the_book_tells_what_the_records_told() -> None:
    book = book_of(story())
    call = book.calls[CALL]
    assert (call.granted, call.final, call.joined_at, call.joined_mono) == (
        270,
        True,
        1_750_000_005.123,
        77.5,
    )
    assert (call.alive_mono, call.sequence, call.is_over) == (82.5, 9, True)
    assert call.hangup_request() == (EndedBy.STAFF, EndReason.STAFF_ENDED)
    assert call.warnings == {"warning_60": ["common/warning-60"]}
    assert list(book.outbox) == ["e3"]
    assert [(refused.status, refused.event["event_id"]) for refused in book.refused] == [(404, "e2")]


def test_a_compacted_book_is_the_same_book() -> None:
    book = book_of(story())
    again = book_of(list(book.records()))
    assert again.outbox == book.outbox
    assert again.refused == book.refused
    assert again.calls[CALL].ending == book.calls[CALL].ending


def test_old_endings_are_forgotten_but_never_before_they_are_delivered() -> None:
    book = book_of(story())
    later = 1_750_000_300.0 + max(KEEP_OVER_SECONDS, KEEP_REFUSED_SECONDS) + 1
    book.forget(later)
    assert CALL in book.calls
    book.apply(delivered_record("e3"))
    book.forget(later)
    assert (book.calls, book.refused) == ({}, [])


def test_no_record_holds_a_phone_number() -> None:
    assert b"2125550123" not in encode(plan_record(plan(), 1.0))
    assert b"8005550100" not in encode(plan_record(plan(), 1.0))


def test_records_of_another_program_are_ignored() -> None:
    book = book_of([{"t": "novelty"}, {"no": "type"}, grant_record("call_1_unknown", 1, True)])
    assert book.calls == {}


def test_a_torn_or_altered_line_is_no_record() -> None:
    line = encode({"t": "told", "event_id": "e1"})
    assert decode(line) == {"t": "told", "event_id": "e1"}
    assert decode(line.replace(b"e1", b"e2")) is None
    for cut in range(len(line)):
        assert decode(line[:cut]) is None


def test_a_journal_torn_at_any_byte_loses_only_its_last_record(tmp_path: Path) -> None:
    lines = [encode(record) for record in story()]
    whole, last = b"".join(lines[:-1]), lines[-1]
    path = tmp_path / "adapter.journal"
    for cut in range(len(last)):
        path.write_bytes(whole + last[:cut])
        assert of_calls(path) == story()[:-1]


def test_a_damaged_line_in_the_middle_costs_that_record_alone(tmp_path: Path) -> None:
    lines = [encode(record) for record in story()]
    path = tmp_path / "adapter.journal"
    path.write_bytes(b"".join([*lines[:2], b"\xff\x00 damage\n", *lines[2:]]))
    assert of_calls(path) == story()


async def test_whose_journal_it_is_stays(tmp_path: Path) -> None:
    seen = set()
    for _ in range(3):
        journal = await opened(tmp_path)
        seen.add(journal.book.adapter_id)
        journal.close()
    other = await opened(tmp_path / "other")
    assert len(seen) == 1
    assert seen != {other.book.adapter_id}
    other.close()


async def opened(path: Path, **options: Any) -> Journal:
    journal = Journal(path, clock=lambda: 1_750_000_400.0, **options)
    journal.open()
    return journal


async def test_what_was_synced_survives_a_kill(tmp_path: Path) -> None:
    journal = await opened(tmp_path)
    for record in story():
        journal.append(record)
    await journal.sync()
    journal.abandon()
    again = await opened(tmp_path)
    assert again.book.calls == journal.book.calls
    assert again.book.outbox == journal.book.outbox
    again.close()


async def test_a_journal_with_keys_shows_nothing_and_reads_what_was_plain(tmp_path: Path) -> None:
    plain = await opened(tmp_path)
    plain.append(story()[0])
    await plain.sync()
    plain.abandon()
    first = await opened(tmp_path, keys=["old"])
    assert first.book.calls == plain.book.calls
    for record in story()[1:]:
        first.append(record)
    await first.sync()
    first.abandon()
    assert CALL not in first.path.read_text()
    second = await opened(tmp_path, keys=["new", "old"])
    second.abandon()
    third = await opened(tmp_path, keys=["new"])  # it was written anew under the first key at the start
    assert third.book.outbox == first.book.outbox
    assert third.book.calls[CALL].ending == first.book.calls[CALL].ending
    third.close()


@pytest.mark.parametrize("keys", [(), ["another"]])
async def test_a_journal_under_a_key_that_is_gone_is_refused_and_kept(
    tmp_path: Path, keys: list[str]
) -> None:
    journal = await opened(tmp_path, keys=["the key"])
    journal.append(story()[0])
    await journal.sync()
    journal.abandon()
    before = journal.path.read_bytes()
    with pytest.raises(JournalLocked, match="ADAPTER_JOURNAL_KEYS"):
        await opened(tmp_path, keys=keys)
    assert journal.path.read_bytes() == before
    again = await opened(tmp_path, keys=["the key"])
    assert again.book.calls == journal.book.calls
    again.close()


async def test_what_is_only_appended_reaches_the_disk_soon(tmp_path: Path) -> None:
    journal = await opened(tmp_path)
    journal.append(story()[0])
    await asyncio.sleep(0.5)
    assert of_calls(journal.path) == [story()[0]]
    journal.close()


async def test_many_waiters_share_one_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = await opened(tmp_path)
    syncs = 0
    real = os.fdatasync

    def counting(fd: int) -> None:
        nonlocal syncs
        syncs += 1
        real(fd)

    monkeypatch.setattr(os, "fdatasync", counting)

    async def write(number: int) -> None:
        journal.append(delivered_record(f"e{number}"))
        await journal.sync()

    await asyncio.gather(*(write(number) for number in range(200)))
    assert len(of_calls(journal.path)) == 200
    assert syncs < 10
    journal.close()


async def test_a_long_journal_is_compacted_and_tells_the_same(tmp_path: Path) -> None:
    journal = await opened(tmp_path, compact_bytes=5_000)
    journal.append(story()[0])
    for number in range(500):
        journal.append(alive_record({CALL: number}, float(number)))
        await journal.sync()
    assert journal.path.stat().st_size < 6_000
    journal.abandon()
    again = await opened(tmp_path)
    assert again.book.calls[CALL].alive_mono == 499
    again.close()


async def test_a_full_disk_is_told_and_nothing_is_lost_once_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = await opened(tmp_path)
    real = os.write

    def half_a_line_then_full(fd: int, data: bytes) -> int:
        if len(data) < 10:
            raise OSError(28, "No space left on device")
        return real(fd, data[:9])

    monkeypatch.setattr(os, "write", half_a_line_then_full)
    journal.append(story()[0])
    with pytest.raises(JournalError, match="No space left"):
        await journal.sync()
    assert journal.is_broken
    monkeypatch.setattr(os, "write", real)
    journal.append(delivered_record("e9"))
    await journal.sync()
    assert not journal.is_broken
    assert of_calls(journal.path) == [story()[0], delivered_record("e9")]
    journal.close()


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Within: nothing can be written, until its `undo`."""

    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "fdatasync", full)
        disk.setattr(os, "fsync", full)
        yield disk


@pytest.fixture
async def journal(tmp_path: Path) -> Journal:
    return await opened(tmp_path)


async def test_when_there_is_room_again_the_disk_is_used_although_nothing_new_comes(
    journal: Journal, full_disk: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "RETRY_SECONDS", 0.05)
    journal.append(story()[0])
    with pytest.raises(JournalError):
        await journal.sync()
    full_disk.undo()
    async with asyncio.timeout(5):
        while journal.is_broken:
            await asyncio.sleep(0.02)
    assert of_calls(journal.path) == [story()[0]]
    journal.close()


async def test_a_full_disk_does_not_keep_the_process_from_ending(
    journal: Journal, full_disk: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    journal.append(story()[0])
    journal.close()
    full_disk.undo()
    (await opened(tmp_path)).close()


async def test_a_full_disk_costs_no_open_file_and_leaves_no_draft(
    journal: Journal, full_disk: pytest.MonkeyPatch
) -> None:
    open_files = Path("/proc/self/fd")
    before = len(list(open_files.iterdir()))
    for _ in range(3):
        with pytest.raises(OSError, match="No space"):
            journal._rewrite([b"x"])
    assert len(list(open_files.iterdir())) == before
    assert not journal.path.with_suffix(".draft").exists()
    full_disk.undo()
    journal.close()


async def test_one_journal_serves_one_process(tmp_path: Path) -> None:
    journal = await opened(tmp_path)
    with pytest.raises(JournalBusy):
        await opened(tmp_path)
    journal.abandon()
    (await opened(tmp_path)).close()


async def test_the_journal_may_be_a_directory_or_a_file(tmp_path: Path) -> None:
    for path in (tmp_path / "dir", tmp_path / "deep/file.log"):
        journal = await opened(path)
        journal.close()
    assert (tmp_path / "dir/adapter.journal").exists()
    assert (tmp_path / "deep/file.log").exists()
    assert (tmp_path / "deep/file.log").stat().st_mode & 0o077 == 0
