"""How a conversation can be reached by SMS, for the pages of either side and of staff."""

from collections.abc import Sequence
from dataclasses import dataclass

from brands.models import Brand
from customers.models import Customer
from messaging.models import Conversation, Message, Sms, SmsRoute
from messaging.selectors import rules_of, verified_phone_of, wants_sms
from messaging.states import Side, SmsKind, SmsMode, SmsState
from operators.models import Operator


@dataclass(frozen=True, slots=True)
class SmsAccess:
    """`number`: ours, that the person texts; empty until they ask for it. `phone_hint`: of their phone; empty without one."""

    number: str
    phone_hint: str


def sms_access(
    conversation: Conversation | None, *, customer: Customer, operator: Operator, brand: Brand, side: Side
) -> SmsAccess | None:
    """How `side` reaches the other by SMS; None where the brand has no texts by SMS."""
    if rules_of(brand.pk).sms_mode != SmsMode.FULL:
        return None
    phone = operator.phone_number if side == Side.OPERATOR else verified_phone_of(customer.pk)
    number = ""
    if conversation is not None and phone is not None and wants_sms(phone):
        routes = SmsRoute.objects.filter(conversation=conversation, phone_number=phone)
        number = routes.values_list("pool_number__number", flat=True).first() or ""
    return SmsAccess(number=number, phone_hint=phone.hint if phone else "")


@dataclass(frozen=True, slots=True)
class StaffRoute:
    """A number of ours that stands for the conversation on a person's phone, of which staff see the end."""

    side: str
    number: str
    phone_hint: str


def staff_routes(conversation: Conversation) -> list[StaffRoute]:
    """All numbers of ours that stand for a conversation."""
    routes = (
        SmsRoute.objects.filter(conversation=conversation)
        .select_related("pool_number", "phone_number")
        .order_by("pk")
    )
    return [StaffRoute(route.side, route.pool_number.number, route.phone_number.hint) for route in routes]


def sms_states(messages: Sequence[Message]) -> dict[int, str]:
    """How far the SMS of each message has come, in words, by the message's primary key; the newest SMS counts."""
    rows = Sms.objects.filter(message__in=[message.pk for message in messages], kind=SmsKind.TEXT)
    pairs = rows.order_by("id").values_list("message_id", "state", "error_code")
    return {
        key: SmsState(state).label + (f" ({code})" if code else "")
        for key, state, code in pairs
        if key is not None
    }
