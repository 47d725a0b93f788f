"""An operator proves that a phone is theirs, by a spoken code. Until then the one they had is called, or none."""

from datetime import datetime

from brands.models import Brand
from core import clock
from core.db import transactional
from core.errors import Conflict
from customers.models import PhoneVerification
from operators.models import Operator
from operators.phones import phone_obstacle
from operators.services.change_settings import take_verified_phone
from phones.services.store_number import store_number
from telephony import errors
from telephony.services import spoken_codes


def send_operator_code(*, operator: Operator, typed: str) -> PhoneVerification:
    """Call the number (as typed; empty: the one we have) and speak a code. Raises Invalid, NumberNotAllowed, Conflict
    `already_verified`, LimitReached, PhoneSystemUnavailable (then it does not count).
    """
    number = spoken_codes.dialable(typed or operator.phone)
    if number == operator.phone and phone_obstacle(operator) is None:
        raise Conflict("This phone is already verified.", code="already_verified")
    brand = brand_that_calls(operator)
    code = spoken_codes.new_code()
    verification = _prepare(operator, number, code)
    spoken_codes.speak(verification, caller_id=brand.operator_caller_id, code=code)
    return verification


def confirm_operator_code(*, operator: Operator, reference: str, code: str) -> None:
    """From now on calls go to this phone, if this is the code. Each try counts. Raises NotFound, WrongCode."""
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
