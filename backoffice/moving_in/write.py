"""Make what an export says, in one transaction, and compare what is in the database then with what the other system says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import connection
from django.db.models import Sum
from django.utils.text import slugify

from backoffice.moving_in.checks import number_or_none
from backoffice.moving_in.files import CustomerRow, Export, FreeMinutesRow, OperatorRow
from billing.ledger.models import Entry
from billing.ledger.states import AccountKind, TransactionKind
from billing.models import FreeMinutesPackage
from billing.services.book_opening_balances import Opening, book_opening_balances
from billing.services.grant_free_minutes import record_package
from brands.models import Brand
from core import audit, clock
from core.errors import Conflict
from core.models import AuditRecord
from customers.aliases import new_alias
from customers.models import Customer, CustomerPhone, User
from operators.models import Listing, Operator
from operators.pricing import BOUNDS, CONNECT_FEE, PRICE_OF_A_TEXT, RATE_PER_MINUTE
from phones.services.store_number import store_number

REASON = "Moved from the previous system"
ACTION = "predecessor.import"
_SUBJECT = "installation"
_KEY = "predecessor"


@dataclass(frozen=True, slots=True)
class Written:
    """How much of one table is in the database, and the sum of it (cents, or minutes). `left_out`: of that sum."""

    table: str
    rows: int
    total: int
    left_out: int = 0


class TotalsDiffer(Conflict):
    """What was written isn't what the other system says."""

    code = "totals_differ"


def imported_before() -> AuditRecord | None:
    """The record of an earlier import: one moves in once."""
    return AuditRecord.objects.filter(subject=_SUBJECT, action=ACTION).order_by("id").first()


def write(export: Export, brands: dict[str, Brand], actor: User) -> list[Written]:
    """Everything of an export without faults. Inside a transaction, which is the caller's to commit. Raises TotalsDiffer."""
    at = clock.now()
    customers = _customers(export.customers, brands, actor)
    operators = _operators(export.operators, brands, actor)
    book_opening_balances(
        [
            *(
                Opening(f"{_KEY}:customer:{row.id}", row.balance_minor, customer_id=customers[row.id].pk)
                for row in export.customers
                if row.balance_minor
            ),
            *(
                Opening(f"{_KEY}:operator:{row.id}", row.owed_minor, operator_id=operators[row.id].pk)
                for row in export.operators
                if row.owed_minor
            ),
        ],
        actor=actor,
        reason=REASON,
    )
    _free_minutes(export.free_minutes, customers, operators, actor, at)
    written = _written(export, customers, operators, at)
    _compare(export, written)
    audit.record(
        actor=actor, action=ACTION, subject=_SUBJECT, reason=REASON,
        **{one.table: {"rows": one.rows, "total": one.total} for one in written},
    )  # fmt: skip
    return written


def _users(rows: Sequence[CustomerRow | OperatorRow]) -> list[User]:
    users = User.objects.bulk_create(
        User(email=row.email, password=row.password, is_active=row.active) for row in rows
    )
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, verified=row.email_confirmed, primary=True)
        for user, row in zip(users, rows, strict=True)
    )
    return users


def _customers(rows: Sequence[CustomerRow], brands: dict[str, Brand], actor: User) -> dict[int, Customer]:
    """By the other system's ids. What they agreed to there isn't known here: they are asked when they come."""
    made = Customer.objects.bulk_create(
        Customer(
            user=user,
            alias=new_alias(),
            home_brand=brands[row.site],
            born_on=row.born_on,
            **({"created_at": row.created_at} if row.created_at else {}),
        )
        for user, row in zip(_users(rows), rows, strict=True)
    )
    for customer, row in zip(made, rows, strict=True):
        if number := number_or_none(row.phone):
            CustomerPhone.objects.create(
                customer=customer, phone_number=store_number(number), is_primary=False
            )
        audit.record(
            actor=actor, action="customer.import", subject=customer, reason=REASON, predecessor=row.id
        )
    return {row.id: customer for customer, row in zip(made, rows, strict=True)}


def _operators(rows: Sequence[OperatorRow], brands: dict[str, Brand], actor: User) -> dict[int, Operator]:
    """With the other system's ids, so that old addresses and programs mean the same person. Staff approve each."""
    _skip_ids(max((row.id for row in rows), default=0))
    slugs = set(Operator.objects.values_list("slug", flat=True))
    made = Operator.objects.bulk_create(
        _operator(row, user, slugs) for user, row in zip(_users(rows), rows, strict=True)
    )
    Listing.objects.bulk_create(
        Listing(operator=operator, brand=brand)
        for operator, row in zip(made, rows, strict=True)
        for brand in dict.fromkeys(brands[site] for site in row.sites)
    )
    for operator in made:
        audit.record(
            actor=actor, action="operator.import", subject=operator, reason=REASON, predecessor=operator.pk
        )
    return {operator.pk: operator for operator in made}


def _operator(row: OperatorRow, user: User, slugs: set[str]) -> Operator:
    number = number_or_none(row.phone)
    operator = Operator(
        pk=row.id,
        user=user,
        stage_name=row.name,
        slug=_slug(row, slugs),
        portrait_seed=row.name.lower(),
        phone_number=store_number(number) if number else None,
    )
    for price, minor in (
        (RATE_PER_MINUTE, row.rate_per_minute_minor),
        (CONNECT_FEE, row.connect_fee_minor),
        (PRICE_OF_A_TEXT, row.rate_per_message_minor),
    ):
        setattr(operator, price.column, minor)
    _widen_bounds(operator)
    return operator


def _widen_bounds(operator: Operator) -> None:
    """Prices stay what they were, also where they are beyond what staff usually allow."""
    for bounds in BOUNDS:
        amounts = [minor for price, minor in operator.prices if price.bounds is bounds]
        setattr(operator, bounds.highest, max(getattr(operator, bounds.highest), *amounts))
        if bounds.lowest:
            setattr(operator, bounds.lowest, min(getattr(operator, bounds.lowest), *amounts))


def _slug(row: OperatorRow, taken: set[str]) -> str:
    slug = slugify(row.name)[:40] or "operator"
    if slug in taken:
        slug = f"{slug}-{row.id}"
    taken.add(slug)
    return slug


def _skip_ids(highest: int) -> None:
    """Operators made from now on get higher ids than this."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM operators_operator")
        known = cursor.fetchone()[0]
        cursor.execute(
            "SELECT max(nextval(pg_get_serial_sequence('operators_operator', 'id'))) FROM generate_series(%s::bigint, %s::bigint)",
            [known, highest],
        )


def _free_minutes(
    rows: Sequence[FreeMinutesRow],
    customers: dict[int, Customer],
    operators: dict[int, Operator],
    actor: User,
    at: datetime,
) -> None:
    """The soonest to expire first, as they are used there. Their minutes are the platform's gift, as they were there."""
    alive = sorted(
        (row for row in rows if row.minutes and row.expires_at > at), key=lambda row: row.expires_at
    )
    packages = FreeMinutesPackage.objects.bulk_create(
        FreeMinutesPackage(
            customer=customers[row.customer_id],
            operator=operators[row.operator_id] if row.operator_id is not None else None,
            seconds_granted=row.minutes * 60,
            seconds_remaining=row.minutes * 60,
            reason=REASON,
            granted_by=actor,
            granted_at=at,
            expires_at=row.expires_at,
            idempotency_key=f"{_KEY}:free_minutes:{row.id}",
        )
        for row in alive
    )
    for package in packages:
        record_package(package, actor)


def _written(
    export: Export, customers: dict[int, Customer], operators: dict[int, Operator], at: datetime
) -> list[Written]:
    """Read from the database, not from the rows."""
    packages = FreeMinutesPackage.objects.filter(idempotency_key__startswith=f"{_KEY}:free_minutes:")
    seconds = packages.aggregate(total=Sum("seconds_remaining"))["total"] or 0
    gone = [row for row in export.free_minutes if row.expires_at <= at]
    return [
        Written(
            "customers",
            Customer.objects.filter(pk__in=[customer.pk for customer in customers.values()]).count(),
            _booked_minor(AccountKind.WALLET),
        ),
        Written(
            "operators",
            Operator.objects.filter(pk__in=list(operators)).count(),
            _booked_minor(AccountKind.PAYABLE),
        ),
        Written("free_minutes", packages.count(), seconds // 60, sum(row.minutes for row in gone)),
    ]


def _booked_minor(kind: AccountKind) -> int:
    entries = Entry.objects.filter(transaction__kind=TransactionKind.OPENING, account__kind=kind)
    return entries.aggregate(total=Sum("amount_minor"))["total"] or 0


def _compare(export: Export, written: Sequence[Written]) -> None:
    stated = {total.table: total for total in export.totals}
    for one in written:
        there = stated[one.table]
        if one.total + one.left_out != there.total or (
            one.table != "free_minutes" and one.rows != there.rows
        ):
            raise TotalsDiffer(
                f"{one.table}: {there.rows} rows and {there.total} there, {one.rows} and {one.total} here. Nothing was written."
            )
