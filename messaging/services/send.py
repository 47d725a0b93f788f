"""A customer writes to an operator: charge, message and posting are one transaction, or nothing is."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from billing.selectors import wallet_of
from billing.services.charge_message import charge_message
from brands.models import Brand
from core import clock
from core.db import transactional
from core.ids import new_id
from customers.models import Customer
from messaging import errors
from messaging.models import BrandRules, Conversation, Message
from messaging.selectors import rules_of
from messaging.services import append
from messaging.services.reply_automatically import reply_automatically
from messaging.states import MessageType, Side, SmsMode
from operators.eligibility import may_spend
from operators.models import Operator
from operators.selectors import listed_operator


@dataclass(frozen=True, slots=True)
class Sent:
    """The message, what its sender can still spend (minor units), and whether it is new or a repeat."""

    message: Message
    available_minor: int
    is_new: bool


@transactional
def send(
    *,
    customer: Customer,
    operator_id: int,
    text: str,
    message_type: MessageType = MessageType.CHAT,
    brand: Brand | None = None,
    client_key: str | None = None,
    expected_price_minor: int | None = None,
    accepts_hiding: bool = False,
) -> Sent:
    """Send `text` for the operator's rate per message. The same `client_key` gives the same message and one charge.

    `expected_price_minor`: what the page showed; another price is refused instead of charged. `accepts_hiding`: a text
    with a phone number, email address, or card number is sent with that hidden, not refused. Raises NotFound,
    Invalid (empty, too_long), NotAllowed (blocked, account_closed, taking_a_break, terms_changed), Conflict (not_taking_messages,
    price_changed, contacts_hidden), InsufficientCredit, LimitReached, Unavailable (sms_not_available): nothing is charged then.
    """
    brand = brand or customer.home_brand
    operator = listed_operator(brand, operator_id)
    rules = rules_of(brand.pk)
    conversation = append.lock_conversation(customer, operator, brand)
    earlier = append.repeated(conversation, Side.CUSTOMER, client_key, text)
    if earlier is not None:
        return Sent(earlier, wallet_of(customer.pk).available_minor, is_new=False)
    at = clock.now()
    stored_text = append.checked_text(text, message_type, rules)
    may_spend(customer, operator, brand, at)
    if not operator.takes_messages:
        raise errors.NotTakingMessages(
            _("%(operator)s isn’t taking messages right now.") % {"operator": operator.stage_name}
        )
    _check_terms(operator, message_type, rules, expected_price_minor)
    append.check_pace(conversation, Side.CUSTOMER, at)
    if not accepts_hiding:
        append.ask_before_hiding(text, rules)
    conversation.brand = brand
    message_id = new_id("msg")
    charge = charge_message(customer=customer, operator=operator, brand=brand, message_id=message_id)
    message = append.append(
        conversation,
        side=Side.CUSTOMER,
        message_id=message_id,
        text=stored_text,
        raw_text=text,
        message_type=message_type,
        client_key=client_key,
        charge=charge,
        currency=charge.currency,
        rules=rules,
        at=at,
        is_on_site=message_type == MessageType.CHAT,
    )
    reply_automatically(conversation, rules=rules, at=at)
    return Sent(message, charge.available_minor, is_new=True)


def needs_agreement(conversation: Conversation | None, charged_minor: int) -> bool:
    """Whether the page must ask first: nothing was paid to this operator yet, or less than a text costs now, tax included."""
    agreed = conversation.agreed_price_minor if conversation else None
    return agreed is None or agreed < charged_minor


def _check_terms(
    operator: Operator, message_type: MessageType, rules: BrandRules, expected_price_minor: int | None
) -> None:
    if message_type == MessageType.SMS and rules.sms_mode != SmsMode.FULL:
        raise errors.SmsNotAvailable(_("Texts by SMS aren’t available here. Please write on the site."))
    price = operator.rate_per_message_minor
    if expected_price_minor is not None and expected_price_minor != price:
        raise errors.PriceChanged(
            _("The price of a message has changed. Nothing was sent."), price_minor=price
        )
