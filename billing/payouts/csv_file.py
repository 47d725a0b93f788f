"""The bank's file as CSV, for banks that don't take NACHA. Pure: rows in, text out, the same for the same rows."""

import csv
import io
from collections.abc import Sequence

from billing.payouts.nacha import Entry
from core.money import as_decimal

HEADER = ("reference", "name", "routing_number", "account_number", "account_type", "amount", "currency")


def csv_file(entries: Sequence[Entry], currency: str) -> str:
    """A header and one row for each credit. No cell begins with a sign that a spreadsheet takes for a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER)
    for entry in entries:
        row = (entry.reference, entry.name, entry.routing, entry.account, entry.account_type)
        writer.writerow((*map(_plain, row), as_decimal(entry.amount_minor), currency))
    return out.getvalue()


def _plain(text: str) -> str:
    return f"'{text}" if text[:1] in "=+-@\t\r" else text
