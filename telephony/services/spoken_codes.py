"""What a customer and an operator have in common when they prove a phone: it rings, a voice speaks six digits, and they
type them into the page. Used by `verify_phone` and `verify_operator_phone`.
"""

import logging
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import F, QuerySet
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import clock
from core.dialing import may_dial
from core.errors import Invalid, LimitReached, NotFound
from core.ids import new_id
from core.phones import to_e164
from customers.models import Customer, PhoneVerification, User
from phones.models import PhoneNumber
from telephony import adapter_client, errors
from telephony.call_plan import Verification
from telephony.prompts import verification_prompts

log = logging.getLogger(__name__)

DIGITS = 6
TRIES = 5
GOOD_FOR = timedelta(minutes=10)
DIAL_WITHIN = timedelta(seconds=10)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


class WrongCode(Invalid):
    """Not the code, or one that is used up or too old: nobody can tell which."""

    code = "wrong_code"


def dialable(typed: str) -> str:
    """The number in E.164. Raises Invalid, NumberNotAllowed."""
    number = to_e164(typed, lab_prefixes=settings.TELEPHONY_LAB_PREFIXES)
    if not may_dial(number, settings.TELEPHONY_ALLOWED_PREFIXES, settings.TELEPHONY_LAB_PREFIXES):
        raise errors.NumberNotAllowed(_("We can only call regular US and Canadian numbers."))
    return number


def new_code() -> str:
    """Digits that nobody can guess; they are spoken and never kept."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"


def take_turn() -> None:
    """Requests are few; one after the other makes every limit exact. Inside a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('phone verification', 0))")


def prepare(
    *, number: PhoneNumber, code: str, customer: Customer | None = None, user: User | None = None
) -> PhoneVerification:
    """Count the request of this person and keep what is needed to know the code again. After `take_turn`.

    Raises LimitReached.
    """
    at = clock.now()
    _check_limits(PhoneVerification.objects.filter(customer=customer, user=user), number, at)
    reference = new_id("verify")
    return PhoneVerification.objects.create(
        reference=reference,
        customer=customer,
        user=user,
        phone_number=number,
        code_hash=_hash(reference, code),
        created_at=at,
        expires_at=at + GOOD_FOR,
        tries_left=TRIES,
    )


def speak(verification: PhoneVerification, *, caller_id: str, code: str, is_hushed: bool = False) -> None:
    """Have the phone rung; `is_hushed`: it is not, the adapter is asked something as quick instead.

    Raises PhoneSystemUnavailable: then the request does not count.
    """
    try:
        if is_hushed:
            answer = adapter_client.health()
        else:
            answer = adapter_client.verify(
                Verification(
                    verification_id=verification.reference,
                    number=verification.phone_number.e164,
                    caller_id=caller_id,
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
        raise errors.PhoneSystemUnavailable(_("Calling is down right now. Please try again in a minute."))


def spend_try(
    verifications: QuerySet[PhoneVerification], *, reference: str, code: str, at: datetime
) -> PhoneVerification:
    """The one of this person's `verifications` whose code this is. Raises NotFound, WrongCode (`tries_left`).

    Each try counts, so this is no part of a transaction that a wrong code would roll back.
    """
    verification = verifications.filter(reference=reference).first()
    if verification is None:
        raise NotFound(_("Code not found."))
    used_tries = PhoneVerification.objects.filter(
        pk=verification.pk, tries_left__gt=0, expires_at__gt=at, confirmed_at=None
    ).update(tries_left=F("tries_left") - 1)
    digits = "".join(character for character in code if character not in " -")
    if not used_tries or not is_code(verification, digits):
        raise wrong_code(verification.tries_left - 1 if used_tries else 0)
    return verification


def confirm(verification: PhoneVerification, at: datetime) -> None:
    """The code was the right one, and is used up."""
    PhoneVerification.objects.filter(pk=verification.pk).update(confirmed_at=at)


def wrong_code(tries_left: int) -> WrongCode:
    """The refusal of a code, with the tries that are left."""
    if tries_left == 0:
        text = _("This code no longer works. Get a new one.")
    else:
        text = ngettext(
            "That isn’t the code. %(count)s try is left.",
            "That isn’t the code. %(count)s tries are left.",
            tries_left,
        ) % {"count": tries_left}
    return WrongCode(text, tries_left=tries_left)


def _check_limits(own: QuerySet[PhoneVerification], number: PhoneNumber, at: datetime) -> None:
    """How often one person, one number, and all phones together may be called with codes."""
    limits, verifications = settings.PHONE_CODES, PhoneVerification.objects
    rules = [
        (own, 1, timedelta(seconds=limits["PAUSE_SECONDS"])),
        (verifications.filter(phone_number=number), limits["PER_NUMBER_DAILY"], _DAY),
        (own, limits["PER_CUSTOMER_DAILY"], _DAY),
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
            raise LimitReached(
                _("Please wait %(span)s before the next code.") % {"span": _span(wait)},
                retry_after_seconds=wait,
            )


def pause_left(own: QuerySet[PhoneVerification], at: datetime) -> int:
    """Seconds until this person, whose verifications are `own`, may get another code so soon after the last; 0: now.

    The limits of a day and of all phones are not in it.
    """
    pause = timedelta(seconds=settings.PHONE_CODES["PAUSE_SECONDS"])
    recent = own.filter(created_at__gt=at - pause).order_by("-created_at")
    newest = recent.values_list("created_at", flat=True).first()
    return int((newest + pause - at).total_seconds()) + 1 if newest else 0


def is_code(verification: PhoneVerification, digits: str) -> bool:
    """Whether this is the code that was spoken. Also of one from before SECRET_KEY was replaced."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return any(
        constant_time_compare(_hash(verification.reference, digits, key), verification.code_hash)
        for key in keys
    )


def _hash(reference: str, code: str, key: str | None = None) -> str:
    text = f"{reference}:{code}"
    return salted_hmac("telephony.verify_phone", text, secret=key, algorithm="sha256").hexdigest()


def _span(seconds: int) -> str:
    if seconds < 120:
        return _("%(seconds)s seconds") % {"seconds": seconds}
    return (
        _("%(minutes)s minutes") % {"minutes": -(-seconds // 60)}
        if seconds < 7200
        else _("%(hours)s hours") % {"hours": -(-seconds // 3600)}
    )
