"""Short numbers of receipts, as people write them down and read them to support: `F-4821-77`. Pure.

A letter says what it is of, the digits are its id, and two check digits find every mistyped digit and every two that were swapped
(ISO 7064, MOD 97-10, the letter included as A = 10 … Z = 35). The number is no secret: knowing one opens nothing.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from core.errors import Invalid
from core.parse import MAX_ID

_SHORTEST = 4  # digits of an id, with zeros in front
_SEPARATORS = re.compile(r"[\s\-‐‑‒–—−.]+")
_SHAPE = re.compile(r"([A-Z])([0-9]{3,21})", re.ASCII)


class ReceiptOf(StrEnum):
    """What a number is of, and its letter."""

    CALL = "C"
    FUNDS = "F"  # any other transaction of the ledger
    GIFT = "G"  # a package of free minutes
    CASE = "P"  # a problem, complaint, or dispute (`billing.models.Case`)


@dataclass(frozen=True, slots=True)
class ReceiptNumber:
    """A number, taken apart."""

    of: ReceiptOf
    id: int

    def __str__(self) -> str:
        return receipt_number(self.of, self.id)


class MistypedReceiptNumber(Invalid):
    """It looks like a receipt number, and there is none like it."""

    code = "receipt_number_mistyped"


def receipt_number(of: ReceiptOf, number: int) -> str:
    """The number of the thing with this id: always the same, and no other thing's."""
    if not 0 < number <= MAX_ID:
        raise ValueError(f"not an id: {number}")
    digits = f"{number:0{_SHORTEST}}"
    return f"{of}-{digits}-{_check_digits(of + digits)}"


def looks_like_receipt_number(text: str) -> bool:
    """Whether `text` is one letter and digits, however they are separated."""
    return _SHAPE.fullmatch(_compact(text)) is not None


def read_receipt_number(text: str) -> ReceiptNumber:
    """The number that a person typed, in either case, with any separators or none. Raises MistypedReceiptNumber."""
    compact = _compact(text)
    found = _SHAPE.fullmatch(compact)
    if found and found[1] in list(ReceiptOf) and 0 < int(found[2][:-2]) <= MAX_ID:
        number = ReceiptNumber(ReceiptOf(found[1]), int(found[2][:-2]))
        if _compact(str(number)) == compact:  # the check digits, and no zero too many
            return number
    raise MistypedReceiptNumber("That receipt number has a typo. Check it and try again.")


def _compact(text: str) -> str:
    return _SEPARATORS.sub("", text).upper()


def _check_digits(text: str) -> str:
    return f"{98 - _remainder(text + '00'):02}"


def _remainder(text: str) -> int:
    return int("".join(str(int(character, 36)) for character in text)) % 97
