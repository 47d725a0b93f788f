"""The call that a push is about, read by one statement with everybody in it and the money of its customer."""

from django.utils.translation import gettext as _

from billing.budget import Budget, budget_of
from billing.models import Authorization
from core import clock
from core.planned_query import PlannedQuery
from operators.pricing import CALL_COLUMNS
from telephony.errors import UnknownCall
from telephony.models import Call
from telephony.states import LIVE_STATUSES

# What pages show of a call. A field that is missing here costs a statement of its own, which a test notices.
_CALLS = Call.objects.select_related(
    "authorization__wallet", "customer__user", "customer_phone__phone_number", "brand", "operator"
).only(
    *(
        "call_id", "status", "end_reason", "ended_by", "sequence", "customer_no_key_at", "operator_ringing_at", "operator_answered_at",
        "operator_accepted_at", "joined_at", "joined_ms", "charged_seconds", "held_by",
        "funds_state",
    ),
    *(f"authorization__{field.name}" for field in Authorization._meta.concrete_fields),
    *("authorization__wallet__balance_minor", "authorization__wallet__held_minor"),
    "authorization__wallet__overdraft_minor",
    *(
        "customer__alias", "customer__has_limits", "customer__limit_time_zone", "customer__limit_time_zone_until",
        "customer__user__time_zone",
    ),
    "customer_phone__phone_number__last_two",
    *("brand__name", "brand__caller_id", "brand__customer_confirms"),
    *(
        "operator__user", "operator__stage_name", "operator__slug", "operator__headline", "operator__portrait_seed",
        "operator__drawn_as", "operator__specialties", "operator__created_at", "operator__photo", "operator__photo_color", "operator__avif_photo", "operator__greeting", "operator__greeting_ms",
        "operator__rating_count", "operator__rating_sum", "operator__approval_status", "operator__presence",
        "operator__availability_rank", "operator__online_until", "operator__wrap_up_until",
        "operator__reserved_until", "operator__takes_messages", "operator__break_until", "operator__vacation_from",
        "operator__vacation_until", "operator__back_on", "operator__first_minutes",
    ),
    *(f"operator__{column}" for column in CALL_COLUMNS),
)  # fmt: skip
_LIVE_CALLS = _CALLS.filter(status__in=sorted(LIVE_STATUSES))
_BY_ID = PlannedQuery(_CALLS, "call_id")
_BY_CUSTOMER = PlannedQuery(_LIVE_CALLS, "customer")
_BY_OPERATOR = PlannedQuery(_LIVE_CALLS, "operator")


def call_for_push(call_id: str) -> Call:
    """A call, whoever's it is, ready for the snapshots of both sides. Raises UnknownCall."""
    call = _BY_ID.first(call_id)
    if call is None:
        raise UnknownCall(_("Call not found."))
    return call


def live_call_for_push_to_customer(customer_id: int) -> Call | None:
    """The customer's live call, likewise."""
    return _BY_CUSTOMER.first(customer_id)


def live_call_for_push_to_operator(operator_id: int) -> Call | None:
    """The operator's live call, likewise."""
    return _BY_OPERATOR.first(operator_id)


def budget_for_push(call: Call) -> Budget:
    """What the customer of a call just read here may spend. Two statements where there are limits, else none."""
    return budget_of(call.customer, call.terms.wallet, clock.now())


def call_budget_for_push(call: Call) -> Budget:
    """What they may spend on this call, likewise: its own hold is given back."""
    return budget_of(call.customer, call.terms.wallet, clock.now(), own_call=call.terms)
