"""Two who write to each other, and what tests of messages ask of them."""

from itertools import count
from typing import Any

from brands.models import Brand
from core import clock
from customers.models import Customer, CustomerPhone
from messaging.models import BrandRules, Conversation, Message, PoolNumber
from messaging.services.reply import reply
from messaging.services.send import Sent, send
from messaging.states import SmsMode
from operators.models import Operator
from phones.services.store_number import store_number
from tests.factories import BrandFactory
from tests.scenario import given_customer, given_operator

__all__ = ["BrandFactory", "given_customer", "given_operator"]

OURS, OURS_TOO, ALERTS_FROM = "+12125550150", "+12125550151", "+12125550160"
_keys = count(1)


def text(customer: Customer, operator: Operator, words: str = "Are you there?", **fields: Any) -> Sent:
    """The customer writes."""
    return send(customer=customer, operator_id=operator.pk, text=words, **fields)


def answer(operator: Operator, customer: Customer, words: str = "I am.", **fields: Any) -> Message:
    """The operator writes back."""
    conversation = between(customer, operator)
    message, _ = reply(operator=operator, conversation_id=conversation.pk, text=words, **fields)
    return message


def between(customer: Customer, operator: Operator) -> Conversation:
    return Conversation.objects.select_related("customer__user", "operator__user", "brand").get(
        customer=customer, operator=operator
    )


def set_rules(brand: Brand | None = None, **fields: Any) -> BrandRules:
    rules, _ = BrandRules.objects.update_or_create(brand=brand or BrandFactory(), defaults=fields)
    return rules


def with_sms(mode: SmsMode = SmsMode.FULL) -> None:
    """The brand uses SMS, from two numbers."""
    set_rules(sms_mode=mode)
    for number in (OURS, OURS_TOO):
        PoolNumber.objects.get_or_create(number=number, brand=BrandFactory())


def give_phone(customer: Customer, number: str) -> CustomerPhone:
    return CustomerPhone.objects.create(
        customer=customer, phone_number=store_number(number), verified_at=clock.now()
    )


def key() -> str:
    return f"key-{next(_keys)}"
