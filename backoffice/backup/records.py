"""The adapter's journal and Asterisk's record, copied beside the backups every few seconds, encrypted; and back.

Both files grow at their end, until they are begun anew. So what was added is appended to the copy as one line: where it
stood, how long it is, its digest, its token. A file that was begun anew has a copy of its own.
"""

import hashlib
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import MultiFernet
from django.conf import settings
from django.core.cache import cache

from core import clock
from core.encryption import InvalidToken, ciphers

PURPOSE = "copies of records"
SHIPPED_AT = "backup.records_shipped_at"  # in the cache
KEEP_SECONDS = 8 * 86_400
_CHUNK = 1_000_000
_ENDING = ".copy"


class RecordsUnreadable(Exception):
    """A copy is under a key that is gone, or was altered; the message names it."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """One line of a copy."""

    offset: int
    length: int
    digest: str
    token: bytes

    def line(self) -> bytes:
        return b"%d %d %s %s\n" % (self.offset, self.length, self.digest.encode(), self.token)


def ship(sources: Sequence[Path], to: Path) -> int:
    """Bring the copies up to the files, on the disk; how many bytes were new. A source that is not there yet is left out."""
    to.mkdir(mode=0o700, parents=True, exist_ok=True)
    cipher, shipped = _cipher(), 0
    for source in _files(sources):
        shipped += _ship_one(source, to, cipher)
    _forget_old(to)
    return shipped


def ship_configured() -> int | None:
    """Copy what the settings name to where they say, and note when; None where they name nothing. Raises OSError."""
    own = settings.BACKUP
    if not own["RECORDS"] or not own["RECORDS_TO"]:
        return None
    shipped = ship([Path(source) for source in own["RECORDS"]], Path(own["RECORDS_TO"]))
    cache.set(SHIPPED_AT, clock.now().timestamp(), None)
    return shipped


def bring_back(copies: Path, to: Path) -> list[Path]:
    """The files as last shipped, by their names, in `to`; what was begun anew before, beside them. Raises RecordsUnreadable."""
    to.mkdir(mode=0o700, parents=True, exist_ok=True)
    cipher, written = _cipher(), list[Path]()
    for name in sorted({copy.name.rsplit(".", 2)[0] for copy in copies.glob(f"*{_ENDING}")}):
        generations = _generations(copies, name)
        for number, copy in enumerate(reversed(generations)):
            target = to / (name if number == 0 else f"{name}.{number}")
            with target.open("wb") as file:
                for piece in _pieces(copy):
                    file.write(_opened(piece, cipher, copy))
            written.append(target)
    return written


def _files(sources: Sequence[Path]) -> Iterator[Path]:
    for source in sources:
        if source.is_dir():
            yield from sorted(source.glob("*.journal"))
        elif source.is_file():
            yield source


def _ship_one(source: Path, to: Path, cipher: MultiFernet) -> int:
    generations = _generations(to, source.name)
    shipped = 0
    with source.open("rb") as file:
        copy, begin = _where_to_go_on(file.fileno(), generations)
        copy = copy or to / f"{source.name}.{time.time_ns()}{_ENDING}"
        with copy.open("ab") as target:
            while data := os.pread(file.fileno(), _CHUNK, begin):
                target.write(_Piece(begin, len(data), _digest(data), cipher.encrypt(data)).line())
                begin, shipped = begin + len(data), shipped + len(data)
            target.flush()
            os.fsync(target.fileno())
    return shipped


def _where_to_go_on(file: int, generations: list[Path]) -> tuple[Path | None, int]:
    """The copy that this file continues, and from which byte; None, and 0, for a file that was begun anew."""
    if not generations:
        return None, 0
    last = None
    for last in _pieces(generations[-1]):  # noqa: B007 (the last one)
        pass
    if last is None:
        return generations[-1], 0
    if _digest(os.pread(file, last.length, last.offset)) != last.digest:
        return None, 0
    return generations[-1], last.offset + last.length


def _pieces(copy: Path) -> Iterator[_Piece]:
    """All whole lines; what a power cut left of the last one is cut off."""
    good = 0
    with copy.open("rb") as file:
        for line in file:
            parts = line.split()
            if not line.endswith(b"\n") or len(parts) != 4:
                break
            good += len(line)
            yield _Piece(int(parts[0]), int(parts[1]), parts[2].decode(), parts[3])
    if good < copy.stat().st_size:
        os.truncate(copy, good)


def _opened(piece: _Piece, cipher: MultiFernet, copy: Path) -> bytes:
    try:
        data = cipher.decrypt(piece.token)
    except InvalidToken:
        raise RecordsUnreadable(f"{copy.name}: its key is not among AEIMS_DATA_KEYS") from None
    if _digest(data) != piece.digest:
        raise RecordsUnreadable(f"{copy.name}: byte {piece.offset} and on were altered")
    return data


def _generations(copies: Path, name: str) -> list[Path]:
    """The copies of a file, oldest first."""
    return sorted(copies.glob(f"{name}.[0-9]*{_ENDING}"), key=lambda copy: int(copy.name.split(".")[-2]))


def _forget_old(copies: Path) -> None:
    """Remove what was last written to long ago, but never the newest copy of a file."""
    for name in {copy.name.rsplit(".", 2)[0] for copy in copies.glob(f"*{_ENDING}")}:
        for copy in _generations(copies, name)[:-1]:
            if copy.stat().st_mtime < time.time() - KEEP_SECONDS:
                copy.unlink()


def _cipher() -> MultiFernet:
    return ciphers(tuple(settings.DATA_KEYS), PURPOSE)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
