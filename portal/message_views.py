"""Conversations on the operators' site: a list, one conversation, and forms that work without JavaScript."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import DomainError
from core.ids import new_id
from messaging.conversation_pages import conversation_view, list_page_of
from messaging.errors import NoSuchConversation
from messaging.models import Conversation
from messaging.selectors import number_of
from messaging.services.block import block as end_contact
from messaging.services.block import unblock
from messaging.services.read_state import mark_read
from messaging.services.reply import reply
from messaging.services.report import report as report_to_staff
from messaging.states import Side
from operators.models import Block, Operator
from portal.decorators import operator_page

MAX_KEY = 200


@require_safe
@operator_page
def conversations(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Everybody who wrote, the last used first."""
    lines = list_page_of(operator, before=number_of(request.GET.get("before"), "before"))
    older_url = f"?before={lines.next_before}" if lines.next_before else None
    return render(request, "portal/conversations.html", {"lines": lines.items, "older_url": older_url})


@require_http_methods(["GET", "HEAD", "POST"])
@operator_page
def conversation(request: HttpRequest, operator: Operator, conversation_id: int) -> HttpResponse:
    """One conversation; a post sends the form's text and comes back here."""
    known = _known(operator, conversation_id)
    if request.method == "POST":
        try:
            reply(
                operator=operator,
                conversation_id=known.pk,
                text=request.POST.get("message_text", ""),
                client_key=request.POST.get("key", "")[:MAX_KEY] or None,
            )
        except DomainError as error:
            return _page(request, operator, known, error=error.message, status=error.status)
        return redirect(reverse("portal:conversation", args=[known.pk]) + "#write")
    if "before" not in request.GET:
        mark_read(conversation_id=known.pk, side=Side.OPERATOR, up_to=known.last_number)
    return _page(request, operator, known)


@require_POST
@operator_page
def block(request: HttpRequest, operator: Operator, conversation_id: int) -> HttpResponse:
    """No contact with this customer any more, or again (`undo`)."""
    known = _known(operator, conversation_id)
    act = unblock if request.POST.get("undo") else end_contact
    act(customer_id=known.customer_id, operator_id=known.operator_id, side=Side.OPERATOR, actor=operator.user)
    return redirect("portal:conversation", conversation_id=known.pk)


@require_POST
@operator_page
def report(request: HttpRequest, operator: Operator, conversation_id: int) -> HttpResponse:
    """Tell staff what happened."""
    known = _known(operator, conversation_id)
    try:
        report_to_staff(conversation_id=known.pk, side=Side.OPERATOR, reason=request.POST.get("reason", ""))
        messages.success(request, "Thank you. Staff will look at this conversation.")
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("portal:conversation", conversation_id=known.pk)


def _page(
    request: HttpRequest, operator: Operator, known: Conversation, *, error: str = "", status: int = 200
) -> HttpResponse:
    thread = conversation_view(known, Side.OPERATOR, before=number_of(request.GET.get("before"), "before"))
    blocks = set(
        Block.objects.filter(customer_id=known.customer_id, operator=operator).values_list(
            "blocked_by", flat=True
        )
    )
    context = {
        "conversation": known,
        "thread": thread,
        "draft": request.POST.get("message_text", thread.draft),
        "key": request.POST.get("key") or new_id("form"),
        "is_blocked_by_me": str(Side.OPERATOR) in blocks,
        "may_write": not blocks,
        "closed_words": _closed_words(known, blocks),
        "error": error,
    }
    return render(request, "portal/conversation.html", context, status=status)


def _closed_words(known: Conversation, blocks: set[str]) -> str:
    """Why nothing can be written."""
    alias = known.customer.alias
    who = f"You blocked {alias}." if str(Side.OPERATOR) in blocks else f"{alias} wants no more messages."
    return f"{who} Neither of you can write or call."


def _known(operator: Operator, conversation_id: int) -> Conversation:
    rows = Conversation.objects.select_related("customer", "brand")
    known = rows.filter(pk=conversation_id, operator=operator).first()
    if known is None:
        raise NoSuchConversation("There is no such conversation.")
    return known
