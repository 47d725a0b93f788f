"""What the audit looks at and what it may find."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from billing.ledger.states import CALL_SALES, EARNS_NOTHING, SALES


@dataclass(frozen=True, slots=True)
class Scope:
    """What to look at: all (`since` None), or rows since a time and the transactions from an id on."""

    since: datetime | None
    first_transaction_id: int

    @property
    def parameters(self) -> dict[str, Any]:
        """For the queries of the checks."""
        return {
            "all": self.since is None,
            "since": self.since,
            "first": self.first_transaction_id,
            "sales": [kind.value for kind in SALES],
            "call_sales": [kind.value for kind in CALL_SALES],
            "earns_nothing": [kind.value for kind in EARNS_NOTHING],
        }


@dataclass(frozen=True, slots=True)
class Violation:
    """One row that is not what it should be. `row` names it: table and key."""

    check: str
    row: str
    expected: str
    found: str


Check = Callable[[Scope], Iterator[Violation]]


def by_query(name: str, table: str, query: str) -> Check:
    """A check in SQL: `query` returns (id, expected, found) of each row that is wrong."""

    def check(scope: Scope) -> Iterator[Violation]:
        with connection.cursor() as cursor:
            cursor.execute(query, scope.parameters)
            for key, expected, found in cursor.fetchall():
                yield Violation(name, f"{table}:{key}", str(expected), str(found))

    return check
