"""The bank's file: NACHA, PPD credits, one batch. Pure: rows in, the file's text out, the same for the same rows.

Fields and their widths are those of the NACHA Operating Rules (File Header, Batch Header, Entry Detail, and the two
controls); records are 94 characters long, and ten of them make a block.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from billing.payouts.routing import check_digit

_WIDTH, _BLOCK = 94, 10
_CREDITS_ONLY, _PPD = "220", "PPD"
_CODE = {"checking": "22", "savings": "32"}
MAX_ENTRY_MINOR = 10**10 - 1
MAX_TOTAL_MINOR = 10**12 - 1
MAX_ENTRIES = 10**6 - 1


@dataclass(frozen=True, slots=True)
class Originator:
    """Who sends, as agreed on with the bank: `bank_routing` is the bank's nine digits, `company_id` what the bank gave us."""

    bank_routing: str
    bank_name: str
    company_name: str
    company_id: str
    description: str = "PAYOUT"


@dataclass(frozen=True, slots=True)
class Entry:
    """One credit. `account_type`: checking or savings; `reference` is ours, at most 15 characters."""

    routing: str
    account: str
    account_type: str
    amount_minor: int
    name: str
    reference: str


def nacha_file(originator: Originator, entries: Sequence[Entry], *, at: datetime, settles_on: str) -> str:
    """The whole file, lines ended by CRLF. `at`: when it is made, at the bank's; `settles_on`: the effective date, YYMMDD.

    Raises ValueError for what doesn't fit into a field.
    """
    if not 1 <= len(entries) <= MAX_ENTRIES:
        raise ValueError("a file holds from one entry to 999,999")
    odfi = originator.bank_routing[:8]
    total = sum(entry.amount_minor for entry in entries)
    if total > MAX_TOTAL_MINOR:
        raise ValueError("the file's total has more than twelve digits")
    entry_hash = _digits(sum(int(entry.routing[:8]) for entry in entries) % 10**10, 10)
    company_id = _text(originator.company_id, 10)
    lines = [
        _file_header(originator, at),
        "5" + _CREDITS_ONLY + _text(originator.company_name, 16) + " " * 20 + company_id + _PPD
        + _text(originator.description, 10) + f"{at:%y%m%d}" + settles_on + "   1" + odfi + _digits(1, 7),
        *(_entry(entry, f"{odfi}{_digits(number, 7)}") for number, entry in enumerate(entries, 1)),
        "8" + _CREDITS_ONLY + _digits(len(entries), 6) + entry_hash + _digits(0, 12) + _digits(total, 12)
        + company_id + " " * 25 + odfi + _digits(1, 7),
    ]  # fmt: skip
    blocks = -(-(len(lines) + 1) // _BLOCK)
    lines.append(
        "9" + _digits(1, 6) + _digits(blocks, 6) + _digits(len(entries), 8) + entry_hash + _digits(0, 12)
        + _digits(total, 12) + " " * 39
    )  # fmt: skip
    lines += ["9" * _WIDTH] * (blocks * _BLOCK - len(lines))
    assert all(len(line) == _WIDTH for line in lines), "a record has 94 characters"
    return "".join(f"{line}\r\n" for line in lines)


def _file_header(originator: Originator, at: datetime) -> str:
    return (
        "101 " + originator.bank_routing + _text(originator.company_id, 10) + f"{at:%y%m%d%H%M}" + "A094101"
        + _text(originator.bank_name, 23) + _text(originator.company_name, 23) + " " * 8
    )  # fmt: skip


def _entry(entry: Entry, trace: str) -> str:
    if not 1 <= entry.amount_minor <= MAX_ENTRY_MINOR:
        raise ValueError("an entry is from 0.01 to 99,999,999.99")
    if len(entry.routing) != 9 or check_digit(entry.routing[:8]) != entry.routing[8]:
        raise ValueError("a routing number has nine digits, the last of which checks the others")
    if not entry.account or len(entry.account) > 17 or len(entry.reference) > 15:
        raise ValueError("an account has at most 17 characters, a reference 15")
    return (
        "6" + _CODE[entry.account_type] + entry.routing + _text(entry.account, 17)
        + _digits(entry.amount_minor, 10) + _text(entry.reference, 15) + _text(entry.name, 22) + "  0" + trace
    )  # fmt: skip


def _digits(number: int, width: int) -> str:
    return f"{number:0{width}d}"


def _text(text: str, width: int) -> str:
    """Upper-case ASCII, as banks take it: letters lose their accents, what is left over is cut off."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().upper()
    kept = "".join(sign if sign.isalnum() or sign in " .-&/'" else " " for sign in plain)
    return f"{kept[:width]:<{width}}"
