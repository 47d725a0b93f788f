"""What measurements stand on: Django on a PostgreSQL of its own, with people who have money, and many copies of rows.

What is measured works in the role that serves, as in an installation; rows are copied by the owner.
"""

import itertools
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.environment import data_directory
from tools.postgres import Cluster

if TYPE_CHECKING:
    from django.db.models import Model

_batches = itertools.count(1)


@contextmanager
def fresh_database(begin_with: Path | None = None) -> Iterator[Cluster]:
    """Django on a new PostgreSQL with its durability on, under `.local/bench`, removed afterwards.

    `begin_with`: the data of a server that has run the migrations already and does not run; else those that a run of the tests has
    left, if the migrations are the same, else none.
    """
    begin_with = begin_with or _migrated_by_tests()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # what was started is ended
    directory = data_directory() / "bench"
    shutil.rmtree(directory, ignore_errors=True)
    settings = {"track_commit_timestamp": "on"}  # when a call was settled
    cluster = Cluster(directory=directory, log=directory / "log", settings=settings)
    cluster.ensure_passwords()
    if begin_with is not None:
        subprocess.run(["cp", "-a", begin_with, cluster.data], check=True)
    cluster.start()
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "aeims.settings", "AEIMS_ENV": "test", "DATABASE_URL": cluster.serving_url(),
        "DATABASE_OWNER_URL": cluster.url(), "DATABASE_POOL_SIZE": "0", "TELEPHONY_LAB_PREFIXES": "+1999", "LOG_LEVEL": "WARNING", "AEIMS_THROTTLES": "0",
        "AEIMS_API_KEY": "key-of-no-installation", "AEIMS_MAX_UNJOINED_ATTEMPTS": "0",
        "AEIMS_PAGES_PER_MINUTE": "1000000", "AEIMS_STAFF_RECENT_LOGIN_SECONDS": "0",
    }  # fmt: skip
    try:
        import django
        from django.core.management import call_command

        django.setup()
        del os.environ["DATABASE_OWNER_URL"]  # what serves must not know it
        call_command("migrate", verbosity=0)
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(directory, ignore_errors=True)


def _migrated_by_tests() -> Path | None:
    from tests.support.postgres_server import kept

    return kept() if kept().exists() else None


def copies(original: "Model", count: int, *, after: int = 0, **columns: str) -> list[int]:
    """Insert `count` rows like `original`, and return their ids in order.

    `columns` are SQL expressions of the number `n` (from `after` + 1) for what differs. They go in as a restored backup would,
    past triggers and foreign keys, which cost the more the less they are what is measured.
    """
    from django.db import connection, transaction

    from core.database_roles import owner_at_work

    fields = [
        str(field.column)
        for field in original._meta.concrete_fields
        if not (field.primary_key or field.generated)
    ]
    values = ", ".join(columns.get(name, f'o."{name}"') for name in fields)
    names = ", ".join(f'"{name}"' for name in fields)
    table = original._meta.db_table
    with owner_at_work(connection), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {values}"  # noqa: S608 (our own names)
            f"  FROM {table} o, generate_series({after + 1}, {after + count}) n WHERE o.id = {int(original.pk)}"
            " ORDER BY n RETURNING id"
        )
        return [row[0] for row in cursor.fetchall()]


def nth(ids: list[int]) -> str:
    """SQL for the id that belongs to `n`, round and round; the ids must follow each other."""
    assert ids == list(range(ids[0], ids[0] + len(ids))), "nobody else writes to this database"
    return f"{ids[0]} + (n - 1) % {len(ids)}"


def settle_statistics() -> None:
    """What autovacuum does in a running installation."""
    from django.db import connection

    from core.database_roles import owner_at_work

    with owner_at_work(connection), connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


@dataclass
class People:
    """One customer and one operator made by the product's own services, and `count` pairs like them."""

    customer: Any
    operator: Any
    brand: Any
    customers: list[int]
    operators: list[int]
    users: list[int]  # the customers' logins
    wallets: list[int]
    payables: list[int]
    phones: list[int]

    @property
    def count(self) -> int:
        return len(self.customers)


def people(count: int, *, talk_seconds: int = 0) -> People:
    """`count` customers with money and a verified phone, each with an operator of their own who is online.

    `talk_seconds`: after its answer the customer's simulated phone hangs up by itself then; 0: never.
    """
    from billing.ledger import accounts
    from billing.ledger.models import Account
    from operators.models import Listing
    from tests.factories import CustomerPhoneFactory, OperatorFactory
    from tests.scenario import given_customer

    batch = next(_batches)
    customer = given_customer(balance="500.00", phone=False)
    CustomerPhoneFactory.create(customer=customer, number=f"+1999101{talk_seconds:04d}")
    operator = OperatorFactory.create(phone="+19991019999")  # another than the customer's
    wallet = Account.objects.get(customer=customer)
    payable = Account.objects.get(pk=accounts.payable_id(operator_id=operator.pk, currency="USD"))
    users = copies(customer.user, count, email=f"'customer{batch}-' || n || '@bench.test'")
    customers = copies(customer, count, user_id=nth(users), alias="'Amber Heron ' || n")
    for consent in customer.consents.all():
        copies(consent, count, customer_id=nth(customers))
    logins = copies(operator.user, count, email=f"'operator{batch}-' || n || '@bench.test'")
    operators = copies(
        operator, count, user_id=nth(logins), slug=f"'bench-{batch}-' || n", stage_name="'Sarah ' || n"
    )
    copies(Listing.objects.get(operator=operator), count, operator_id=nth(operators))
    phone = customer.phones.get()
    numbers = copies(phone.phone_number, count, e164_hash=f"sha256(convert_to('{batch}-' || n, 'UTF8'))")
    return People(
        customer=customer,
        operator=operator,
        brand=customer.home_brand,
        customers=customers,
        operators=operators,
        users=users,
        wallets=copies(wallet, count, customer_id=nth(customers)),
        payables=copies(payable, count, operator_id=nth(operators)),
        phones=copies(phone, count, customer_id=nth(customers), phone_number_id=nth(numbers)),
    )


def open_authorizations(them: People, prefix: str) -> list[int]:
    """Each customer holds money for a call with their operator, as `authorize` froze the terms for the first of them."""
    from django.db import connection

    from billing.models import Authorization
    from billing.services.authorize import authorize
    from billing.services.release import release
    from core.database_roles import owner_at_work

    first = authorize(
        customer=them.customer, operator=them.operator, brand=them.brand, reference=f"{prefix}{0:016}"
    )
    first = Authorization.objects.get(pk=first.pk)
    rows = copies(
        first,
        them.count,
        customer_id=nth(them.customers),
        operator_id=nth(them.operators),
        wallet_id=nth(them.wallets),
        payable_id=nth(them.payables),
        reference=f"'{prefix}' || lpad(n::text, 16, '0')",
    )
    with owner_at_work(connection), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ledger_account SET balance_minor = 50000, held_minor = %s WHERE id = ANY(%s)",
            [first.held_minor, them.wallets],
        )
    release(authorization_id=first.pk)
    return rows


def running_calls(them: People, prefix: str, joined_at: Any) -> list[str]:
    """Each customer talks with their operator since `joined_at`; the ids of the calls."""
    from django.db import connection

    from billing.models import Authorization
    from telephony.models import Call
    from telephony.states import CallStatus

    authorizations = open_authorizations(them, prefix)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE operators_operator SET in_call = true WHERE id = ANY(%s)", [them.operators])
    authorization = Authorization.objects.get(pk=authorizations[0])
    first = Call.objects.create(
        call_id=authorization.reference,
        customer_id=them.customers[0],
        operator_id=them.operators[0],
        brand=them.brand,
        customer_phone_id=them.phones[0],
        authorization=authorization,
        status=CallStatus.ANSWERED,
        sequence=5,
        initiated_at=joined_at,
        not_after=joined_at,
        joined_at=joined_at,
        heard_at=joined_at,
    )
    if them.count > 1:
        copies(
            first,
            them.count - 1,
            call_id=f"'{prefix}' || lpad((n + 1)::text, 16, '0')",
            customer_id=nth(them.customers[1:]),
            operator_id=nth(them.operators[1:]),
            customer_phone_id=nth(them.phones[1:]),
            authorization_id=nth(authorizations[1:]),
        )
    return [f"{prefix}{n:016}" for n in range(1, them.count + 1)]
