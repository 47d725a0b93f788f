"""What the conversation pages of both sites share: messages and form, blocking and reporting, why nothing can be written."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from brands.models import Brand
from core.errors import DomainError
from core.ids import new_id
from customers.models import Customer, User
from messaging.conversation_pages import conversation_view
from messaging.errors import ContactsHidden
from messaging.models import Conversation
from messaging.selectors import number_of
from messaging.services.block import block, unblock
from messaging.services.report import report
from messaging.services.text_by_phone import text_by_phone
from messaging.states import Delivery, Side
from operators.models import Block, Operator
from web.actions import run_service

_MAX_KEY = 200


def conversation_context(
    request: HttpRequest,
    conversation: Conversation | None,
    side: Side,
    *,
    blocks: set[Side],
    refusal: DomainError | None = None,
) -> dict[str, Any]:
    """The messages and the form as `side` sees them, with what was typed before a `refusal`."""
    hiding = refusal if isinstance(refusal, ContactsHidden) else None
    thread = conversation_view(conversation, side, before=number_of(request.GET.get("before"), "before"))
    return {
        "conversation": conversation,
        "thread": thread,
        "draft": request.POST.get("message_text", thread.draft),
        "key": request.POST.get("key") or new_id("form"),
        "is_blocked_by_me": side in blocks,
        "error": refusal.message if refusal and not hiding else "",
        "hiding": {"words": hiding.message, "preview": hiding.extra["preview"]} if hiding else None,
        "delivered_label": str(Delivery.DELIVERED.label),
        "read_label": str(Delivery.READ.label),
    }


def messages_response(request: HttpRequest, conversation: Conversation | None, side: Side) -> HttpResponse:
    """The messages `after` or `before` a number as the page shows them, for `static/js/conversation.js`. Reads nothing."""
    thread = conversation_view(
        conversation,
        side,
        before=number_of(request.GET.get("before"), "before"),
        after=number_of(request.GET.get("after"), "after"),
    )
    return render(request, "components/conversation_messages.html", {"thread": thread})


def client_key(request: HttpRequest) -> str | None:
    """The idempotency key of the form, if it has one."""
    return request.POST.get("key", "")[:_MAX_KEY] or None


def accepts_hiding(request: HttpRequest) -> bool:
    """Whether the form says so: the preview of a text with hidden contact details was seen."""
    return bool(request.POST.get("accept_hiding"))


def blocking_sides(*, customer_id: int, operator_id: int) -> set[Side]:
    """Which of the two want no contact."""
    blocks = Block.objects.filter(customer_id=customer_id, operator_id=operator_id)
    return {Side(side) for side in blocks.values_list("blocked_by", flat=True)}


def describe_own_block(name: str) -> str:
    """For the side that blocked `name`."""
    return _("You blocked %(name)s. Neither of you can text or call.") % {"name": name}


def post_block(request: HttpRequest, conversation: Conversation, side: Side, actor: User) -> None:
    """Apply the block form: no contact any more, or contact again (`undo`)."""
    service = unblock if request.POST.get("undo") else block
    service(
        customer_id=conversation.customer_id, operator_id=conversation.operator_id, side=side, actor=actor
    )


def post_report(request: HttpRequest, conversation: Conversation, side: Side) -> None:
    """Apply the report form, and say on the next page how it went."""
    try:
        report(conversation_id=conversation.pk, side=side, reason=request.POST.get("reason", ""))
        messages.success(request, _("Thank you. Our team will look at this conversation."))
    except DomainError as error:
        messages.error(request, error.message)


def post_text_by_phone(
    request: HttpRequest, *, customer: Customer, operator: Operator, brand: Brand, side: Side, then: str
) -> HttpResponse:
    """Apply the form that asks for a number to text from one's own phone; the conversation then shows the number."""
    user = customer.user if side == Side.CUSTOMER else operator.user
    return run_service(
        request,
        lambda: text_by_phone(customer=customer, operator=operator, brand=brand, side=side, actor=user),
        then=then,
        message=_("You can text from your phone now. The number is under Text by SMS."),
    )
