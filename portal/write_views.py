"""An operator writes to a customer with whom there is no conversation yet."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from brands.models import Brand
from core import clock
from core.errors import DomainError
from customers.models import Customer
from messaging.models import Conversation
from messaging.selectors import conversation_between
from messaging.services.reply import write_first
from messaging.states import Side
from operators.customer_list import get_interaction
from operators.models import Interaction, Operator
from portal.decorators import operator_page
from portal.writing import closed_words
from telephony.selectors import calls_between
from web.conversations import accepts_hiding, client_key, conversation_context


@require_http_methods(["GET", "HEAD", "POST"])
@operator_page
def write(request: HttpRequest, operator: Operator, number: int) -> HttpResponse:
    """A field for the first message, or why there is none; the conversation where there is one."""
    interaction = get_interaction(operator, number)
    customer = interaction.customer
    if request.method == "POST" and not request.POST.get("edit"):
        try:
            message, _ = write_first(
                operator=operator,
                customer=customer,
                brand=_brand(operator, customer),
                text=request.POST.get("message_text", ""),
                client_key=client_key(request),
                accepts_hiding=accepts_hiding(request),
            )
        except DomainError as error:
            return _page(request, operator, interaction, refusal=error)
        return redirect(reverse("portal:conversation", args=[message.conversation_id]) + "#write")
    conversation = conversation_between(customer, operator)
    if conversation is not None and conversation.last_number:
        return redirect("portal:conversation", conversation_id=conversation.pk)
    return _page(request, operator, interaction)


def _page(
    request: HttpRequest, operator: Operator, interaction: Interaction, *, refusal: DomainError | None = None
) -> HttpResponse:
    customer = interaction.customer
    brand = _brand(operator, customer)
    words = closed_words(Conversation(customer=customer, operator=operator, brand=brand), clock.now())
    panel = {
        **conversation_context(request, None, Side.OPERATOR, blocks=set(), refusal=refusal),
        "side": Side.OPERATOR,
        "other": customer.alias,
        "conversation_id": None,
        "operator_id": operator.pk,
        "may_write": not words,
        "closed_words": words,
        "action": request.path,
    }
    context = {"customer": customer, "brand": brand, "number": interaction.pk, "panel": panel}
    return render(request, "portal/write.html", context, status=refusal.status if refusal else 200)


def _brand(operator: Operator, customer: Customer) -> Brand:
    """Where the two last met, or where the customer is at home."""
    calls = calls_between(operator, customer, limit=1)
    return calls[0].brand if calls else customer.home_brand
