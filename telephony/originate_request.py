"""The call plan: everything the adapter must know to make a call."""

from django.conf import settings

from billing import conf
from billing.fees import spoken_fees_of, taxed_on_top
from billing.kept_seconds import kept_seconds
from billing.selectors import free_minutes_pay
from operators.selectors import have_talked
from telephony.call_plan import LegPlan, Originate
from telephony.models import Call
from telephony.operator_phones import phone_name, phones_to_ring
from telephony.prompts import customer_prompts, operator_prompts, warning_prompts
from telephony.sealed_terms import sealed_terms


def originate_plan(call: Call) -> Originate:
    """The plan of a call that was just accepted: numbers, prompts, first grant. Reads the database."""
    authorization, brand, operator = call.terms, call.brand, call.operator
    assert call.customer_phone is not None, "an accepted call has a phone to ring"
    phones, kept = phones_to_ring(operator), kept_seconds(authorization)
    rate, fees = authorization.rate_per_minute_minor, spoken_fees_of(authorization.tariff)
    plus_tax = taxed_on_top(authorization.tariff)
    return Originate(
        call_id=call.call_id,
        account_id=str(call.customer_id),
        operator_id=operator.pk,
        customer=LegPlan(
            number=call.customer_phone.number,
            caller_id=brand.caller_id,
            ring_seconds=settings.CUSTOMER_RING_SECONDS,
            confirm=brand.customer_confirms,
            prompts={
                **customer_prompts(
                    brand.name_to_speak,
                    operator.stage_name,
                    rate,
                    fees,
                    confirms=brand.customer_confirms,
                    plus_tax=plus_tax,
                    greeting=operator.greeting if brand.plays_greeting else "",
                ),
                **warning_prompts(conf.warn_at_seconds()),
            },
        ),
        operator=LegPlan(
            number=phones[0].e164,
            caller_id=brand.operator_caller_id,
            ring_seconds=settings.OPERATOR_RING_SECONDS,
            confirm=True,
            prompts=operator_prompts(
                call.customer.alias,
                brand.name_to_speak,
                rate,
                free_minutes_pay(authorization, kept),
                plus_tax,
                is_returning=have_talked(operator.pk, call.customer_id),
            ),
            next_numbers=tuple(phone.e164 for phone in phones[1:]),
            next_after_seconds=settings.NEXT_PHONE_SECONDS,
            phones=tuple(phone_name(phone) for phone in phones),
        ),
        granted_seconds=authorization.granted_seconds,
        final=authorization.is_final,
        ask_ahead_seconds=conf.steps().ask_ahead_seconds,
        warn_at_seconds=tuple(conf.warn_at_seconds()),
        operator_hold_seconds=settings.HOLD_SECONDS["OPERATOR"],
        customer_hold_seconds=settings.HOLD_SECONDS["CUSTOMER"],
        silence_seconds=settings.RTP_TIMEOUT,
        not_after=call.not_after.timestamp(),
        ends_at=authorization.ends_at.timestamp() if authorization.ends_at else None,
        sealed=sealed_terms(call, kept),
    )
