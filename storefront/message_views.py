"""Conversations on the customer sites: a list, one conversation, and forms that work without JavaScript."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.budget import limit_in_the_way, read_budget
from billing.services.rate_paid import paid_texting
from billing.tariffs import text_price
from billing.tax_terms import tax_terms
from core import clock
from core.errors import DomainError, Invalid
from core.parse import whole_number
from customers.models import Customer
from messaging.conversation_pages import ConversationView, describe_price, list_page_of
from messaging.errors import NoSuchConversation
from messaging.models import Conversation
from messaging.selectors import (
    conversation_between,
    number_of,
    rules_of,
    usual_reply,
    verified_phone_of,
    wants_sms,
)
from messaging.services.allow_first import allow_first
from messaging.services.read_state import mark_read
from messaging.services.record_consent import record_consent
from messaging.services.send import needs_agreement, send
from messaging.sms_access import sms_access
from messaging.states import ConsentAction, ConsentSource, Side, SmsMode
from operators.eligibility import account_obstacle, describe_obstacle
from operators.models import Operator
from operators.selectors import operator_by_slug, texting_rating_for
from storefront.cards import card_of
from storefront.decorators import customer_page
from storefront.legal import agreements_first
from web.actions import run_service
from web.conversations import (
    accepts_hiding,
    blocking_sides,
    client_key,
    conversation_context,
    describe_own_block,
    messages_response,
    post_block,
    post_report,
    post_text_by_phone,
)
from web.requests import BrandRequest


@require_safe
@customer_page
@agreements_first
def conversations(request: BrandRequest, customer: Customer) -> HttpResponse:
    """Everybody the customer wrote with, the last used first."""
    lines = list_page_of(customer, before=number_of(request.GET.get("before"), "before"))
    phone = verified_phone_of(customer.pk)
    context = {
        "lines": lines.items,
        "older_url": f"?before={lines.next_before}" if lines.next_before else None,
        "offers_alerts": phone is not None and rules_of(request.brand.pk).sms_mode != SmsMode.OFF,
        "wants_alerts": phone is not None and wants_sms(phone),
    }
    return render(request, "storefront/conversations.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@customer_page
@agreements_first
def conversation_page(request: BrandRequest, customer: Customer, slug: str) -> HttpResponse:
    """One conversation; a post sends the form's text and comes back here, or (`edit`) shows it in the field again."""
    operator = operator_by_slug(request.brand, slug)
    if request.method == "POST" and not request.POST.get("edit"):
        return _send(request, customer, operator)
    conversation = conversation_between(customer, operator)
    if conversation is not None and "before" not in request.GET:
        mark_read(conversation_id=conversation.pk, side=Side.CUSTOMER, up_to=conversation.last_number)
    return _page(request, customer, operator, conversation)


@require_safe
@customer_page
def conversation_messages(request: BrandRequest, customer: Customer, slug: str) -> HttpResponse:
    """Some messages of a conversation, for the page that shows the others."""
    operator = operator_by_slug(request.brand, slug)
    return messages_response(request, conversation_between(customer, operator), Side.CUSTOMER)


@require_POST
@customer_page
def block(request: BrandRequest, customer: Customer, slug: str) -> HttpResponse:
    """No contact with this operator any more, or again (`undo`)."""
    conversation = _own_conversation(request, customer, slug)
    post_block(request, conversation, Side.CUSTOMER, customer.user)
    return redirect("conversation", slug=slug)


@require_POST
@customer_page
def report(request: BrandRequest, customer: Customer, slug: str) -> HttpResponse:
    """Tell staff what happened."""
    conversation = _own_conversation(request, customer, slug)
    post_report(request, conversation, Side.CUSTOMER)
    return redirect("conversation", slug=slug)


@require_POST
@customer_page
def first(request: BrandRequest, customer: Customer, slug: str) -> HttpResponse:
    """Say that this operator may no longer write first, or may again (`allow`)."""
    operator = _own_conversation(request, customer, slug).operator
    is_allowed = bool(request.POST.get("allow"))
    return run_service(
        request,
        lambda: allow_first(customer=customer, operator=operator, is_allowed=is_allowed),
        then=reverse("conversation", args=[slug]),
        message=_("%(name)s may write to you first again.") % {"name": operator.stage_name}
        if is_allowed
        else _("%(name)s can’t write to you first anymore.") % {"name": operator.stage_name},
    )


@require_POST
@customer_page
def by_sms(request: BrandRequest, customer: Customer, slug: str) -> HttpResponse:
    """A number of ours to text this operator from the customer's own phone."""
    operator = operator_by_slug(request.brand, slug)
    return post_text_by_phone(
        request,
        customer=customer,
        operator=operator,
        brand=request.brand,
        side=Side.CUSTOMER,
        then=reverse("conversation", args=[slug]),
    )


@require_POST
@customer_page
def alerts(request: BrandRequest, customer: Customer) -> HttpResponse:
    """Neutral alerts by SMS: yes or no, kept word for word."""
    phone = verified_phone_of(customer.pk)
    if phone is not None:
        wants = request.POST.get("wants") == "1"
        record_consent(
            phone_number=phone,
            action=ConsentAction.START if wants else ConsentAction.STOP,
            source=ConsentSource.SITE,
            said="alerts by SMS: yes" if wants else "alerts by SMS: no",
            actor=customer.user,
        )
        messages.success(request, _("Text alerts are on.") if wants else _("Text alerts are off."))
    return redirect("conversations")


def _send(request: BrandRequest, customer: Customer, operator: Operator) -> HttpResponse:
    price_on_page = request.POST.get("price", "")
    conversation = conversation_between(customer, operator)
    charged = text_price(operator, tax_terms(customer, request.brand, clock.now())).charged_minor
    if needs_agreement(conversation, charged) and not request.POST.get("agreed"):
        return _page(
            request, customer, operator, conversation, refusal=Invalid(_("Please confirm the price first."))
        )
    try:
        send(
            customer=customer,
            operator_id=operator.pk,
            text=request.POST.get("message_text", ""),
            brand=request.brand,
            client_key=client_key(request),
            expected_price_minor=whole_number(price_on_page, most=99_999_999),
            accepts_hiding=accepts_hiding(request),
        )
    except DomainError as error:
        return _page(request, customer, operator, conversation, refusal=error)
    return redirect(reverse("conversation", args=[operator.slug]) + "#write")


def _page(
    request: BrandRequest,
    customer: Customer,
    operator: Operator,
    conversation: Conversation | None,
    *,
    refusal: DomainError | None = None,
) -> HttpResponse:
    brand = request.brand
    blocks = blocking_sides(customer_id=customer.pk, operator_id=operator.pk)
    price, budget = operator.rate_per_message_minor, read_budget(customer.pk, brand=brand)
    charged = text_price(operator, budget.tax).charged_minor
    closed_words = _closed_words(customer, operator, blocks)
    common = conversation_context(request, conversation, Side.CUSTOMER, blocks=blocks, refusal=refusal)
    context = {
        **common,
        "operator": card_of(operator, brand.currency),
        "price_minor": price,
        "price_words": describe_price(charged, brand.currency),
        "must_agree": price > 0 and needs_agreement(conversation, charged),
        "budget": budget,
        "limit_name": limit_in_the_way(budget),
        "currency": brand.currency,
        "is_short": budget.spendable_minor < charged,
        "usual_reply": usual_reply(operator.pk),
        "may_write": not closed_words,
        "closed_words": closed_words,
        "answer_hours": rules_of(brand.pk).answer_within_hours,
        "rating": texting_rating_for(customer.pk, operator.pk),
        "topics": operator.specialties,
        "first_url": reverse("conversation-first", args=[operator.slug]),
        "rateable": _rateable(customer, operator, common["thread"]),
    }
    context["panel"] = {
        **context,
        "side": Side.CUSTOMER,
        "other": operator.stage_name,
        "conversation_id": conversation.pk if conversation else None,
        "operator_id": operator.pk,
        "send_url": reverse("api-send"),
        "messages_url": reverse("conversation-messages", args=[operator.slug]),
        "action": request.path,
        "report_url": reverse("conversation-report", args=[operator.slug]),
        "block_url": reverse("conversation-block", args=[operator.slug]),
        "sms": sms_access(
            conversation, customer=customer, operator=operator, brand=brand, side=Side.CUSTOMER
        ),
        "sms_url": reverse("conversation-sms", args=[operator.slug]),
        "phones_url": reverse("phones"),
    }
    return render(request, "storefront/conversation.html", context, status=refusal.status if refusal else 200)


def _closed_words(customer: Customer, operator: Operator, blocks: set[Side]) -> str:
    """Why nothing can be written; empty if it can. A customer is not told that the operator blocked them."""
    if Side.CUSTOMER in blocks:
        return describe_own_block(operator.stage_name)
    obstacle = account_obstacle(customer, clock.now())
    if obstacle is not None:
        return describe_obstacle(obstacle)
    if blocks or not operator.takes_messages:
        return _("%(operator)s isn’t taking messages right now.") % {"operator": operator.stage_name}
    return ""


def _rateable(customer: Customer, operator: Operator, thread: ConversationView) -> str | None:
    """The text that a rating would be for, once the operator has answered."""
    is_answered = any(not bubble.is_mine and not bubble.is_automatic for bubble in thread.bubbles)
    return paid_texting(customer.pk, operator.pk) if is_answered else None


def _own_conversation(request: BrandRequest, customer: Customer, slug: str) -> Conversation:
    operator = operator_by_slug(request.brand, slug)
    conversation = conversation_between(customer, operator)
    if conversation is None:
        raise NoSuchConversation(_("Conversation not found."))
    return conversation
