"""The neutral format of a processor's statement, a CSV file (docs/processor-statements.md). Pure.

A processor whose own files are documented reads them in its package (`Gateway.read_statement`); all others are given this one.
"""

import csv
import io
from dataclasses import dataclass
from datetime import date

from billing.states import StatedKind
from core.money import MoneyError, parse
from core.parse import can_be_stored

COLUMNS = ("number", "kind", "charge", "payment", "gross", "fee", "currency", "date")
LARGEST_BYTES = 5_000_000
MAX_ROWS = 20_000
_LONGEST = 80
_CURRENCY_LENGTH = 3


class BadStatement(Exception):
    """The file is no statement that can be read; the message says which row, and why. Nothing of it counts."""


@dataclass(frozen=True, slots=True)
class Stated:
    """One line, in minor units. `number` is the event's, `charge` that of the sale it is about, `payment` our number of it.

    `fee_minor` is what the processor kept; negative: what it gave back of a fee.
    """

    number: str
    kind: StatedKind
    charge: str
    payment: str
    gross_minor: int
    fee_minor: int
    currency: str
    happened_on: date


def read_statement_file(data: bytes) -> list[Stated]:
    """All lines of a file in the neutral format. Raises BadStatement."""
    if len(data) > LARGEST_BYTES:
        raise BadStatement(f"The file is larger than {LARGEST_BYTES // 1_000_000} MB. Split it.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadStatement("The file isn't text in UTF-8.") from None
    if not can_be_stored(text):
        raise BadStatement("The file has characters that can't be kept.")
    reader = csv.DictReader(io.StringIO(text), strict=True)
    try:
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise BadStatement(f"The first row has to be {','.join(COLUMNS)}.")
        lines = [_line(number, row) for number, row in enumerate(reader, start=1)]
    except csv.Error as error:
        raise BadStatement(f"This isn't a CSV file: {error}.") from None
    if not 1 <= len(lines) <= MAX_ROWS:
        raise BadStatement(f"A statement has 1 to {MAX_ROWS:,} rows.")
    return lines


def _line(row: int, values: dict[str, str]) -> Stated:
    if None in values or None in values.values():
        raise BadStatement(f"Row {row} has too many or too few columns.")
    texts = {name: value.strip() for name, value in values.items()}
    if any(len(text) > _LONGEST for text in texts.values()) or not texts["number"]:
        raise BadStatement(
            f"Row {row}: each row needs a number, and at most {_LONGEST} characters in a column."
        )
    try:
        kind = StatedKind(texts["kind"].lower())
        happened_on = date.fromisoformat(texts["date"])
        gross_minor, fee_minor = parse(texts["gross"]), parse(texts["fee"] or "0")
    except (MoneyError, ValueError) as error:
        raise BadStatement(f"Row {row} can't be read: {error}.") from None
    if gross_minor <= 0 or (kind == StatedKind.DEPOSIT and fee_minor):
        raise BadStatement(f"Row {row}: the gross amount is more than zero, and a deposit has no fee.")
    if len(texts["currency"]) != _CURRENCY_LENGTH:
        raise BadStatement(f"Row {row}: a currency has three letters.")
    return Stated(
        texts["number"], kind, texts["charge"], texts["payment"], gross_minor, fee_minor,
        texts["currency"].upper(), happened_on,
    )  # fmt: skip
