"""What one staff member may give away alone in a day (UTC days): money, and free minutes.

Counted from the audit trail, under the lock of the staff member's own row, so that two tabs cannot both use the rest.
These limits are for staff alone: operators and jobs have others.
"""

from datetime import UTC, datetime, time

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import BigIntegerField, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from billing import conf
from core import clock, money
from core.errors import LimitReached
from core.models import AuditRecord
from customers.models import User

MONEY_ACTIONS = ("wallet.credit", "transaction.refund")


def check_money(actor: AbstractBaseUser | None, amount_minor: int) -> None:
    """Raises LimitReached `staff_limit` if `actor` is staff and this would be too much for one day."""
    limit = conf.staff_daily_minor()
    given_today = _given_today(actor, MONEY_ACTIONS, "amount_minor")
    if given_today is not None and given_today + amount_minor > limit:
        raise LimitReached(
            f"One staff member gives at most {money.format_money(limit)} a day; {money.format_money(given_today)} so far. Ask a colleague.",
            code="staff_limit",
        )


def check_minutes(actor: AbstractBaseUser | None, minutes: int) -> None:
    """The same for free minutes."""
    limit = conf.staff_daily_free_minutes()
    given_today = _given_today(actor, ("free_minutes.grant",), "minutes")
    if given_today is not None and given_today + minutes > limit:
        raise LimitReached(
            f"One staff member gives at most {limit} free minutes a day; {given_today} so far. Ask a colleague.",
            code="staff_limit",
        )


def _given_today(actor: AbstractBaseUser | None, actions: tuple[str, ...], name: str) -> int | None:
    """What was given so far; None for whom these limits are not made."""
    if actor is None or not User.objects.select_for_update().filter(pk=actor.pk, is_staff=True).exists():
        return None
    midnight = datetime.combine(clock.now().date(), time.min, UTC)
    today = AuditRecord.objects.filter(actor=actor.pk, action__in=actions, created_at__gte=midnight)
    amount = Cast(KeyTextTransform(name, "details"), BigIntegerField())
    return int(today.aggregate(total=Sum(amount))["total"] or 0)
