"""A customer proves that a phone is theirs: it rings, a voice speaks six digits, and they type them into the page.

Two verbs: `send_code` and `confirm_code`. What they answer is the same whether a number is unknown or belongs to
somebody else, so that nobody can ask whose number is a customer's; only the phone of an unknown one rings.
"""

import logging
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils.crypto import constant_time_compare, salted_hmac

from brands.models import Brand
from core import audit, clock
from core.db import transactional
from core.dialing import may_dial
from core.errors import Conflict, Invalid, LimitReached, NotAllowed, NotFound
from core.ids import new_id
from core.phones import to_e164
from customers.models import Customer, CustomerPhone, PhoneVerification
from telephony import adapter_client, errors
from telephony.call_plan import Verification
from telephony.prompts import verification_prompts

log = logging.getLogger(__name__)

DIGITS = 6
TRIES = 5
GOOD_FOR = timedelta(minutes=10)
DIAL_WITHIN = timedelta(seconds=10)
MAX_PHONES = 5
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


class WrongCode(Invalid):
    """Not the code, or one that is used up or too old: nobody can tell which."""

    code = "wrong_code"


def send_code(*, customer: Customer, brand: Brand, number: str) -> PhoneVerification:
    """Ring `number` (as typed) and have a code spoken. Raises Invalid, NumberNotAllowed, Conflict `already_verified`,
    LimitReached, PhoneSystemUnavailable (then it does not count).
    """
    e164 = to_e164(number, lab_prefixes=settings.TELEPHONY_LAB_PREFIXES)
    if not may_dial(e164, settings.TELEPHONY_ALLOWED_PREFIXES, settings.TELEPHONY_LAB_PREFIXES):
        raise errors.NumberNotAllowed("We can only call regular US and Canadian numbers.")
    if customer.closed_at is not None:
        raise NotAllowed("This account is closed. Please write to support.", code="account_closed")
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    verification = _prepare(customer, e164, code)
    _ring(verification, brand, code)
    return verification


@transactional
def confirm_code(*, customer: Customer, reference: str, code: str) -> CustomerPhone:
    """The phone, verified, if this is the code. Each try counts. Raises NotFound, WrongCode (`tries_left`)."""
    at = clock.now()
    verification = PhoneVerification.objects.filter(customer=customer, reference=reference).first()
    if verification is None:
        raise NotFound("There is no such code.")
    used_tries = PhoneVerification.objects.filter(
        pk=verification.pk, tries_left__gt=0, expires_at__gt=at, confirmed_at=None
    ).update(tries_left=F("tries_left") - 1)
    digits = "".join(character for character in code if character not in " -")
    if not used_tries or not constant_time_compare(_hash(reference, digits), verification.code_hash):
        left = verification.tries_left - 1 if used_tries else 0
        raise WrongCode(_spoken_digits(left), tries_left=left)
    try:
        with transaction.atomic():
            phone = _verified(customer, verification.number, at)
    except IntegrityError:  # it became somebody else's meanwhile
        raise WrongCode(_spoken_digits(0), tries_left=0) from None
    PhoneVerification.objects.filter(pk=verification.pk).update(confirmed_at=at)
    audit.record(actor=customer.user, action="phone.verify", subject=customer, phone=phone.pk)
    return phone


@transactional
def _prepare(customer: Customer, number: str, code: str) -> PhoneVerification:
    """Count the request and keep what is needed to know the code again."""
    with connection.cursor() as cursor:
        # Requests are few; one after the other makes every limit exact.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('phone verification', 0))")
    at = clock.now()
    verified_phones = CustomerPhone.objects.filter(customer=customer, verified_at__isnull=False)
    if verified_phones.filter(number=number).exists():
        raise Conflict("This phone is verified already.", code="already_verified")
    if verified_phones.count() >= MAX_PHONES:
        raise Conflict(f"{MAX_PHONES} phones are the most. Remove one first.", code="too_many_phones")
    _check_limits(customer, number, at)
    reference = new_id("verify")
    return PhoneVerification.objects.create(
        reference=reference,
        customer=customer,
        number=number,
        code_hash=_hash(reference, code),
        created_at=at,
        expires_at=at + GOOD_FOR,
        tries_left=TRIES,
    )


def _check_limits(customer: Customer, number: str, at: datetime) -> None:
    """What one number, one customer and the whole house may be rung for codes."""
    limits, verifications = settings.PHONE_CODES, PhoneVerification.objects
    rules = [
        (verifications.filter(customer=customer), 1, timedelta(seconds=limits["PAUSE_SECONDS"])),
        (verifications.filter(number=number), limits["PER_NUMBER_DAILY"], _DAY),
        (verifications.filter(customer=customer), limits["PER_CUSTOMER_DAILY"], _DAY),
        (verifications.all(), limits["PER_HOUR"], _HOUR),
    ]
    for rows, limit, span in rules:
        recent = list(
            rows.filter(created_at__gt=at - span)
            .order_by("-created_at")
            .values_list("created_at", flat=True)[:limit]
        )
        if len(recent) >= limit:
            wait = int((recent[-1] + span - at).total_seconds()) + 1
            raise LimitReached(f"Please wait {_span(wait)} before the next code.", retry_after_seconds=wait)


def _ring(verification: PhoneVerification, brand: Brand, code: str) -> None:
    """Have the phone rung. A number that is somebody else's is not; the adapter is asked something as quick instead."""
    belongs_to_another = (
        CustomerPhone.objects.filter(number=verification.number, verified_at__isnull=False)
        .exclude(customer=verification.customer)
        .exists()
    )
    try:
        if belongs_to_another:
            answer = adapter_client.health()
        else:
            answer = adapter_client.verify(
                Verification(
                    verification_id=verification.reference,
                    number=verification.number,
                    caller_id=brand.caller_id,
                    sounds=verification_prompts(code),
                    not_after=(verification.created_at + DIAL_WITHIN).timestamp(),
                )
            )
    except adapter_client.Unknown:
        return  # it may ring; the request counts
    except adapter_client.Refused:
        answer = None
    if answer is None or not answer.is_ok:
        log.error(
            "%s: the adapter refused: %s", verification.reference, answer.error if answer else "nobody there"
        )
        verification.delete()
        raise errors.PhoneSystemUnavailable(
            "Our phone line does not answer just now. Please try again in a minute."
        )


def _verified(customer: Customer, number: str, at: datetime) -> CustomerPhone:
    has_primary = customer.phones.filter(is_primary=True, verified_at__isnull=False).exists()
    if not has_primary:
        customer.phones.filter(is_primary=True).update(is_primary=False)
    phone, _ = CustomerPhone.objects.update_or_create(
        customer=customer,
        number=number,
        defaults={"verified_at": at, "is_primary": not has_primary, "blocked_at": None, "block_reason": ""},
    )
    return phone


def _hash(reference: str, code: str) -> str:
    return salted_hmac("telephony.verify_phone", f"{reference}:{code}", algorithm="sha256").hexdigest()


def _spoken_digits(tries_left: int) -> str:
    if tries_left == 0:
        return "This code does not work any more. Have a new one spoken."
    return f"That is not the code. {tries_left} {'try is' if tries_left == 1 else 'tries are'} left."


def _span(seconds: int) -> str:
    if seconds < 120:
        return f"{seconds} seconds"
    return f"{-(-seconds // 60)} minutes" if seconds < 7200 else f"{-(-seconds // 3600)} hours"
