"""Short numbers of receipts, as people write them down and read them to support: `F-48217731-77`.

A letter says what it is of. The digits are its id, shuffled by a key (AEIMS_RECEIPT_KEY) so that they don't tell how many there are; without a
key they are the id itself, as they were for all before there was one. Those have fewer digits, and are still understood. Two check digits find
every mistyped digit and every two that were swapped (ISO 7064, MOD 97-10, the letter included as A = 10 … Z = 35). The number is no secret:
knowing one opens nothing. Pure, once a process has said which key it uses.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from core.errors import Invalid
from core.keyed_hash import keyed_hash
from core.parse import MAX_ID
from core.permutation import shuffled, unshuffled

_SHORTEST = 4  # digits of an id, with zeros in front
# Shuffled numbers have so many digits, of which the first is no zero: 90 million ids have 8, and so on.
_LENGTHS = (8, 12, 20)
_SEPARATORS = re.compile(r"[\s\-‐‑‒–—−.]+")
_SHAPE = re.compile(r"([A-Z])([0-9]{3,22})", re.ASCII)


class _InUse:
    key: ClassVar[bytes] = b""  # none: ids as they are


def shuffle_by(secret: str) -> None:
    """Shuffle by this key from now on; empty: by none. For the start of a process (`billing.apps`)."""
    _InUse.key = keyed_hash("", key=secret, purpose="receipt number") if secret else b""


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
    return _written(of, _shuffled(number) if _InUse.key else f"{number:0{_SHORTEST}}")


def looks_like_receipt_number(text: str) -> bool:
    """Whether `text` is one letter and digits, however they are separated."""
    return _SHAPE.fullmatch(_compact(text)) is not None


def read_receipt_number(text: str) -> ReceiptNumber:
    """The number that a person typed, in either case, with any separators or none. Raises MistypedReceiptNumber."""
    compact = _compact(text)
    found = _SHAPE.fullmatch(compact)
    if found and found[1] in list(ReceiptOf):
        of, digits = ReceiptOf(found[1]), found[2][:-2]
        number = _id_of(digits)
        # The check digits, and no zero too many.
        if number is not None and _compact(_written(of, digits)) == compact:
            return ReceiptNumber(of, number)
    raise MistypedReceiptNumber("That receipt number has a typo. Check it and try again.")


def _written(of: ReceiptOf, digits: str) -> str:
    return f"{of}-{digits}-{_check_digits(of + digits)}"


def _id_of(digits: str) -> int | None:
    """The id that these digits stand for; None for digits that no number has."""
    if _InUse.key and len(digits) >= _LENGTHS[0]:
        number = _unshuffled(digits)
    else:
        number = int(digits) if digits == f"{int(digits):0{_SHORTEST}}" else 0
    return number if 0 < number <= MAX_ID else None


def _shuffled(number: int) -> str:
    before = 0  # ids with fewer digits
    for length in _LENGTHS:
        low, high = _halves(length)
        if number - before < low * high:
            return str(shuffled(number - before, low, high, key=_InUse.key) + low * high // 9)
        before += low * high
    raise AssertionError("every id has a length")


def _unshuffled(digits: str) -> int:
    """0 for digits that no number has."""
    before = 0
    for length in _LENGTHS:
        low, high = _halves(length)
        if length == len(digits) and digits[0] != "0":
            number = int(digits) - low * high // 9
            return unshuffled(number, low, high, key=_InUse.key) + before
        before += low * high
    return 0


def _halves(length: int) -> tuple[int, int]:
    """The numbers of so many digits, as a product: 9 × 10⁷ = 9,000 × 10,000."""
    return 9 * 10 ** (length // 2 - 1), 10 ** (length - length // 2)


def _compact(text: str) -> str:
    return _SEPARATORS.sub("", text).upper()


def _check_digits(text: str) -> str:
    return f"{98 - _remainder(text + '00'):02}"


def _remainder(text: str) -> int:
    return int("".join(str(int(character, 36)) for character in text)) % 97
