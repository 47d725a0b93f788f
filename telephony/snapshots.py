"""What pages are told about a call: one snapshot for the customer, one for the operator, none with a number.

A snapshot is a whole state with the server's time, so that a page can count on by itself (docs/design.md section 7). Times
are epoch milliseconds, amounts cents, spans seconds. Pages, sockets and the API are made from the same functions.
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from billing import conf, rating
from billing.budget import Budget
from billing.fees import label_of
from billing.models import Authorization
from billing.outcome import CONNECT_FEE, TALK, Outcome
from billing.paid import Paid, paid_for
from billing.selectors import estimated_minutes
from billing.states import GrantBound
from core import clock
from core.clock import epoch_ms
from operators.pages import PROFILE
from telephony.cap_words import cap_words
from telephony.end_messages import end_message
from telephony.models import Call
from telephony.pages import RECEIPT
from telephony.screened_calls import is_screened
from telephony.states import Leg


def talked_seconds(call: Call, at: datetime) -> int:
    """Whole seconds of talk to show at `at`: what was charged once settled, else what would be charged now."""
    if call.charged_seconds is not None:
        return call.charged_seconds
    if call.joined_at is None or call.authorization is None:
        return 0
    milliseconds = int((at - call.joined_at).total_seconds() * 1000)
    return rating.charged_seconds(max(milliseconds, 1), call.authorization.granted_seconds)


def estimated_minor(call: Call, at: datetime) -> int:
    """The whole cost, fee included, if the call ended at `at`; what was charged once it has ended. Cents."""
    if call.authorization is None:
        return 0
    if not call.is_live:
        return call.authorization.charged_minor
    return call.authorization.cost_minor(talked_seconds(call, at))


def end_seconds(call: Call, authorization: Authorization, at: datetime) -> int | None:
    """How long the call lasts in all by the end time its customer chose; None without one."""
    if authorization.ends_at is None:
        return None
    return max(0, int((authorization.ends_at - (call.joined_at or at)).total_seconds()))


def customer_snapshot(call: Call, budget: Budget | None = None) -> dict[str, Any]:
    """The call as its customer sees it. Needs operator, brand, authorization and customer_phone loaded; what was paid for one
    that is over, and what was given back, is read.

    `budget`: what its customer may spend on it, where that was read along.
    """
    at, authorization = clock.now(), call.authorization
    return {
        **_common(call, authorization, at),
        "operator_id": call.operator_id,
        "operator": call.operator.stage_name,
        "operator_url": PROFILE.path(call.operator.slug),
        "receipt_url": RECEIPT.path(call.call_id),
        "brand": call.brand.name,
        "brand_number": call.brand.caller_id,
        "customer_number_hint": call.customer_phone.hint if call.customer_phone else "",
        "duration_seconds": talked_seconds(call, at),
        "estimated_minor": estimated_minor(call, at),
        "charged_minor": None if call.is_live else estimated_minor(call, at),
        "summary": _summary(call, authorization),
        "cost_steps": _cost_steps(call, authorization, at),
        "lasts_minutes": (
            estimated_minutes(authorization, budget, end_seconds=end_seconds(call, authorization, at))
            if call.is_live and authorization
            else None
        ),
        "cap": cap_words(authorization, call.customer) if call.is_live else "",
        "message": "" if call.is_live else end_message(call),
        "funds_state": call.funds_state if call.is_live else "",
        "is_screened": is_screened(call),
        "load_minor": conf.call_load_minor() if call.is_live else 0,
    }


def operator_snapshot(call: Call) -> dict[str, Any]:
    """The call as its operator sees it: an alias, the terms, and the earnings so far. Needs customer loaded too."""
    at, authorization = clock.now(), call.authorization
    reserved = _reserved(authorization)
    platform_seconds = sum(part.seconds for part in reserved if part.is_platform_funded)
    free_pay_minor = 0
    if authorization:
        free_pay_minor = rating.promo_pay(authorization.tariff, platform_seconds)
        free_pay_minor += rating.covered_fee_pay(authorization.tariff)
    return {
        **_common(call, authorization, at),
        "alias": call.customer.alias,
        "cap": cap_words(authorization, call.operator) if call.is_live else "",
        "brand": call.brand.name,
        "duration_seconds": talked_seconds(call, at),
        "share_bps": authorization.operator_share_bps if authorization else 0,
        "is_through_link": authorization is not None and authorization.usual_share_bps is not None,
        "promo_pay_bps": authorization.promo_pay_bps if authorization else 0,
        "reserved": [[part.seconds, part.is_platform_funded] for part in reserved],
        "free_minutes_pay": free_pay_minor > 0 if reserved else None,
        "free_pay_minor": free_pay_minor,  # if all of them are used, the covered fee included
        "is_screening": call.operator_answered_at is not None and call.joined_at is None,
        "is_accepted": call.operator_accepted_at is not None and call.joined_at is None,
        "earned_minor": _earned_minor(call, authorization, reserved, at),
        "earned_steps": _earned_steps(call, authorization, reserved, at),
    }


def board_row(call: Call) -> dict[str, Any]:
    """The call as staff see it on the board of live calls. Needs customer, operator, brand, authorization loaded."""
    at = clock.now()
    return {
        "call_id": call.call_id,
        "pk": call.pk,
        "status": call.status,
        "customer": call.customer.alias,
        "operator": call.operator.stage_name,
        "brand": call.brand.name,
        "initiated_at": call.initiated_at,
        "duration_seconds": talked_seconds(call, at),
        "cost_minor": estimated_minor(call, at),
        "currency": call.authorization.currency if call.authorization else "USD",
    }


def _common(call: Call, authorization: Authorization | None, at: datetime) -> dict[str, Any]:
    joined_ms = epoch_ms(call.joined_at)
    granted = authorization.granted_seconds if authorization else 0
    ends = end_seconds(call, authorization, at) if joined_ms is not None and authorization else None
    lasts = granted if ends is None else min(granted, ends)
    tariff = authorization.tariff if authorization else None
    return {
        "call_id": call.call_id,
        "sequence": call.sequence,
        "status": call.status,
        "ringing_leg": Leg.OPERATOR if _operators_turn(call) else Leg.CUSTOMER,
        "end_reason": call.end_reason,
        "ended_by": call.ended_by,
        "held_by": call.held_by if call.is_live else "",
        "hold_limit_seconds": {
            Leg.OPERATOR: settings.HOLD_SECONDS["OPERATOR"],
            Leg.CUSTOMER: settings.HOLD_SECONDS["CUSTOMER"],
        },
        "server_time_ms": epoch_ms(at),
        "joined_at_ms": joined_ms,
        "granted_until_ms": joined_ms + lasts * 1000 if joined_ms is not None else None,
        "granted_seconds": lasts,
        "is_final": (authorization.is_final or ends == lasts) if authorization else False,
        "bound_by": _bound_by(authorization, ends == lasts),
        "warn_at_seconds": conf.warn_at_seconds(),
        "rate_minor": tariff.rate_per_minute_minor if tariff else 0,
        "fee_minor": tariff.charged_fee_minor if tariff else 0,
        "fee_covered_by": tariff.fee_covered_by if tariff else "",
        "first_seconds": tariff.first_increment_seconds if tariff else 60,
        "next_seconds": tariff.next_increment_seconds if tariff else 60,
        "grace_seconds": tariff.grace_seconds if tariff else 0,
        "free_seconds": authorization.free_reserved_seconds if authorization else 0,
        "currency": authorization.currency if authorization else "USD",
    }


def _bound_by(authorization: Authorization | None, is_end_reached_first: bool) -> str:
    if authorization is None:
        return ""
    return GrantBound.CALL_END if is_end_reached_first else authorization.bound_by


def _operators_turn(call: Call) -> bool:
    """Whether the operator's phone rings or was picked up; some carriers connect without a word about ringing."""
    return call.operator_ringing_at is not None or call.operator_answered_at is not None


def _cost_steps(call: Call, authorization: Authorization | None, at: datetime) -> rating.Steps:
    """What the running call costs in each second to come that is granted, as a table for the page's timer."""
    if authorization is None or call.joined_at is None or not call.is_live:
        return []
    first, last = _timed_span(call, authorization, at)
    return rating.cost_steps(authorization.tariff, authorization.free_reserved_seconds, first, last)


def _earned_steps(
    call: Call, authorization: Authorization | None, reserved: list[rating.Reserved], at: datetime
) -> rating.Steps:
    """What the running call earns, likewise."""
    if authorization is None or call.joined_at is None or not call.is_live:
        return []
    first, last = _timed_span(call, authorization, at)
    return rating.earned_steps(authorization.tariff, reserved, first, last)


def _timed_span(call: Call, authorization: Authorization, at: datetime) -> tuple[int, int]:
    """The seconds a timer may show from now on; while more will be granted, one more, so that it knows what comes next."""
    ends, granted = end_seconds(call, authorization, at), authorization.granted_seconds
    if ends is not None and ends <= granted:
        return talked_seconds(call, at), max(1, ends)
    return talked_seconds(call, at), granted if authorization.is_final else granted + 1


def _summary(call: Call, authorization: Authorization | None) -> dict[str, Any] | None:
    if call.is_live or authorization is None:
        return None
    outcome = authorization.outcome
    paid = paid_for(call.call_id) if outcome.cost_minor else Paid(0, 0)
    return {
        "duration_seconds": call.charged_seconds or 0,
        "billable_seconds": outcome.billable_seconds,
        "free_seconds_used": outcome.free_used_seconds,
        "paid_seconds": outcome.paid_seconds,
        "talk_minor": outcome.component(TALK).price_minor(authorization.is_tax_included),
        "connect_fee_minor": outcome.component(CONNECT_FEE).price_minor(authorization.is_tax_included),
        "is_fee_covered": bool(authorization.fee_covered_by),
        "others": _other_lines(outcome, authorization.is_tax_included),
        "total_minor": outcome.cost_minor,
        "given_back_minor": paid.given_back_minor,
        "uncollected_minor": outcome.cost_minor - paid.given_back_minor - paid.paid_minor,
        "paid_minor": paid.paid_minor,
    }


def _other_lines(outcome: Outcome, is_tax_included: bool) -> list[dict[str, Any]]:
    """What else is on a receipt: further components as they are priced, and the tax, if any."""
    lines = [
        (label_of(component.kind), component.price_minor(is_tax_included))
        for component in outcome.components
        if component.kind not in (TALK, CONNECT_FEE)
    ]
    lines.append((_("Tax, included") if is_tax_included else _("Tax"), outcome.tax_minor))
    return [{"label": label, "amount_minor": minor} for label, minor in lines if minor]


def _earned_minor(
    call: Call, authorization: Authorization | None, reserved: list[rating.Reserved], at: datetime
) -> int:
    if authorization is None:
        return 0
    if not call.is_live:
        return authorization.operator_minor
    if call.joined_at is None:
        return 0
    return rating.earned(authorization.tariff, talked_seconds(call, at), reserved)


def _reserved(authorization: Authorization | None) -> list[rating.Reserved]:
    if authorization is None or not authorization.free_reserved_seconds:
        return []
    return authorization.reserved()


def legacy_breakdown(call: Call) -> dict[str, Any]:
    """The predecessor's breakdown of an ended call, amounts in cents; its operator's and platform's parts are of the talk."""
    authorization = call.authorization
    if authorization is None or call.joined_ms is None:
        zero = dict.fromkeys(
            ("talk_minor", "operator_minor", "platform_minor", "fee_minor", "tax_minor", "charged_minor"), 0
        )
        return {"duration_seconds": 0, "billable_seconds": 0, "free_used_seconds": 0, **zero}
    outcome = authorization.outcome
    talk = outcome.component(TALK)
    return {
        "duration_seconds": outcome.charged_seconds,
        "billable_seconds": outcome.billable_seconds,
        "free_used_seconds": outcome.free_used_seconds,
        "talk_minor": talk.amount_minor,
        "operator_minor": talk.operator_minor,
        "platform_minor": talk.platform_minor,
        "fee_minor": outcome.fee_minor,
        "tax_minor": outcome.tax_minor,
        "charged_minor": outcome.cost_minor,
    }
