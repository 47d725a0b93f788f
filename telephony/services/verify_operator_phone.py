"""An operator proves that a phone is theirs, by a spoken code. Until then those they had are called, or none."""

from datetime import datetime

from brands.models import Brand
from core import clock
from core.db import transactional
from core.errors import Conflict, NotFound
from customers.models import PhoneVerification
from operators.models import Operator
from operators.phones import MOST_PHONES, listed_phones
from operators.services.phone_list import TOO_MANY, take_verified_phone
from phones.services.store_number import store_number
from telephony import errors
from telephony.services import spoken_codes


def send_operator_code(*, operator: Operator, typed: str) -> PhoneVerification:
    """Call the number (as typed; empty: the first we have) and speak a code. Raises Invalid, NumberNotAllowed, Conflict
    (`already_verified`, `too_many_phones`), LimitReached, PhoneSystemUnavailable (then it does not count).
    """
    number = spoken_codes.dialable(typed or operator.phone)
    listed = {phone.number.e164: phone for phone in listed_phones(operator)}
    if number in listed and listed[number].obstacle is None:
        raise Conflict("This phone is already verified.", code="already_verified")
    verified = [one for one, phone in listed.items() if phone.verified_at is not None]
    if number not in listed and len(verified) >= MOST_PHONES:
        raise Conflict(TOO_MANY, code="too_many_phones")
    brand = brand_that_calls(operator)
    code = spoken_codes.new_code()
    verification = _prepare(operator, number, code)
    spoken_codes.speak(verification, caller_id=brand.operator_caller_id, code=code)
    return verification


def send_code_again(*, operator: Operator, number_id: int) -> PhoneVerification:
    """The same for a phone that is listed and isn't called. Raises NotFound, and as `send_operator_code`."""
    numbers = [phone.number.e164 for phone in listed_phones(operator) if phone.number.pk == number_id]
    if not numbers:
        raise NotFound("Phone not found.")
    return send_operator_code(operator=operator, typed=numbers[0])


def confirm_operator_code(*, operator: Operator, reference: str, code: str) -> None:
    """From now on this phone is called, too, if this is the code. Each try counts. Raises NotFound, WrongCode, Conflict."""
    at = clock.now()
    own = PhoneVerification.objects.filter(user=operator.user)
    _take(operator, spoken_codes.spend_try(own, reference=reference, code=code, at=at), at)


@transactional
def _take(operator: Operator, verification: PhoneVerification, at: datetime) -> None:
    take_verified_phone(operator=operator, number=verification.phone_number, at=at)
    spoken_codes.confirm(verification, at)


@transactional
def _prepare(operator: Operator, number: str, code: str) -> PhoneVerification:
    spoken_codes.take_turn()
    return spoken_codes.prepare(number=store_number(number), code=code, user=operator.user)


def brand_that_calls(operator: Operator) -> Brand:
    """The site whose number calls the operator: one that shows them, else any. Raises PhoneSystemUnavailable without one."""
    brands = Brand.objects.filter(is_active=True).order_by("id")
    brand = brands.filter(listings__operator=operator).first() or brands.first()
    if brand is None:
        raise errors.PhoneSystemUnavailable("No site can call you yet. Please contact support.")
    return brand
