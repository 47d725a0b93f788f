"""A customer proves that a phone is theirs, by a spoken code.

Two verbs: `send_code` and `confirm_code`. What they answer is the same whether a number is unknown or belongs to
somebody else, so that nobody can ask whose number is a customer's; only the phone of an unknown one rings.
"""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from brands.models import Brand
from core import audit, clock
from core.db import transactional
from core.errors import Conflict, NotAllowed
from customers.domain_events import phone_verified
from customers.models import Customer, CustomerPhone, PhoneVerification
from customers.services.follow_person import share_break
from phones.models import PhoneNumber
from phones.services.store_number import store_number
from telephony.services import spoken_codes

MAX_PHONES = 5


def send_code(*, customer: Customer, brand: Brand, number: str) -> PhoneVerification:
    """Ring `number` (as typed) and have a code spoken. Raises Invalid, NumberNotAllowed, Conflict `already_verified`,
    LimitReached, PhoneSystemUnavailable (then it does not count).
    """
    e164 = spoken_codes.dialable(number)
    if customer.closed_at is not None:
        raise NotAllowed(_("This account is closed. Please contact support."), code="account_closed")
    code = spoken_codes.new_code()
    verification = _prepare(customer, e164, code)
    belongs_to_another = (
        CustomerPhone.objects.filter(phone_number=verification.phone_number, verified_at__isnull=False)
        .exclude(customer=customer)
        .exists()
    )
    spoken_codes.speak(verification, caller_id=brand.caller_id, code=code, is_hushed=belongs_to_another)
    return verification


def seconds_until_next_code(customer: Customer) -> int:
    """How long the pause after this customer's last code still is; 0: it is over."""
    return spoken_codes.pause_left(PhoneVerification.objects.filter(customer=customer), clock.now())


def confirm_code(
    *, customer: Customer, reference: str, code: str, brand: Brand | None = None
) -> CustomerPhone:
    """The phone, verified, if this is the code. Each try counts. `brand`: where it is entered, whose offers hold.

    Raises NotFound, WrongCode (`tries_left`).
    """
    at = clock.now()
    own = PhoneVerification.objects.filter(customer=customer)
    return _take(customer, spoken_codes.spend_try(own, reference=reference, code=code, at=at), at, brand)


@transactional
def _take(
    customer: Customer, verification: PhoneVerification, at: datetime, brand: Brand | None
) -> CustomerPhone:
    try:
        with transaction.atomic():
            phone = _verified(customer, verification.phone_number, at)
    except IntegrityError:  # it became somebody else's meanwhile
        raise spoken_codes.wrong_code(0) from None
    spoken_codes.confirm(verification, at)
    audit.record(actor=customer.user, action="phone.verify", subject=customer, phone=phone.pk)
    phone_verified.tell(customer=customer, brand=brand)
    return phone


@transactional
def _prepare(customer: Customer, number: str, code: str) -> PhoneVerification:
    spoken_codes.take_turn()
    phone_number = store_number(number)
    verified_phones = CustomerPhone.objects.filter(customer=customer, verified_at__isnull=False)
    if verified_phones.filter(phone_number=phone_number).exists():
        raise Conflict(_("This phone is already verified."), code="already_verified")
    if verified_phones.count() >= MAX_PHONES:
        raise Conflict(
            _("%(most)s phones is the limit. Remove one first.") % {"most": MAX_PHONES},
            code="too_many_phones",
        )
    return spoken_codes.prepare(number=phone_number, code=code, customer=customer)


def _verified(customer: Customer, number: PhoneNumber, at: datetime) -> CustomerPhone:
    has_primary = customer.phones.filter(is_primary=True, verified_at__isnull=False).exists()
    if not has_primary:
        customer.phones.filter(is_primary=True).update(is_primary=False)
    phone, _ = CustomerPhone.objects.update_or_create(
        customer=customer,
        phone_number=number,
        defaults={"verified_at": at, "is_primary": not has_primary, "blocked_at": None, "block_reason": ""},
    )
    share_break(customer, at)
    return phone
