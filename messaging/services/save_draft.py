"""What somebody has begun to write, kept so that another device or a later day finds it."""

from django.utils.translation import gettext as _

from brands.models import Brand
from core import clock
from core.contact_masking import mask
from core.errors import Invalid
from customers.models import Customer
from messaging import conf
from messaging.models import Conversation
from messaging.push import push_draft
from messaging.selectors import rules_of
from messaging.states import Side
from operators.selectors import listed_operator


def save_draft(*, conversation_id: int, side: Side, text: str, by: str = "") -> None:
    """Keep `text` as the draft of `side`, masked as the message would be; an empty one forgets it. Raises Invalid.

    `by`: the channel of the page that it was written in, which isn't told; the other pages of `side` are.
    """
    if len(text) > conf.max_length():
        raise Invalid(_("A message can have at most %(most)s characters.") % {"most": conf.max_length()})
    conversation = Conversation.objects.filter(pk=conversation_id)
    brand_id = conversation.values_list("brand_id", flat=True).first()
    if brand_id is not None:
        masked = mask(text, contacts=rules_of(brand_id).masks_contacts)
        conversation.update(**{f"{side}_draft": masked[: conf.max_length()]})
        push_draft(conversation_id, side, by=by)


def begin_draft(*, customer: Customer, operator_id: int, brand: Brand | None, text: str) -> None:
    """Keep what a customer has begun before the first message to an operator. Raises Invalid, NotFound."""
    brand = brand or customer.home_brand
    row = Conversation(
        customer=customer, operator=listed_operator(brand, operator_id), brand=brand, created_at=clock.now()
    )
    Conversation.objects.bulk_create([row], ignore_conflicts=True)
    conversation = Conversation.objects.get(customer=customer, operator_id=operator_id)
    save_draft(conversation_id=conversation.pk, side=Side.CUSTOMER, text=text)
