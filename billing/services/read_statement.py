"""Read a processor's statement: once, matched line by line with our books; what agrees is booked, what differs waits for staff."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser

from billing.gateways import GATEWAYS, gateway_named
from billing.gateways.statement_file import BadStatement, Stated
from billing.ledger.posting import post
from billing.models import Difference, Payment, ProcessorStatement, StatementLine
from billing.statement_matching import Found, Matching, payments_named
from billing.statement_postings import for_fee
from billing.states import StatedKind
from core import audit, clock
from core.db import transactional
from core.errors import Invalid

_LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class ReadStatement:
    """What came of a file. `is_new` is False for one that was read before: nothing was booked then."""

    statement: ProcessorStatement
    is_new: bool
    differences: int = 0


@transactional
def read_statement(
    *, gateway_name: str, name: str, data: bytes, actor: AbstractBaseUser | None
) -> ReadStatement:
    """Keep all lines of the file, book the fees of those that agree with our books, and queue the others. All or nothing.

    Deposits are booked when staff confirm that they arrived. Raises Invalid: no such processor, or a file that can't be read.
    """
    if gateway_name not in GATEWAYS:
        raise Invalid("Processor not found.")
    try:
        stated = gateway_named(gateway_name).read_statement(data)
    except BadStatement as error:
        raise Invalid(str(error), code="bad_statement") from None
    statement, is_new = ProcessorStatement.objects.get_or_create(
        gateway=gateway_name,
        digest=hashlib.sha256(data).digest(),
        defaults={
            "name": " ".join(name.replace("\x00", "").split())[:_LONGEST_NAME],
            "first_day": min(line.happened_on for line in stated),
            "last_day": max(line.happened_on for line in stated),
            "uploaded_by_id": actor.pk if actor else None,
        },
    )
    if not is_new:
        return ReadStatement(statement, is_new=False)
    differences = _take(_kept(statement, stated))
    audit.record(
        actor=actor, action="statement.read", subject=statement, lines=len(stated), differences=differences,
        sha256=bytes(statement.digest).hex(),
    )  # fmt: skip
    return ReadStatement(statement, is_new=True, differences=differences)


def book_fees(lines: Iterable[StatementLine]) -> None:
    """Book what the processor kept of these lines, in one batch; they are booked, once."""
    lines = list(lines)
    of = {line.payment_id for line in lines if line.payment_id}
    brands = dict(Payment.objects.filter(pk__in=of).values_list("pk", "merchant_account__brand"))
    postings = [for_fee(line, brand_id=brands.get(line.payment_id or 0)) for line in lines if line.fee_minor]
    if postings:
        post(*postings)
    at = clock.now()
    for line in lines:
        line.posted_at = at
    StatementLine.objects.filter(pk__in=[line.pk for line in lines]).update(posted_at=at)


def _kept(statement: ProcessorStatement, stated: list[Stated]) -> list[StatementLine]:
    known = payments_named(
        statement.gateway,
        {line.charge for line in stated if line.charge},
        {uuid for line in stated if (uuid := _as_uuid(line.payment))},
    )
    return StatementLine.objects.bulk_create(
        StatementLine(
            statement=statement, gateway=statement.gateway, row=row, number=line.number, kind=line.kind,
            charge=line.charge, gross_minor=line.gross_minor, fee_minor=line.fee_minor, currency=line.currency,
            happened_on=line.happened_on,
            payment_id=None if line.kind == StatedKind.DEPOSIT
            else known.get(line.charge) or known.get(_as_uuid(line.payment)),
        )
        for row, line in enumerate(stated, start=1)
    )  # fmt: skip


def _take(lines: list[StatementLine]) -> int:
    """Book what agrees, queue what differs; how many differ."""
    matching, agreed, differing = Matching(lines), list[StatementLine](), list[Difference]()
    for line in lines:
        found = matching.difference(line)
        if found is not None:
            differing.append(difference_of(line, found))
        elif line.kind != StatedKind.DEPOSIT:
            agreed.append(line)
    book_fees(agreed)
    Difference.objects.bulk_create(differing)
    return len(differing)


def difference_of(line: StatementLine, found: Found) -> Difference:
    """A row of the queue for this line, not saved."""
    return Difference(
        gateway=line.gateway, kind=found.kind, line=line, payment_id=line.payment_id, stated=line.kind,
        ours_minor=found.ours_minor, theirs_minor=found.theirs_minor, currency=line.currency,
        opened_at=clock.now(),
    )  # fmt: skip


def _as_uuid(text: str) -> str:
    """Our number of a payment as the database has it; empty for what is none."""
    plain = text.replace("-", "").lower()
    is_one = len(plain) == 32 and set(plain) <= set("0123456789abcdef")
    return f"{plain[:8]}-{plain[8:12]}-{plain[12:16]}-{plain[16:20]}-{plain[20:]}" if is_one else ""
