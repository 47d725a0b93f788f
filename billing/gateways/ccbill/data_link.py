"""The lines of CCBill's Data Link, a CSV without headings. Pure.

Its columns are not in the part of CCBill's guide that is public; they are as published integrations read them (docs/ccbill.md). A
line that does not look like one of them is left out, and a sale without its line is not credited by it.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from billing.gateways.ccbill.account import SubAccount
from billing.gateways.ccbill.amounts import minor_of
from billing.states import ReportKind

TYPES = {
    "NEW": ReportKind.SALE,
    "REFUND": ReportKind.REFUND,
    "VOID": ReportKind.VOID,
    "CHARGEBACK": ReportKind.CHARGEBACK,
}
CLOCK = timezone(timedelta(hours=-7))  # Arizona, without daylight saving time

_NOTHING = "1"  # the answer where there are no lines
_CLIENT, _SUB, _SALE, _TIME = 1, 2, 3, 4
_USERNAME, _PRICE_OF_SALE, _AMOUNT = 7, 17, 5
_LONGEST_NUMBER = 20


@dataclass(frozen=True, slots=True)
class Line:
    """Money that moved. `key` is the same whenever the line is read; `username` stands in lines of sales alone."""

    key: str
    kind: ReportKind
    sale: str
    account: SubAccount
    amount_minor: int
    username: str


def lines_in(text: str) -> list[Line] | None:
    """The lines of an answer; None where it is an error (`Error:…`, a page) instead of lines."""
    if not text or text == _NOTHING:
        return []
    try:
        rows = list(csv.reader(text.splitlines()))
    except csv.Error:
        return None
    if any(len(row) <= _AMOUNT for row in rows if row):
        return None
    return list(_lines([row for row in rows if row]))


def at_ccbill(time: datetime) -> datetime:
    """A time by CCBill's clock."""
    return time.astimezone(CLOCK)


def _lines(rows: list[list[str]]) -> Iterator[Line]:
    for row in rows:
        kind = TYPES.get(row[0].strip())
        column = _PRICE_OF_SALE if kind == ReportKind.SALE else _AMOUNT
        amount_minor = minor_of(row[column].lstrip("-$ ")) if len(row) > column else None
        client, sub, sale, time = (row[column].strip() for column in (_CLIENT, _SUB, _SALE, _TIME))
        are_numbers = all(
            number.isdecimal() and len(number) <= _LONGEST_NUMBER for number in (client, sub, sale)
        )
        if kind is None or not amount_minor or not are_numbers:
            continue
        yield Line(
            key=f"{kind}:{sale}:{''.join(filter(str.isdigit, time))[:14]}:{amount_minor}",
            kind=kind,
            sale=sale,
            account=SubAccount(client, sub.zfill(4)),
            amount_minor=amount_minor,
            username=row[_USERNAME].strip() if kind == ReportKind.SALE else "",
        )
