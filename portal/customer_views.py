"""The customers an operator spoke with: notes, blocking, a gift of free minutes. Each is known by alias alone."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from billing.services.grant_as_operator import grant_as_operator, minutes_left
from core import clock
from core.errors import Invalid, NotFound
from core.ids import new_id
from core.parse import whole_number
from core.push import time_sequence
from messaging.first_contact import CONTACT_WITHIN
from messaging.models import Conversation
from messaging.selectors import conversation_between
from messaging.services.block import block as block_contact
from messaging.services.block import unblock as unblock_contact
from messaging.states import Side
from operators.customer_list import blocked_by, customers_of, get_interaction
from operators.models import Block, Operator
from portal.decorators import operator_page
from portal.notes import keep_note
from portal.regions import customer_note
from portal.writing import closed_words
from telephony.selectors import calls_between
from web.actions import run_service


@require_GET
@operator_page
def customers(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Whom the operator spoke with, who was here last first."""
    page = customers_of(operator, request.GET.get("before"))
    context = {
        "rows": page.items,
        "recent": clock.now() - CONTACT_WITHIN,
        "older_url": f"?before={page.next_before}" if page.next_before else None,
        "blocked": blocked_by(operator) if "before" not in request.GET else [],
    }
    return render(request, "portal/customers.html", context)


@require_GET
@operator_page
def customer(request: HttpRequest, operator: Operator, number: int) -> HttpResponse:
    """One of them: what passed between the two, the note, what can be done."""
    interaction = get_interaction(operator, number)
    new = Conversation(customer=interaction.customer, operator=operator)
    conversation = conversation_between(interaction.customer, operator)
    context = {
        "interaction": interaction,
        **customer_note(interaction),
        "sequence": time_sequence(),
        "calls": calls_between(operator, interaction.customer),
        "conversation": conversation if conversation is not None and conversation.last_number else None,
        "closed_words": closed_words(conversation or new, clock.now()),
        "minutes_left": minutes_left(operator, clock.now()),
        "gift_key": new_id("gift"),
    }
    return render(request, "portal/customer.html", context)


@require_POST
@operator_page
def note(request: HttpRequest, operator: Operator, number: int) -> HttpResponse:
    """Keep a note about one of them."""
    interaction = get_interaction(operator, number)
    return keep_note(request, operator, interaction.customer_id, then=_page_of(number))


@require_POST
@operator_page
def block(request: HttpRequest, operator: Operator, number: int) -> HttpResponse:
    """No more contact with one of them, or contact again."""
    interaction = get_interaction(operator, number)
    if request.POST.get("undo"):
        return run_service(
            request,
            lambda: unblock_contact(
                customer_id=interaction.customer_id,
                operator_id=operator.pk,
                side=Side.OPERATOR,
                actor=operator.user,
            ),
            then=_page_of(number),
            message="They can call and text you again.",
        )
    return run_service(
        request,
        lambda: block_contact(
            customer_id=interaction.customer_id,
            operator_id=operator.pk,
            side=Side.OPERATOR,
            actor=operator.user,
        ),
        then=_page_of(number),
        message="Blocked. They can no longer call or text you.",
    )


@require_POST
@operator_page
def unblock(request: HttpRequest, operator: Operator, number: int) -> HttpResponse:
    """Take back a block of the list, also of somebody who never got through."""
    block_row = next((row for row in blocked_by(operator) if row.pk == number), None)
    if block_row is None:
        raise NotFound("Block not found.")
    return _unblock(request, operator, block_row)


@require_POST
@operator_page
def give_minutes(request: HttpRequest, operator: Operator, number: int) -> HttpResponse:
    """Free minutes that the operator stands for."""
    interaction = get_interaction(operator, number)
    minutes, key = request.POST.get("minutes", ""), request.POST.get("key", "")

    def give() -> None:
        number_of_minutes = whole_number(minutes, most=99_999)
        if number_of_minutes is None or not 1 <= len(key) <= 60:
            raise Invalid("How many minutes?")
        grant_as_operator(
            operator=operator,
            customer=interaction.customer,
            minutes=number_of_minutes,
            idempotency_key=f"gift:{operator.pk}:{key}",
        )

    return run_service(
        request, give, then=_page_of(number), message="Done. They see it on their page right away."
    )


def _unblock(request: HttpRequest, operator: Operator, block_row: Block) -> HttpResponse:
    return run_service(
        request,
        lambda: unblock_contact(
            customer_id=block_row.customer_id,
            operator_id=operator.pk,
            side=Side.OPERATOR,
            actor=operator.user,
        ),
        then=reverse("portal:customers"),
        message="They can call and text you again.",
    )


def _page_of(number: int) -> str:
    return reverse("portal:customer", args=[number])
