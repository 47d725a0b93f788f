"""Conversations on the operators' site: a list, one conversation, and forms that work without JavaScript."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import DomainError
from messaging.conversation_pages import list_page_of
from messaging.errors import NoSuchConversation
from messaging.models import Conversation
from messaging.selectors import conversation_of, number_of
from messaging.services.read_state import mark_read
from messaging.services.reply import reply
from messaging.states import Side
from operators.models import Operator
from operators.selectors import blocking_sides
from portal.decorators import operator_page
from web.conversations import (
    change_block,
    client_key,
    conversation_context,
    describe_closed,
    report_conversation,
)


@require_safe
@operator_page
def conversations(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Everybody who wrote, the last used first."""
    lines = list_page_of(operator, before=number_of(request.GET.get("before"), "before"))
    older_url = f"?before={lines.next_before}" if lines.next_before else None
    return render(request, "portal/conversations.html", {"lines": lines.items, "older_url": older_url})


@require_http_methods(["GET", "HEAD", "POST"])
@operator_page
def conversation_page(request: HttpRequest, operator: Operator, conversation_id: int) -> HttpResponse:
    """One conversation; a post sends the form's text and comes back here."""
    conversation = _own_conversation(operator, conversation_id)
    if request.method == "POST":
        try:
            reply(
                operator=operator,
                conversation_id=conversation.pk,
                text=request.POST.get("message_text", ""),
                client_key=client_key(request),
            )
        except DomainError as error:
            return _render(request, operator, conversation, error=error.message, status=error.status)
        return redirect(reverse("portal:conversation", args=[conversation.pk]) + "#write")
    if "before" not in request.GET:
        mark_read(conversation_id=conversation.pk, side=Side.OPERATOR, up_to=conversation.last_number)
    return _render(request, operator, conversation)


@require_POST
@operator_page
def block(request: HttpRequest, operator: Operator, conversation_id: int) -> HttpResponse:
    """No contact with this customer any more, or again (`undo`)."""
    change_block(request, _own_conversation(operator, conversation_id), Side.OPERATOR, operator.user)
    return redirect("portal:conversation", conversation_id=conversation_id)


@require_POST
@operator_page
def report(request: HttpRequest, operator: Operator, conversation_id: int) -> HttpResponse:
    """Tell staff what happened."""
    report_conversation(request, _own_conversation(operator, conversation_id), Side.OPERATOR)
    return redirect("portal:conversation", conversation_id=conversation_id)


def _render(
    request: HttpRequest,
    operator: Operator,
    conversation: Conversation,
    *,
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    blocked_by = blocking_sides(customer_id=conversation.customer_id, operator_id=operator.pk)
    context = {
        **conversation_context(request, conversation, Side.OPERATOR, blocked_by=blocked_by, error=error),
        "may_write": not blocked_by,
        "closed_words": describe_closed(Side.OPERATOR, conversation.customer.alias, blocked_by),
    }
    return render(request, "portal/conversation.html", context, status=status)


def _own_conversation(operator: Operator, conversation_id: int) -> Conversation:
    conversation, side = conversation_of(operator.user, conversation_id=conversation_id)
    if side != Side.OPERATOR:  # it is one of theirs as a customer
        raise NoSuchConversation("There is no such conversation.")
    return conversation
