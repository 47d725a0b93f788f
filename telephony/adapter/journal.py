"""The adapter's memory on disk: append-only lines, each with its checksum, synced before anything depends on them.

`kill -9` loses nothing that was synced; a power cut may tear the last line, which is then dropped on reading. Many
records share one sync (a group commit in a thread), so the event loop never waits for the disk. One process writes
a journal at a time: a lock is held for as long as it lives.

With keys (ADAPTER_JOURNAL_KEYS) each record is a token of Fernet. Plain lines, of an adapter without keys, are read, too.
"""

import asyncio
import errno
import fcntl
import json
import logging
import os
import time
import uuid
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from cryptography.fernet import MultiFernet

from core.encryption import InvalidToken, ciphers
from telephony.adapter.call_store import CallStore

log = logging.getLogger(__name__)

COMPACT_BYTES = 4_000_000
SOON_SECONDS = 0.1
RETRY_SECONDS = 2.0  # between two tries on a disk that refused


class JournalBusy(Exception):
    """Another process holds this journal."""


class JournalLocked(Exception):
    """The journal is encrypted under a key that is not among ours. Without it, calls and their ends would be lost."""


class JournalError(Exception):
    """The disk refused a write; nothing new may be promised."""


def encode(record: dict[str, Any], cipher: MultiFernet | None = None) -> bytes:
    """One line: checksum, space, JSON or its token."""
    body = json.dumps(record, separators=(",", ":"), sort_keys=True).encode()
    if cipher is not None:
        body = cipher.encrypt(body)
    return b"%08x %s\n" % (zlib.crc32(body), body)


def decode(line: bytes, cipher: MultiFernet | None = None) -> dict[str, Any] | None:
    """The record of one line; None if the line is torn or was altered. Raises JournalLocked."""
    checksum, _, body = line.rstrip(b"\n").partition(b" ")
    try:
        if not line.endswith(b"\n") or int(checksum, 16) != zlib.crc32(body):
            return None
        if not body.startswith(b"{"):
            body = _decrypted(body, cipher)
        record = json.loads(body)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


def _decrypted(token: bytes, cipher: MultiFernet | None) -> bytes:
    try:
        if cipher is not None:
            return cipher.decrypt(token)
    except InvalidToken:
        pass
    raise JournalLocked("ADAPTER_JOURNAL_KEYS: the journal is under a key that is not among them")


def read(path: Path, cipher: MultiFernet | None = None) -> Iterator[dict[str, Any]]:
    """All whole records of a journal file, in order. A broken line in the middle is skipped and logged.

    Raises JournalLocked.
    """
    if not path.exists():
        return
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            record = decode(line, cipher)
            if record is None:
                log.error("journal line %d is torn or altered, skipped", number)
                continue
            yield record


class Journal:
    """A book kept on disk. `append` changes the book at once and the disk soon; `sync` waits for the disk."""

    def __init__(
        self,
        path: Path,
        *,
        keys: Sequence[str] = (),
        clock: Callable[[], float] = time.time,
        compact_bytes: int = COMPACT_BYTES,
    ) -> None:
        self.path = path if path.suffix else path / "adapter.journal"
        self.book = CallStore()
        self._cipher = ciphers(tuple(keys)) if keys else None
        self._clock = clock
        self._compact_bytes = compact_bytes
        self._lock: int | None = None
        self._file: int | None = None
        self._size = 0
        self._compact_size = 0
        self._pending: list[bytes] = []
        self._written = 0
        self._asked = 0
        self._turn = asyncio.Lock()
        self._flushing: asyncio.Task[None] | None = None
        self.is_broken = False

    def open(self) -> None:
        """Take the lock, read the book and start a fresh, compacted file, under the first key. Raises JournalBusy, and
        JournalLocked, which leaves the file as it is.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            self._lock = None
            raise JournalBusy(f"another adapter is using the journal {self.path}") from None
        try:
            for record in read(self.path, self._cipher):
                self.book.apply(record)
        except JournalLocked:
            self.abandon()
            raise
        self.book.adapter_id = self.book.adapter_id or uuid.uuid4().hex
        self._rewrite(self._compacted())

    def append(self, record: dict[str, Any]) -> None:
        self.book.apply(record)
        self._pending.append(encode(record, self._cipher))
        self._asked += 1
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self._flush())

    async def sync(self) -> None:
        """Return when everything appended before this call is on the disk. Raises JournalError."""
        goal = self._asked
        async with self._turn:
            if self._written >= goal:
                return
            lines, self._pending = self._pending, []
            upto = self._asked
            # Taken here, in the loop: the book must not change while it is written out.
            fresh = None
            # A book that is large by itself must not be written out at every sync.
            if self._size > max(self._compact_bytes, 2 * self._compact_size):
                fresh = self._compacted()
            try:
                await asyncio.to_thread(self._write, lines, fresh)
            except OSError as error:
                self._pending = lines + self._pending
                if not self.is_broken:
                    log.error("the journal cannot be written: %s", error.strerror)
                self.is_broken = True
                raise JournalError(f"journal: {error.strerror}") from error
            if self.is_broken:
                log.warning("the journal is written again")
            self._written, self.is_broken = upto, False

    def _compacted(self) -> list[bytes]:
        self.book.forget(self._clock())
        return [encode(record, self._cipher) for record in self.book.records()]

    async def _flush(self) -> None:
        """Write until nothing is pending; a disk that refuses is tried again and again, as nobody else may ask for it."""
        while self._written < self._asked:
            # Not at once, so that what comes together is synced together.
            await asyncio.sleep(RETRY_SECONDS if self.is_broken else SOON_SECONDS)
            with suppress(JournalError):
                await self.sync()

    def close(self) -> None:
        """Write what is pending, if the disk takes it, and give the lock back."""
        if self._file is not None:
            try:
                self._write(self._pending, None)
                self._pending = []
            except OSError as error:
                log.error(
                    "%d records are lost: the journal cannot be written: %s",
                    len(self._pending),
                    error.strerror,
                )
        self.abandon()

    def abandon(self) -> None:
        """Give the lock back and write nothing: what a killed process does."""
        if self._flushing is not None:
            self._flushing.cancel()
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _write(self, lines: Iterable[bytes], fresh: list[bytes] | None) -> None:
        if self._file is None:
            raise OSError(errno.EBADF, "the journal is closed")
        if fresh is not None:
            self._rewrite(fresh)
            return
        data = b"".join(lines)
        try:
            written = 0
            while written < len(data):
                written += os.write(self._file, data[written:])
            os.fdatasync(self._file)
        except OSError:
            # Half a line must not stay: the next try would be glued to it.
            os.ftruncate(self._file, self._size)
            os.lseek(self._file, self._size, os.SEEK_SET)
            raise
        self._size += len(data)

    def _rewrite(self, lines: list[bytes]) -> None:
        """Replace the file by `lines`, atomically: a crash leaves the old file or the new one, never half."""
        draft = self.path.with_suffix(".draft")
        fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(fd, "wb", closefd=False) as file:
                file.writelines(lines)
                file.flush()
                os.fsync(fd)
            draft.rename(self.path)
        except OSError:
            os.close(fd)
            draft.unlink(missing_ok=True)  # half a draft takes room that the disk does not have
            raise
        if self._file is not None:
            os.close(self._file)
        self._file, self._size = fd, sum(len(line) for line in lines)
        self._compact_size = self._size
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
