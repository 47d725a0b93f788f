"""The statements that pages make, as lists in `tests/web/page_queries`, and how PostgreSQL reads the large tables for them.

A statement is known by its text without the columns it reads. With `AEIMS_WRITE_PAGE_QUERIES=1` tests write what is asked now;
read what changed before it is committed.

Plans are those of prepared statements, made for all values, of tables as large as those of a busy installation: PostgreSQL is told
so, no row is made. None may read a large table whole or sort much of it, but for those that `allowed.txt` names with the reason.
"""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from psycopg._queries import PostgresQuery
from psycopg.adapt import Transformer

from tests.support.database_owner import as_owner

LISTS = Path(__file__).parents[1] / "web" / "page_queries"
ROWS = 1_000_000
FEW = 1_000  # rows that a page may read of a large table in any order, and those that it may sort
LARGE = (
    "billing_authorization", "billing_payment", "core_auditrecord", "ledger_accountquarterhour", "ledger_entry", "ledger_transaction", "messaging_conversation",
    "messaging_message", "notices_notice", "operators_interaction", "telephony_call", "telephony_callevent",
)  # fmt: skip
_COLUMNS = re.compile(r"(?:\w+\.\w+(?: AS \w+)?, ){2,}\w+\.\w+(?: AS \w+)?")
_VALUES = re.compile(r"\((?:%s, )+%s\)")
_HISTORY = re.compile(r"^SELECT set_config\('pghistory.*?; ", re.DOTALL)
_PLANNED = re.compile(r"\(*(SELECT|UPDATE|DELETE|WITH)")
_PASSING = (
    "Nested Loop",
    "Subquery Scan",
    "LockRows",
    "Result",
    "Append",
)  # that ask for as many rows as they are asked for
# What refers to a row of a large table is found a few times at most, and what is seldom filled is empty in nearly all rows. Of other columns
# PostgreSQL believes that each value is in half a percent of the rows: the history of somebody who is here every day.
_STATISTICS = """
INSERT INTO pg_statistic
SELECT a.attrelid, a.attnum, false, CASE WHEN a.attname IN ('answer_by', 'reverses_id') THEN 0.999 ELSE 0 END, 8, -0.4,
       0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
 WHERE c.relname = ANY(%s) AND c.relnamespace = current_schema()::regnamespace
   AND (a.attname IN ('answer_by', 'call_id', 'idempotency_key', 'message_id', 'reference')
        OR EXISTS (SELECT FROM pg_constraint f JOIN pg_class l ON l.oid = f.confrelid
                    WHERE f.conrelid = a.attrelid AND f.conkey = ARRAY[a.attnum] AND l.relname = ANY(%s)))
"""
# What was counted in the few rows of other tests says nothing.
_FORGET = """
DELETE FROM pg_statistic USING pg_class c
 WHERE c.oid = starelid AND c.relname = ANY(%s) AND c.relnamespace = current_schema()::regnamespace
"""
Node = dict[str, Any]


class Asked:
    """What was asked meanwhile: text as in the lists → a statement with its values."""

    def __init__(self) -> None:
        self.statements: dict[str, tuple[str, Any]] = {}

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Within: what this thread's connection is asked is noted."""

        def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            statement = _HISTORY.sub("", sql)
            values = params if statement == sql or isinstance(params, dict) else params[2:]
            if _PLANNED.match(statement.lstrip()):
                self.statements.setdefault(shortened(statement), (statement, values))
            return execute(sql, params, many, context)

        with connection.execute_wrapper(note):
            yield


def shortened(statement: str) -> str:
    """The statement as the lists have it."""
    text = " ".join(statement.replace('"', "").split())
    return _COLUMNS.sub("…", _VALUES.sub("(%s)", text))


def not_listed(name: str, asked: Asked) -> list[str]:
    """What of it is on no list. The list `name` is written anew if the environment says so.

    Any list will do: what is kept in memory for seconds is asked by whoever comes then.
    """
    if os.environ.get("AEIMS_WRITE_PAGE_QUERIES"):
        text = "".join(f"{statement}\n" for statement in sorted(asked.statements))
        (LISTS / f"{name}.txt").write_text(text)
    listed = {line for path in LISTS.glob("*.txt") for line in path.read_text().splitlines()}
    return sorted(set(asked.statements) - listed)


def assert_listed(name: str, asked: Asked) -> None:
    """All of it is on the list `name`, and no plan of it reads or sorts a large table whole."""
    new = not_listed(name, asked)
    assert not new, "\n".join(["asked for something that is on no list (see the top of this module):", *new])
    bad = [problem for problem in badly_read(asked) if problem.partition(": ")[2] not in _allowed()]
    assert not bad, "\n".join(["a large table is read or sorted whole:", *bad])


def _allowed() -> set[str]:
    """The statements that may read much, each below the reason."""
    return set((LISTS / "allowed.txt").read_text().splitlines())


def badly_read(asked: Asked) -> list[str]:
    """Statements whose plan reads a large table whole or sorts much of it, each with what is wrong."""
    touching = {
        text: statement
        for text, statement in sorted(asked.statements.items())
        if any(re.search(rf"\b{table}\b", text) for table in LARGE)
    }
    found = []
    with _large_tables():
        partial = _partial_indexes()
        for text, (sql, params) in touching.items():
            problems = set(_problems(_generic_plan(sql, params), partial, 0))
            if problems:  # of two ways that cost nearly the same, the files' sizes decide: is there one without sorting?
                with _without_sorting():
                    problems &= set(_problems(_generic_plan(sql, params), partial, 0))
            found += [f"{problem}: {text}" for problem in sorted(problems)]
    return found


def indexes_of(sql: str, params: Any) -> set[str]:
    """The indexes that the statement's plan uses."""

    def used(node: Node) -> Iterator[str]:
        yield from filter(None, [node.get("Index Name")])
        for part in node.get("Plans", []):
            yield from used(part)

    with _large_tables():
        return set(used(_generic_plan(sql, params)))


@contextmanager
def _large_tables() -> Iterator[None]:
    with transaction.atomic():
        with as_owner() as cursor:
            cursor.execute(
                "UPDATE pg_class SET reltuples = %s, relpages = greatest(pg_relation_size(oid) / 8192, 1)"
                " WHERE relname = ANY(%s) AND relnamespace = current_schema()::regnamespace",
                [ROWS, list(LARGE)],
            )
            cursor.execute(_FORGET, [list(LARGE)])
            cursor.execute(_STATISTICS, [list(LARGE), list(LARGE)])
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
            # What is scanned all the same has no index to use, and what a page joins is found by key.
            for way in ("seqscan", "mergejoin", "hashjoin"):
                cursor.execute(f"SET LOCAL enable_{way} = off")
        yield
        transaction.set_rollback(True)


@contextmanager
def _without_sorting() -> Iterator[None]:
    """Within: what is sorted all the same has no index in that order."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort = off")
        yield
        cursor.execute("SET LOCAL enable_sort = on")


def _partial_indexes() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexrelid::regclass::text FROM pg_index WHERE indpred IS NOT NULL")
        return {name for (name,) in cursor.fetchall()}


def _generic_plan(sql: str, params: Any) -> Node:
    """With the types of values that production sends."""
    query = PostgresQuery(Transformer(connection.connection))
    query.convert(sql, params)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT CASE WHEN oid = 0 THEN 'unknown' ELSE oid::oid::regtype::text END"
            " FROM unnest(%s::bigint[]) WITH ORDINALITY AS given (oid, place) ORDER BY place",
            [list(query.types)],
        )
        names = [name for (name,) in cursor.fetchall()]
        head = f"({', '.join(names)})" if names else ""
        raw = connection.connection.cursor()
        raw.execute(f"PREPARE of_a_page {head} AS {query.query.decode()}".encode())
        values = f"({', '.join(['NULL'] * len(names))})" if names else ""
        raw.execute(f"EXPLAIN (FORMAT JSON) EXECUTE of_a_page {values}".encode())
        [plan] = raw.fetchone()
        raw.execute(b"DEALLOCATE of_a_page")
    return (plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"]


def _problems(node: Node, partial: set[str], limit: int) -> Iterator[str]:
    """What is wrong with this part of a plan. `limit`: how many of its rows are asked for; 0: all."""
    kind, table = node["Node Type"], node.get("Relation Name", "")
    if table in LARGE:
        if kind == "Seq Scan":
            yield f"reads all of {table}"
        is_whole = kind in ("Index Scan", "Index Only Scan") and not node.get("Index Cond") and not limit
        if is_whole and node["Index Name"] not in partial:
            yield f"walks through {node['Index Name']}"
    if kind == "Sort" and node["Plan Rows"] > FEW and (large := _scanned(node)):
        yield f"sorts {large}"
    below = int(node["Plan Rows"]) if kind == "Limit" else limit if kind in _PASSING else 0
    for part in node.get("Plans", []):
        yield from _problems(part, partial, below)


def _scanned(node: Node) -> str:
    """The large table below, if there is one."""
    if node.get("Relation Name") in LARGE:
        return str(node["Relation Name"])
    return next((large for part in node.get("Plans", []) if (large := _scanned(part))), "")
