"""What the platform may set about money (settings.BILLING, each from an AEIMS_* variable). Cents, seconds, basis points."""

from dataclasses import dataclass, fields
from pathlib import Path

from django.conf import settings

from billing.earnings_rules import HoldRules
from billing.grants import GrantSteps
from billing.payouts.nacha import Originator
from billing.terms import TERMS

MAX_GRANT_MINUTES = 10_000  # of one package of free minutes: beyond is a slip of the finger
ANY_STAFF = "*"  # among the limits of roles: of staff who are in none of them


@dataclass(frozen=True, slots=True)
class StaffLimit:
    """What one member of staff gives one person alone in 24 hours: minor units, and seconds of free talk."""

    amount_minor: int
    seconds: int


def steps() -> GrantSteps:
    """How far ahead time is granted, and how early more is asked for."""
    return GrantSteps(
        step_seconds=settings.BILLING["GRANT_STEP_SECONDS"],
        ask_ahead_seconds=settings.BILLING["ASK_AHEAD_SECONDS"],
    )


def warn_at_seconds() -> list[int]:
    """Seconds left of a final grant at which the customer is warned, on the phone and on the page; most first."""
    return list(settings.BILLING["WARN_AT_SECONDS"])


def increments() -> tuple[int, int]:
    """Seconds of the first increment and of those that follow: talk is charged in started ones."""
    return settings.BILLING["FIRST_INCREMENT_SECONDS"], settings.BILLING["NEXT_INCREMENT_SECONDS"]


def max_call_seconds() -> int:
    """The longest a call may last, whatever the balance."""
    return int(settings.BILLING["MAX_CALL_SECONDS"])


def max_balance_minor() -> int:
    """The most a wallet may hold after a credit."""
    return int(settings.BILLING["MAX_BALANCE_MINOR"])


def soonest_expiry_first() -> bool:
    """Whether free minutes are used by expiry rather than by age."""
    return str(settings.BILLING["FREE_MINUTES_ORDER"]) == "expiry"


def grace_seconds() -> int:
    """Talk up to this long is not charged."""
    return int(settings.BILLING["GRACE_SECONDS"])


def platform_terms() -> dict[str, int]:
    """The terms of every call that the platform sets: each term that has a setting of its name (`AEIMS_` before it)."""
    names = (name for name in TERMS if name.upper() in settings.BILLING)
    return {name: int(settings.BILLING[name.upper()]) for name in names}


def staff_daily_minor() -> int:
    """The most money that one member of staff gives in a day (UTC)."""
    return int(settings.BILLING["STAFF_DAILY_MINOR"])


def staff_daily_free_minutes() -> int:
    """The most free minutes that one member of staff gives in a day (UTC)."""
    return int(settings.BILLING["STAFF_DAILY_FREE_MINUTES"])


def staff_limits() -> dict[str, StaffLimit]:
    """What staff give one person alone, by role; `ANY_STAFF` is always there. Raises ValueError if it can't be read."""
    limits = {ANY_STAFF: StaffLimit(0, 0)}
    for text in settings.BILLING["STAFF_LIMITS"]:
        role, amount_minor, minutes = text.rsplit(":", 2)
        limits[role.strip()] = StaffLimit(int(amount_minor), int(minutes) * 60)
    return limits


def has_sole_administrator() -> bool:
    """Whether a delay stands in for the second person, because there is none."""
    return bool(settings.BILLING["SOLE_ADMINISTRATOR"])


@dataclass(frozen=True, slots=True)
class CardRules:
    """What bounds card payments: minor units, basis points, days, and numbers of payments."""

    smallest_minor: int
    day_minor: int
    new_account_day_minor: int
    new_account_days: int
    payments_per_day: int
    declines_per_person: int
    declines_per_network: int
    alarm_bps: int
    alarm_least: int


def card_rules() -> CardRules:
    """The house's bounds of card payments; a processor's own limits come on top."""
    rules = settings.BILLING["CARDS"]
    return CardRules(**{field.name: int(rules[field.name.upper()]) for field in fields(CardRules)})


def fault_refunds_week_minor() -> int:
    """The most that one customer is given back by rule in 7 days for calls that faults of ours cut off."""
    return int(settings.BILLING["FAULT_REFUNDS_WEEK_MINOR"])


@dataclass(frozen=True, slots=True)
class TipRules:
    """What bounds tips: minor units; to operators who were paid in so many days; refundable for so many hours."""

    smallest_minor: int
    largest_minor: int
    paid_days: int
    refund_hours: int


def tip_rules() -> TipRules:
    """The platform's bounds of tips."""
    rules = settings.BILLING["TIPS"]
    return TipRules(**{field.name: int(rules[field.name.upper()]) for field in fields(TipRules)})


def call_load_minor() -> int:
    """What a key adds in a call whose money ends, minor units; 0: nothing is offered."""
    return int(settings.BILLING["CALL_LOAD_MINOR"])


@dataclass(frozen=True, slots=True)
class TrunkPrice:
    """What a minute of an answered leg costs us, in millionths of the currency's unit."""

    customer_leg_millionths: int
    operator_leg_millionths: int


def trunk() -> TrunkPrice:
    """The trunk's prices, for the margin that staff see."""
    price = settings.BILLING["TRUNK"]
    return TrunkPrice(int(price["CUSTOMER_LEG_MILLIONTHS"]), int(price["OPERATOR_LEG_MILLIONTHS"]))


def load_amounts() -> list[int]:
    """The amounts that the page for adding funds offers, minor units."""
    return sorted(settings.BILLING["LOAD_AMOUNTS"])


def held_earnings() -> HoldRules:
    """When earnings wait for a decision of staff, instead of being paid out."""
    rules = settings.BILLING["HELD_EARNINGS"]
    return HoldRules(
        network_days=rules["NETWORK_DAYS"],
        share_bps=rules["SHARE_BPS"],
        floor_minor=rules["FLOOR_MINOR"],
        released_days=rules["RELEASED_DAYS"],
    )


@dataclass(frozen=True, slots=True)
class PayoutRules:
    """What bounds payouts: whole days, minor units, hours. `at_once_fee_minor`: None where payouts are weekly alone."""

    hold_days: int
    least_minor: int
    at_once_fee_minor: int | None
    account_wait_hours: int
    methods: tuple[str, ...]


def payout_rules() -> PayoutRules:
    """How long earnings wait, and what a payout is at least."""
    rules = settings.BILLING["PAYOUTS"]
    fee_minor = int(rules["AT_ONCE_FEE_MINOR"])
    return PayoutRules(
        hold_days=int(rules["HOLD_DAYS"]),
        least_minor=int(rules["LEAST_MINOR"]),
        at_once_fee_minor=None if fee_minor < 0 else fee_minor,
        account_wait_hours=int(rules["ACCOUNT_WAIT_HOURS"]),
        methods=tuple(rules["METHODS"]),
    )


def payout_originator() -> Originator | None:
    """Who sends payouts by ACH, as agreed on with the bank; None where that isn't set up."""
    rules = settings.BILLING["PAYOUTS"]
    if not rules["BANK_ROUTING"]:
        return None
    return Originator(
        bank_routing=rules["BANK_ROUTING"],
        bank_name=rules["BANK_NAME"],
        company_name=rules["COMPANY_NAME"],
        company_id=rules["COMPANY_ID"],
    )


def currency() -> str:
    """The one currency of prices, wallets and payables."""
    return str(settings.BILLING["CURRENCY"])


def ledger_heads_file() -> Path | None:
    """The file outside of the database that the head of the ledger's seals is written to every day; None: there is none."""
    path: str = settings.BILLING["LEDGER_HEADS_FILE"]
    return Path(path) if path else None
