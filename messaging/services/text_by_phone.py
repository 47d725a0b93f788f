"""A person wants to text with the other side from their own phone, where the brand has texts by SMS."""

from django.utils.translation import gettext as _

from brands.models import Brand
from core import clock
from core.db import transactional
from core.errors import NotAllowed
from customers.models import Customer, User
from messaging import errors
from messaging.selectors import phone_of, rules_of, wants_sms
from messaging.services.append import lock_conversation
from messaging.services.deliver_by_sms import number_for
from messaging.services.record_consent import record_consent
from messaging.states import ConsentAction, ConsentSource, Side, SmsMode
from operators.eligibility import Obstacle, may_spend
from operators.models import Operator
from operators.selectors import is_blocked


@transactional
def text_by_phone(*, customer: Customer, operator: Operator, brand: Brand, side: Side, actor: User) -> str:
    """Set aside a number of ours for the conversation on the phone of `side`, and record the consent; that number.

    Done again, it gives the same number. Nothing is charged or sent. Raises SmsNotAvailable (the brand has none, or every
    number of it is taken on this phone), NotAllowed (no phone, blocked, an account that may not write), Conflict
    (the operator takes no messages).
    """
    if rules_of(brand.pk).sms_mode != SmsMode.FULL:
        raise errors.SmsNotAvailable(_("Texts by SMS aren’t available here. Please write on the site."))
    at = clock.now()
    if side == Side.CUSTOMER:
        may_spend(customer, operator, brand, at)
        if not operator.takes_messages:
            raise errors.NotTakingMessages(
                _("%(operator)s isn’t taking messages right now.") % {"operator": operator.stage_name}
            )
    elif is_blocked(customer_id=customer.pk, operator_id=operator.pk):
        raise NotAllowed(_("You can’t write to this customer."), code=Obstacle.BLOCKED)
    conversation = lock_conversation(customer, operator, brand)
    phone = phone_of(conversation, side)
    if phone is None:
        raise NotAllowed(_("Add a phone first. Nothing was changed."), code="phone_not_verified")
    number = number_for(conversation, side, phone)
    if not number:
        raise errors.SmsNotAvailable(_("All our numbers are in use on your phone. Please write on the site."))
    if not wants_sms(phone):
        record_consent(
            phone_number=phone,
            action=ConsentAction.START,
            source=ConsentSource.SITE,
            said="texts by SMS: yes",
            our_number=number,
            actor=actor,
        )
    if conversation.brand_id != brand.pk:
        conversation.brand = brand
        conversation.save(update_fields=["brand"])
    return number
