"""The files of an export, read strictly: each row in our own terms, or a finding that names the line."""

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.dateparse import parse_datetime

from core import money
from core.parse import MAX_ID, can_be_stored, whole_number
from customers.php_passwords import from_php

MAX_MINUTES = 100_000


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a row. A fault keeps everything from being written; anything else is what will be left out."""

    where: str  # like `customers.csv line 17`
    words: str
    is_fault: bool = True

    def __str__(self) -> str:
        return f"{self.where}: {self.words}"


class Fault(Exception):
    """A value that can't be read; the text says why."""


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A customer; money in cents."""

    where: str
    id: int
    email: str
    password: str  # as `User.password` holds it
    balance_minor: int
    phone: str  # as it was typed
    born_on: date | None
    site: str  # slug or host of a brand
    email_confirmed: bool
    active: bool
    created_at: datetime | None


@dataclass(frozen=True, slots=True)
class OperatorRow:
    """An operator, and what they have earned and weren't paid; money in cents."""

    where: str
    id: int
    email: str
    password: str
    name: str
    phone: str
    rate_per_minute_minor: int
    connect_fee_minor: int
    rate_per_message_minor: int
    owed_minor: int
    sites: tuple[str, ...]
    email_confirmed: bool
    active: bool


@dataclass(frozen=True, slots=True)
class FreeMinutesRow:
    """What is left of a gift of free minutes; without an operator they are for calls with any."""

    where: str
    id: int
    customer_id: int
    operator_id: int | None
    minutes: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Total:
    """What the other system itself says of one of its tables: how many rows, and their sum (cents, or minutes)."""

    where: str
    table: str
    rows: int
    total: int


@dataclass(slots=True)
class Export:
    """All files, and what was found in them."""

    customers: list[CustomerRow] = field(default_factory=list)
    operators: list[OperatorRow] = field(default_factory=list)
    free_minutes: list[FreeMinutesRow] = field(default_factory=list)
    totals: list[Total] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def read_export(folder: Path) -> Export:
    """The four files of a folder. A file or column that is missing is a fault like any other."""
    export = Export()
    for name, read in _FILES.items():
        rows: list[Any] = getattr(export, name)
        rows.extend(_rows(folder / f"{name}.csv", _COLUMNS[name], read, export.findings))
    return export


def _rows(
    path: Path, columns: str, read: Callable[[str, "_Values"], Any], findings: list[Finding]
) -> Iterator[Any]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in columns.split() if name not in (reader.fieldnames or ())]
            if missing:
                findings.append(Finding(path.name, f"columns are missing: {', '.join(missing)}"))
                return
            for row in reader:
                where = f"{path.name} line {reader.line_num}"
                try:
                    yield read(where, _Values(row))
                except Fault as fault:
                    findings.append(Finding(where, str(fault)))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        findings.append(Finding(path.name, f"can't be read: {error}"))


class _Values:
    """One row by the names of its columns. Every reader raises Fault and names the column."""

    def __init__(self, row: Mapping[str, str | None]) -> None:
        self._row = row

    def text(self, name: str) -> str:
        text = (self._row.get(name) or "").strip()
        if not can_be_stored(text):
            raise Fault(f"{name} has characters that can't be stored")
        return text

    def number(self, name: str, *, least: int = 1, most: int = MAX_ID) -> int:
        number = whole_number(self.text(name), most=most)
        if number is None or number < least:
            raise Fault(f"{name} {self.text(name)!r} isn't a whole number from {least} to {most}")
        return number

    def number_or_none(self, name: str) -> int | None:
        return self.number(name) if self.text(name) else None

    def minor(self, name: str, default: int | None = None) -> int:
        """An amount of money, zero or more, in cents."""
        text = self.text(name)
        if not text and default is not None:
            return default
        try:
            minor = money.parse(text)
        except money.MoneyError as error:
            raise Fault(f"{name} {text!r}: {error}") from None
        if minor < 0:
            raise Fault(f"{name} {text} is less than zero")
        return minor

    def email(self) -> str:
        text = self.text("email").lower()
        try:
            validate_email(text)
        except ValidationError:
            raise Fault(f"email {text!r} isn't an email address") from None
        return text

    def password(self) -> str:
        kept = from_php(self.text("password_hash"))
        if kept is None:
            raise Fault("password_hash isn't one of PHP's password_hash (bcrypt or Argon2)")
        return kept

    def flag(self, name: str) -> bool:
        known = {"t": True, "true": True, "1": True, "f": False, "false": False, "0": False}
        value = known.get(self.text(name).lower())
        if value is None:
            raise Fault(f"{name} {self.text(name)!r} is neither true nor false")
        return value

    def day(self, name: str) -> date | None:
        text = self.text(name)
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            raise Fault(f"{name} {text!r} isn't a date like 1990-03-07") from None

    def time(self, name: str) -> datetime | None:
        text = self.text(name)
        try:
            at = parse_datetime(text) if text else None
        except ValueError:
            at = None
        if text and (at is None or at.tzinfo is None):
            raise Fault(f"{name} {text!r} isn't a time with its zone like 2027-01-31 00:00:00+00")
        return at


def _customer(where: str, row: _Values) -> CustomerRow:
    return CustomerRow(
        where=where,
        id=row.number("id"),
        email=row.email(),
        password=row.password(),
        balance_minor=row.minor("balance"),
        phone=row.text("phone"),
        born_on=row.day("born_on"),
        site=row.text("site"),
        email_confirmed=row.flag("email_confirmed"),
        active=row.flag("active"),
        created_at=row.time("created_at"),
    )


def _operator(where: str, row: _Values) -> OperatorRow:
    name = row.text("name")
    if not 1 <= len(name) <= 60:
        raise Fault("name is empty or longer than 60 characters")
    return OperatorRow(
        where=where,
        id=row.number("id", most=10_000_000),
        email=row.email(),
        password=row.password(),
        name=name,
        phone=row.text("phone"),
        rate_per_minute_minor=row.minor("rate_per_minute"),
        connect_fee_minor=row.minor("connect_fee"),
        rate_per_message_minor=row.minor("rate_per_message", default=50),
        owed_minor=row.minor("owed"),
        sites=tuple(row.text("sites").split()),
        email_confirmed=row.flag("email_confirmed"),
        active=row.flag("active"),
    )


def _free_minutes(where: str, row: _Values) -> FreeMinutesRow:
    expires_at = row.time("expires_at")
    if expires_at is None:
        raise Fault("expires_at is empty: say until when they can be used")
    return FreeMinutesRow(
        where=where,
        id=row.number("id"),
        customer_id=row.number("customer_id"),
        operator_id=row.number_or_none("operator_id"),
        minutes=row.number("minutes", least=0, most=MAX_MINUTES),
        expires_at=expires_at,
    )


def _total(where: str, row: _Values) -> Total:
    table = row.text("table")
    if table not in ("customers", "operators", "free_minutes"):
        raise Fault(f"table {table!r} isn't customers, operators, or free_minutes")
    total = row.number("total", least=0) if table == "free_minutes" else row.minor("total")
    return Total(where, table, row.number("rows", least=0), total)


_COLUMNS = {
    "customers": "id email password_hash balance phone born_on site email_confirmed active created_at",
    "operators": (
        "id email password_hash name phone rate_per_minute connect_fee rate_per_message owed sites email_confirmed active"
    ),
    "free_minutes": "id customer_id operator_id minutes expires_at",
    "totals": "table rows total",
}
_FILES: dict[str, Callable[[str, _Values], Any]] = {
    "customers": _customer,
    "operators": _operator,
    "free_minutes": _free_minutes,
    "totals": _total,
}
