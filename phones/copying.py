"""For migrations: numbers that stood in plain text in a table move here, and the table gets their ids."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from core.encryption import hashes
from phones.models import HASH_PURPOSE

BATCH = 2_000


def copy_numbers(apps: Any, connection: Any, *, table: str, column: str, append_only: bool = False) -> None:
    """Fill `phone_number_id` of each row of `table` by the text in `column`; rows with an empty text keep none.

    In batches of numbers, each a transaction; broken off, it goes on where it was when it is run again. `append_only`: the
    table refuses updates by a trigger, which is off meanwhile for this transaction's owner alone (it holds the table's lock).
    """
    table, column = (connection.ops.quote_name(name) for name in (table, column))
    while True:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            # What waits to be checked keeps a table from being altered.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(
                f"SELECT DISTINCT {column} FROM {table} WHERE phone_number_id IS NULL AND {column} <> '' LIMIT %s",  # noqa: S608
                [BATCH],
            )
            numbers = [text for (text,) in cursor.fetchall()]
            if not numbers:
                return
            ids = _ids_of(apps.get_model("phones", "PhoneNumber"), numbers)
            if append_only:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(
                f"UPDATE {table} AS t SET phone_number_id = n.id"  # noqa: S608
                f" FROM unnest(%s::text[], %s::bigint[]) AS n (text, id)"
                f" WHERE t.phone_number_id IS NULL AND t.{column} = n.text",
                [numbers, ids],
            )
            if append_only:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def copy_late_numbers(
    apps: Any, connection: Any, *, table: str, column: str, append_only: bool = False
) -> None:
    """The same once more under the table's lock, in the transaction that then drops the column: what came in meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {connection.ops.quote_name(table)} IN ACCESS EXCLUSIVE MODE")
    copy_numbers(apps, connection, table=table, column=column, append_only=append_only)


def _ids_of(model: Any, numbers: Sequence[str]) -> list[int]:
    """The ids of these numbers, in their order; those that are missing are inserted."""
    digests = {text: hashes(text, HASH_PURPOSE) for text in numbers}
    known = _known(model, digests)
    model.objects.bulk_create(
        model(e164=text, e164_hash=digests[text][0], last_two=text[-2:])
        for text in numbers
        if not known.keys() & digests[text]
    )
    known = _known(model, digests)
    return [next(known[digest] for digest in digests[text] if digest in known) for text in numbers]


def _known(model: Any, digests: dict[str, list[bytes]]) -> dict[bytes, int]:
    every = [digest for of_one in digests.values() for digest in of_one]
    rows = model.objects.filter(e164_hash__in=every).values_list("e164_hash", "pk")
    return {bytes(digest): pk for digest, pk in rows}
