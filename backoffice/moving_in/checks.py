"""What the rows of an export must be to each other and to what is here already."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime

from django.conf import settings

from backoffice.moving_in.files import CustomerRow, Export, Finding, OperatorRow
from billing import conf
from brands.models import Brand
from core.errors import Invalid
from core.money import format_money
from core.phones import to_e164
from customers.models import User
from customers.services.sign_up import ADULT_YEARS, age_on
from operators.models import Operator


def brands_by_name() -> dict[str, Brand]:
    """Every brand by its slug and by each of its hosts."""
    found: dict[str, Brand] = {}
    for brand in Brand.objects.prefetch_related("hosts"):
        found |= {brand.slug: brand} | {host.host: brand for host in brand.hosts.all()}
    return found


def number_or_none(typed: str) -> str | None:
    """A phone number in E.164; None where there is none or it can't be called."""
    try:
        return to_e164(typed, lab_prefixes=settings.TELEPHONY_LAB_PREFIXES) if typed else None
    except Invalid:
        return None


def check(export: Export, brands: dict[str, Brand], at: datetime) -> list[Finding]:
    """All that is wrong with the rows taken together, and what of them will be left out."""
    return [
        *_twice("id", ((row.where, row.id) for row in export.customers)),
        *_twice("id", ((row.where, row.id) for row in export.operators)),
        *_twice("id", ((row.where, row.id) for row in export.free_minutes)),
        *_twice("email", ((row.where, row.email) for row in _people(export))),
        *_known_here(export),
        *_customers(export.customers, brands, at.date()),
        *_operators(export.operators, brands),
        *_free_minutes(export, at),
        *_totals(export),
    ]


def _twice(name: str, keys: Iterable[tuple[str, object]]) -> Iterator[Finding]:
    """`keys`: where each row stands, and what no other row may have."""
    first: dict[object, str] = {}
    for where, key in keys:
        if key in first:
            yield Finding(where, f"{name} {key} is in {first[key]}, too")
        first.setdefault(key, where)


def _people(export: Export) -> list[CustomerRow | OperatorRow]:
    return [*export.operators, *export.customers]


def _known_here(export: Export) -> Iterator[Finding]:
    """An account or an operator's id that is taken here."""
    people = _people(export)
    taken = set(User.objects.filter(email__in=[row.email for row in people]).values_list("email", flat=True))
    for row in people:
        if row.email in taken:
            yield Finding(row.where, f"there is an account with the address {row.email} here already")
    ids = set(
        Operator.objects.filter(pk__in=[row.id for row in export.operators]).values_list("pk", flat=True)
    )
    for operator in export.operators:
        if operator.id in ids:
            yield Finding(
                operator.where, f"id {operator.id} is another operator's here; old links would lead to them"
            )


def _customers(rows: Iterable[CustomerRow], brands: dict[str, Brand], today: date) -> Iterator[Finding]:
    for row in rows:
        if row.site not in brands:
            yield Finding(row.where, f"site {row.site!r} is no slug and no host of a brand here")
        if row.born_on and age_on(today, row.born_on) < ADULT_YEARS:
            yield Finding(row.where, f"born_on {row.born_on}: not {ADULT_YEARS} yet")
        yield from _left_out(row)


def _operators(rows: Iterable[OperatorRow], brands: dict[str, Brand]) -> Iterator[Finding]:
    for row in rows:
        for site in row.sites:
            if site not in brands:
                yield Finding(row.where, f"site {site!r} is no slug and no host of a brand here")
        if not row.rate_per_minute_minor:
            yield Finding(row.where, "rate_per_minute is zero")
        yield from _left_out(row)


def _left_out(row: CustomerRow | OperatorRow) -> Iterator[Finding]:
    if row.phone and number_or_none(row.phone) is None:
        yield Finding(row.where, "the phone number can't be called and is left out", is_fault=False)
    if not row.active:
        yield Finding(row.where, "not active there: imported, but can't log in", is_fault=False)


def _free_minutes(export: Export, at: datetime) -> Iterator[Finding]:
    customers = {row.id for row in export.customers}
    operators = {row.id for row in export.operators}
    for row in export.free_minutes:
        if row.customer_id not in customers:
            yield Finding(row.where, f"customer_id {row.customer_id} is no customer of customers.csv")
        if row.operator_id is not None and row.operator_id not in operators:
            yield Finding(row.where, f"operator_id {row.operator_id} is no operator of operators.csv")
        if row.expires_at <= at and row.minutes:
            words = f"{row.minutes} free minutes expired and are left out"
            yield Finding(row.where, words, is_fault=False)


def _totals(export: Export) -> Iterator[Finding]:
    """The other system's own figures against the rows of its files."""
    counted = {
        "customers": (len(export.customers), sum(row.balance_minor for row in export.customers)),
        "operators": (len(export.operators), sum(row.owed_minor for row in export.operators)),
        "free_minutes": (len(export.free_minutes), sum(row.minutes for row in export.free_minutes)),
    }
    if any(finding.is_fault for finding in export.findings):
        return  # rows are missing: their sum says nothing
    stated = Counter(total.table for total in export.totals)
    for table in counted:
        if stated[table] != 1:
            yield Finding("totals.csv", f"{table} has {stated[table]} rows, not one")
    for total in export.totals:
        rows, amount = counted[total.table]
        if rows != total.rows:
            yield Finding(total.where, f"{total.table} has {total.rows} rows there, {rows} in its file")
        if amount != total.total:
            as_text = (
                str if total.table == "free_minutes" else lambda minor: format_money(minor, conf.currency())
            )
            yield Finding(
                total.where, f"{total.table} is {as_text(total.total)} there, {as_text(amount)} in its file"
            )
