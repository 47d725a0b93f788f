"""What the page of a conversation shows to either side; the customer sites and the portal add what is theirs."""

from collections.abc import Collection
from typing import Any

from django.contrib import messages
from django.http import HttpRequest

from core.errors import DomainError
from core.ids import new_id
from customers.models import User
from messaging.conversation_pages import conversation_view
from messaging.models import Conversation
from messaging.selectors import number_of
from messaging.services.block import block, unblock
from messaging.services.report import report
from messaging.states import Side

_MAX_KEY = 200


def conversation_context(
    request: HttpRequest,
    conversation: Conversation | None,
    side: Side,
    *,
    blocked_by: Collection[str],
    error: str = "",
) -> dict[str, Any]:
    """The messages and the form, with what was typed before an `error`. `blocked_by`: the sides that want no contact."""
    thread = conversation_view(conversation, side, before=number_of(request.GET.get("before"), "before"))
    return {
        "conversation": conversation,
        "thread": thread,
        "draft": request.POST.get("message_text", thread.draft),
        "key": request.POST.get("key") or new_id("form"),
        "is_blocked_by_me": str(side) in blocked_by,
        "error": error,
    }


def client_key(request: HttpRequest) -> str | None:
    """The idempotency key of the form, if it has one."""
    return request.POST.get("key", "")[:_MAX_KEY] or None


def describe_closed(side: Side, other: str, blocked_by: Collection[str]) -> str:
    """Why `side` can write nothing to the person called `other`. A customer is not told that an operator blocked them."""
    if str(side) in blocked_by:
        return f"You blocked {other}. Neither of you can write or call."
    if side == Side.OPERATOR and blocked_by:
        return f"{other} wants no more messages. Neither of you can write or call."
    return f"{other} takes no messages just now."


def change_block(request: HttpRequest, conversation: Conversation, side: Side, actor: User) -> None:
    """From a form: no contact with the other side any more, or (`undo`) contact again."""
    change = unblock if request.POST.get("undo") else block
    change(
        customer_id=conversation.customer_id,
        operator_id=conversation.operator_id,
        side=side,
        actor=actor,
    )


def report_conversation(request: HttpRequest, conversation: Conversation, side: Side) -> None:
    """From a form: tell staff what happened. The outcome is a message on the next page."""
    try:
        report(conversation_id=conversation.pk, side=side, reason=request.POST.get("reason", ""))
        messages.success(request, "Thank you. Our staff will look at this conversation.")
    except DomainError as error:
        messages.error(request, error.message)
