"""Whether a customer may start a card payment now, and until when not: caps of loads, and what card testers run into.

Counted over the person, whichever of their accounts (`customers.selectors.same_person`), and over the network they come from.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from billing import conf
from billing.budget import FROZEN
from billing.ledger.models import Account
from billing.models import Payment
from billing.states import PaymentState
from brands.selectors import require_not_paused
from brands.states import Service
from core import money
from core.encryption import hashes
from core.errors import Conflict, DomainError, LimitReached, NotAllowed
from core.time_words import describe_time
from customers.models import Customer
from customers.networks import network_of
from customers.selectors import same_person
from operators.eligibility import require_account

DAY = timedelta(days=1)
_NETWORK_PURPOSE = "payment network"
ALARM_WINDOW = timedelta(minutes=10)
_CAPTURED = Q(captured_minor__gt=0)


@dataclass(frozen=True, slots=True)
class LoadRoom:
    """How much may be added now by card, minor units: from the smallest payment to the largest; none where `largest` is less."""

    smallest_minor: int
    largest_minor: int

    @property
    def is_open(self) -> bool:
        return self.largest_minor >= self.smallest_minor


def network_hash_of(address: str) -> bytes | None:
    """The keyed hash of the network that a payment is begun from; None for an address that is not public."""
    network = network_of(address)
    return None if network is None else hashes(network, _NETWORK_PURPOSE)[0]


def require_may_pay(
    customer: Customer, wallet: Account | None, network_hash: bytes | None, at: datetime
) -> None:
    """Raise what is in the way of any card payment of this customer now, whatever its amount.

    Unavailable `paused`, NotAllowed (what is in the way of the account, `account_frozen`, `phone_not_verified`), Conflict `payment_unknown`, LimitReached `cards_closed` (with `retry_at`), `too_many_payments`.
    """
    require_not_paused(Service.LOADS)
    require_account(customer, at)
    if wallet is not None and wallet.overdraft_minor:
        raise NotAllowed(_(FROZEN), code="account_frozen")
    if not customer.phones.filter(verified_at__isnull=False).exists():
        raise NotAllowed(_("Verify your phone first. Then you can pay by card."), code="phone_not_verified")
    payments = Payment.objects.filter(same_person(customer.pk, "customer_id"))
    if Payment.objects.filter(customer=customer, state=PaymentState.UNKNOWN).exists():
        raise Conflict(
            _(
                "Your card company hasn’t answered about your last payment yet. You can pay again once it does."
            ),
            code="payment_unknown",
        )
    rules = conf.card_rules()
    for declined, limit in (
        (payments, rules.declines_per_person),
        (Payment.objects.filter(network_hash=network_hash or b"-"), rules.declines_per_network),
    ):
        if (until := _closed_until(declined, limit, at)) is not None:
            raise _closed(customer, until, at)
    if payments.filter(created_at__gt=at - DAY).count() >= rules.payments_per_day:
        raise LimitReached(
            _("That’s a lot of payments for one day. Please try again tomorrow."), code="too_many_payments"
        )
    if is_under_attack(at) and not payments.filter(_CAPTURED).exists():
        raise LimitReached(
            _("New cards can’t be used right now. Please try again in half an hour."), code="cards_closed",
            retry_after_seconds=1800,
        )  # fmt: skip


def room_for_load(customer: Customer, wallet: Account | None, at: datetime) -> LoadRoom:
    """What the caps leave: on the balance, on a day's loads, on what new accounts may load in a day."""
    rules = conf.card_rules()
    since = at - DAY
    loaded = (
        Payment.objects.filter(
            same_person(customer.pk, "customer_id"), _CAPTURED, captured_at__gt=since
        ).aggregate(total=Sum("captured_minor"))["total"]
        or 0
    )
    is_new = customer.created_at > at - timedelta(days=rules.new_account_days)
    cap = min(rules.day_minor, rules.new_account_day_minor) if is_new else rules.day_minor
    balance_minor = wallet.balance_minor if wallet else 0
    return LoadRoom(rules.smallest_minor, max(0, min(cap - loaded, conf.max_balance_minor() - balance_minor)))


def require_room(room: LoadRoom, amount_minor: int, currency: str) -> None:
    """Raise LimitReached `load_limit` if so much can't be added now by card."""
    if room.smallest_minor <= amount_minor <= room.largest_minor:
        return
    if not room.is_open:
        raise LimitReached(_("You’ve added as much as you can for today."), code="load_limit", limit_minor=0)
    smallest, largest = (money.format_money(n, currency) for n in (room.smallest_minor, room.largest_minor))
    raise LimitReached(
        _("You can add %(smallest)s to %(largest)s now.") % {"smallest": smallest, "largest": largest},
        code="load_limit",
        limit_minor=room.largest_minor,
    )


def is_under_attack(at: datetime) -> bool:
    """Whether so many cards were declined in the last ten minutes that somebody seems to try stolen ones."""
    rules = conf.card_rules()
    counted = Payment.objects.filter(changed_at__gt=at - ALARM_WINDOW).aggregate(
        declined=Count("id", filter=Q(state=PaymentState.DECLINED)), paid=Count("id", filter=_CAPTURED)
    )
    declined, tried = int(counted["declined"]), int(counted["declined"] + counted["paid"])
    return tried >= rules.alarm_least and declined * money.BPS >= rules.alarm_bps * tried


def _closed_until(payments: QuerySet[Payment], limit: int, at: datetime) -> datetime | None:
    """When the page opens again: a day after the last of `limit` declines within a day; None: it is open."""
    times = list(
        payments.filter(state=PaymentState.DECLINED, changed_at__gt=at - DAY)
        .order_by("-changed_at")
        .values_list("changed_at", flat=True)[:limit]
    )
    return times[0] + DAY if len(times) >= limit else None


def _closed(customer: Customer, until: datetime, at: datetime) -> DomainError:
    when = describe_time(until, at, customer.user.time_zone)
    return LimitReached(
        _(
            "Several payments were declined. To guard against stolen cards, you can pay by card "
            "again %(when)s."
        )
        % {"when": when},
        code="cards_closed",
        retry_after_seconds=max(1, int((until - at).total_seconds())),
        retry_at=until.isoformat(),
    )
