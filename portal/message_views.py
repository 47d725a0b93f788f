"""Conversations on the operators' site: a list, one conversation, and forms that work without JavaScript."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import clock
from core.errors import DomainError
from messaging.conversation_pages import list_page_of
from messaging.errors import NoSuchConversation
from messaging.models import Conversation
from messaging.selectors import number_of
from messaging.services.read_state import mark_read
from messaging.services.reply import reply
from messaging.sms_access import sms_access
from messaging.states import Side
from operators.models import Operator
from portal.decorators import operator_page
from portal.writing import closed_words
from web.conversations import (
    accepts_hiding,
    blocking_sides,
    client_key,
    conversation_context,
    messages_response,
    post_block,
    post_report,
    post_text_by_phone,
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
    """One conversation; a post sends the form's text and comes back here, or (`edit`) shows it in the field again."""
    conversation = _own_conversation(operator, conversation_id)
    if request.method == "POST" and not request.POST.get("edit"):
        try:
            reply(
                operator=operator,
                conversation_id=conversation.pk,
                text=request.POST.get("message_text", ""),
                client_key=client_key(request),
                accepts_hiding=accepts_hiding(request),
            )
        except DomainError as error:
            return _page(request, operator, conversation, refusal=error)
        return redirect(reverse("portal:conversation", args=[conversation.pk]) + "#write")
    if "before" not in request.GET:
        mark_read(conversation_id=conversation.pk, side=Side.OPERATOR, up_to=conversation.last_number)
    return _page(request, operator, conversation)


@require_safe
@operator_page
def pane(request: HttpRequest, operator: Operator, conversation_id: int) -> HttpResponse:
    """The conversation alone, to be read and answered beside the call (`static/js/console-chat.js`)."""
    conversation = _own_conversation(operator, conversation_id)
    mark_read(conversation_id=conversation.pk, side=Side.OPERATOR, up_to=conversation.last_number)
    context = {"conversation": conversation, "panel": _panel(request, operator, conversation)}
    return render(request, "portal/console/chat.html", context)


@require_safe
@operator_page
def conversation_messages(request: HttpRequest, operator: Operator, conversation_id: int) -> HttpResponse:
    """Some messages of a conversation, for the page that shows the others."""
    return messages_response(request, _own_conversation(operator, conversation_id), Side.OPERATOR)


@require_POST
@operator_page
def block(request: HttpRequest, operator: Operator, conversation_id: int) -> HttpResponse:
    """No contact with this customer any more, or again (`undo`)."""
    conversation = _own_conversation(operator, conversation_id)
    post_block(request, conversation, Side.OPERATOR, operator.user)
    return redirect("portal:conversation", conversation_id=conversation.pk)


@require_POST
@operator_page
def report(request: HttpRequest, operator: Operator, conversation_id: int) -> HttpResponse:
    """Tell staff what happened."""
    conversation = _own_conversation(operator, conversation_id)
    post_report(request, conversation, Side.OPERATOR)
    return redirect("portal:conversation", conversation_id=conversation.pk)


@require_POST
@operator_page
def by_sms(request: HttpRequest, operator: Operator, conversation_id: int) -> HttpResponse:
    """A number of ours to text this customer from the operator's own phone."""
    conversation = _own_conversation(operator, conversation_id)
    return post_text_by_phone(
        request,
        customer=conversation.customer,
        operator=operator,
        brand=conversation.brand,
        side=Side.OPERATOR,
        then=reverse("portal:conversation", args=[conversation.pk]),
    )


def _page(
    request: HttpRequest,
    operator: Operator,
    conversation: Conversation,
    *,
    refusal: DomainError | None = None,
) -> HttpResponse:
    panel = _panel(request, operator, conversation, refusal=refusal)
    context = {"conversation": conversation, "panel": panel}
    return render(request, "portal/conversation.html", context, status=refusal.status if refusal else 200)


def _panel(
    request: HttpRequest,
    operator: Operator,
    conversation: Conversation,
    *,
    refusal: DomainError | None = None,
) -> dict[str, Any]:
    blocks = blocking_sides(customer_id=conversation.customer_id, operator_id=operator.pk)
    words = closed_words(conversation, clock.now())
    return {
        **conversation_context(request, conversation, Side.OPERATOR, blocks=blocks, refusal=refusal),
        "side": Side.OPERATOR,
        "other": conversation.customer.alias,
        "conversation_id": conversation.pk,
        "operator_id": operator.pk,
        "may_write": not words,
        "closed_words": words,
        "send_url": reverse("api-reply"),
        "messages_url": reverse("portal:conversation-messages", args=[conversation.pk]),
        "action": reverse("portal:conversation", args=[conversation.pk]),
        "report_url": reverse("portal:conversation-report", args=[conversation.pk]),
        "block_url": reverse("portal:conversation-block", args=[conversation.pk]),
        "sms": sms_access(
            conversation,
            customer=conversation.customer,
            operator=operator,
            brand=conversation.brand,
            side=Side.OPERATOR,
        ),
        "sms_url": reverse("portal:conversation-sms", args=[conversation.pk]),
        "settings_url": reverse("portal:settings-phones"),
    }


def _own_conversation(operator: Operator, conversation_id: int) -> Conversation:
    rows = Conversation.objects.select_related("customer", "brand")
    conversation = rows.filter(pk=conversation_id, operator=operator).first()
    if conversation is None:
        raise NoSuchConversation("Conversation not found.")
    return conversation
