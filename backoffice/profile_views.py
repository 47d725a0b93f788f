"""One page per customer and per operator, with everything about them. Numbers and conversations only with a reason."""

from typing import TypeVar

from django.contrib import messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from backoffice.decorators import ask_staff, render_staff_page, staff_page
from backoffice.operator_phones import phone_rows
from backoffice.payment_rows import customer_payments, received_of
from backoffice.payout_rows import money_of
from backoffice.questions import suspension_question
from billing.earnings import held_minor
from billing.ledger.models import Transaction
from billing.limit_names import limit_words
from billing.models import FreeMinutesPackage, FundsRequest
from billing.selectors import payable_minor, wallet_of
from billing.services.revoke_free_minutes import revoke_free_minutes
from core import audit, clock
from core.confirm import is_confirmed
from core.days import BOOKS_ZONE
from core.errors import Invalid
from core.ids import new_id
from core.models import AuditRecord
from core.money_pages import moves_money
from core.private_search import sealed_query
from customers.exclusion import is_for_good
from customers.models import Customer, CustomerPhone, User
from customers.services.phones import verify_by_staff
from customers.services.staff_decisions import BY_STAFF
from messaging.models import Conversation
from messaging.selectors import messages_of
from messaging.sms_access import sms_states, staff_routes
from operators.models import Block, Interaction, Operator, Rating
from operators.referrals import referral_count
from operators.services.block_phone import allow_operators_phone
from operators.services.rate import moderate_rating
from operators.services.review_operator import approve_operator, suspend_operator
from operators.statistics import dashboard_of
from privacy.services.export_data import latest_export
from privacy.services.request_erasure import waiting_erasure
from telephony.models import Call
from web.actions import run_service
from web.forms import reason_of

M = TypeVar("M", bound=Model)
LAST = 20
MESSAGES_SHOWN = 200


@require_GET
@staff_page("customers.view_customer")
def customer(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Money, calls, conversations, blocks, what staff did."""
    people = Customer.objects.select_related("user", "home_brand", "referral__operator", "referral__brand")
    person = get_object_or_404(people, pk=number)
    wallet = wallet_of(person.pk)
    return render_staff_page(
        request,
        "backoffice/customer.html",
        title=person.alias,
        customer=person,
        bases=[(basis.value, basis.label) for basis in BY_STAFF],
        wallet=wallet,
        referral=getattr(person, "referral", None),
        limits=limit_words(person.pk, clock.now()) if person.has_limits else [],
        excluded=_excluded_words(person),
        transactions_url=f"{reverse('backoffice:transactions')}?{sealed_query({'q': person.user.email})}",
        phones=person.phones.order_by("id"),
        consents=person.consents.select_related("brand").order_by("id"),
        transactions=_last(Transaction.objects.filter(customer=person).select_related("operator"), customer=person),
        payments=customer_payments(person),
        received=received_of(person, wallet),
        cases=person.cases.select_related("brand", "customer").order_by("-id")[:LAST],
        calls=_last(Call.objects.filter(customer=person).select_related("operator", "authorization").order_by("-id"), customer=person),
        packages=FreeMinutesPackage.objects.filter(customer=person).select_related("operator").order_by("-id")[:LAST],
        met=Interaction.objects.filter(customer=person).select_related("operator").order_by("-last_at")[:LAST],
        conversations=_last(Conversation.objects.filter(customer=person).select_related("operator").order_by("-last_message_id"), customer=person),
        blocks=_last(Block.objects.filter(customer=person).select_related("operator").order_by("-id"), customer=person),
        ratings=_last(Rating.objects.filter(customer=person).select_related("operator").order_by("-id"), customer=person),
        requests=FundsRequest.objects.filter(customer=person).order_by("-id")[:LAST],
        records=_records("customers.customer", person.pk),
        erasure=waiting_erasure(person.user),
        export=latest_export(user=person.user, actor=staff),
    )  # fmt: skip


@require_GET
@staff_page("operators.view_operator")
def operator(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Approval status, figures, money, calls, ratings, what staff did."""
    person = get_object_or_404(Operator.objects.select_related("user", "phone_number"), pk=number)
    at = clock.now()
    figures = dashboard_of(person, at)
    return render_staff_page(
        request,
        "backoffice/operator.html",
        title=person.stage_name,
        operator=person,
        phones=phone_rows(person),
        columns=[figures.everywhere, *figures.brands],
        owed_minor=payable_minor(person.pk),
        held_minor=held_minor(person.pk),
        signed_up=referral_count(person),
        money=money_of(person, at),
        listings=person.listings.select_related("brand").order_by("brand_id"),
        transactions=_last(Transaction.objects.filter(operator=person).select_related("customer"), operator=person),
        calls=_last(Call.objects.filter(operator=person).select_related("customer", "authorization").order_by("-id"), operator=person),
        conversations=_last(Conversation.objects.filter(operator=person).select_related("customer").order_by("-last_message_id"), operator=person),
        ratings=_last(Rating.objects.filter(operator=person).select_related("customer").order_by("-id"), operator=person),
        blocks=_last(Block.objects.filter(operator=person).select_related("customer").order_by("-id"), operator=person),
        records=_records("operators.operator", person.pk),
        tax_forms=person.user.tax_forms.order_by("-pk"),
        erasure=waiting_erasure(person.user),
        export=latest_export(user=person.user, actor=staff),
        key=new_id("payout"),
    )  # fmt: skip


@require_POST
@staff_page("billing.give_free_minutes")
@moves_money
def revoke_package(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Take back what is unused of free minutes."""
    package = get_object_or_404(FreeMinutesPackage, pk=number)
    return run_service(
        request,
        lambda: revoke_free_minutes(package_id=number, reason=reason_of(request), actor=staff),
        then=reverse("backoffice:customer", args=[package.customer_id]),
        message="Revoked: what was left of the free minutes can't be used anymore.",
    )


@require_POST
@staff_page("operators.change_operator")
def standing(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Approve or suspend."""
    decision = request.POST.get("decision", "")
    decide, message = {
        "approve": (approve_operator, "Approved: they can go online."),
        "suspend": (suspend_operator, "Suspended: nobody can call or text them."),
    }.get(decision, (None, ""))
    if decide is None:
        raise Invalid("Approve or suspend.")
    then = reverse("backoffice:operator", args=[number])
    if decision == "suspend" and not is_confirmed(request):
        person = get_object_or_404(Operator.objects.select_related("user"), pk=number)
        return ask_staff(request, suspension_question(person, then))
    return run_service(
        request,
        lambda: decide(operator_id=number, actor=staff, reason=reason_of(request)),
        then=then,
        message=message,
    )


@require_POST
@staff_page("customers.manage_phones")
def verify_phone(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Staff called the number and talked to its owner."""
    phone = get_object_or_404(CustomerPhone, pk=number)
    return run_service(
        request,
        lambda: verify_by_staff(phone_id=number, actor=staff, reason=reason_of(request)),
        then=reverse("backoffice:customer", args=[phone.customer_id]),
        message="Verified: calls go to this phone.",
    )


@require_POST
@staff_page("customers.manage_phones")
def allow_phone(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Staff verified the operator's phone, as after a 9."""
    return run_service(
        request,
        lambda: allow_operators_phone(operator_id=number, actor=staff, reason=reason_of(request)),
        then=reverse("backoffice:operator", args=[number]),
        message="Calls go to this phone now.",
    )


@require_POST
@staff_page("customers.view_customerphone")
def reveal_phone(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Show one number of a customer, once, for a reason that is kept."""
    phone = get_object_or_404(CustomerPhone, pk=number)
    reason = reason_of(request)
    then = reverse("backoffice:customer", args=[phone.customer_id])
    if not reason:
        messages.error(request, "Enter a reason: reading a number is kept on record.")
        return HttpResponseRedirect(then)
    audit.record(actor=staff, action="phone.read", subject=phone.customer, reason=reason, phone=phone.pk)
    return render_staff_page(
        request, "backoffice/number.html", title="A number", number=phone.number, back=then, reason=reason
    )


@require_POST
@staff_page("operators.change_operator")
def reveal_operator_phone(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """The same for an operator."""
    person = get_object_or_404(Operator, pk=number)
    reason = reason_of(request)
    then = reverse("backoffice:operator", args=[number])
    if not reason or person.phone_number is None:
        messages.error(request, "Enter a reason: reading a number is kept on record.")
        return HttpResponseRedirect(then)
    audit.record(actor=staff, action="phone.read", subject=person, reason=reason)
    return render_staff_page(
        request, "backoffice/number.html", title="A number", number=person.phone, back=then, reason=reason
    )


@require_POST
@staff_page("messaging.view_message")
def read_conversation(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """The last messages of a conversation, for a reason that is kept."""
    conversation = get_object_or_404(Conversation.objects.select_related("customer", "operator"), pk=number)
    reason = reason_of(request)
    back = reverse("backoffice:customer", args=[conversation.customer_id])
    if not reason:
        messages.error(request, "Enter a reason: reading a conversation is kept on record.")
        return HttpResponseRedirect(back)
    audit.record(
        actor=staff,
        action="conversation.read",
        subject=conversation,
        reason=reason,
        up_to=conversation.last_number,
        customer=conversation.customer_id,
        operator=conversation.operator_id,
    )
    latest = list(messages_of(conversation).order_by("-number")[:MESSAGES_SHOWN])[::-1]
    states = sms_states(latest)
    return render_staff_page(
        request, "backoffice/conversation.html", title="A conversation",
        conversation=conversation, thread=[(message, states.get(message.pk, "")) for message in latest],
        back=back, reason=reason, routes=staff_routes(conversation),
    )  # fmt: skip


@require_POST
@staff_page("operators.change_rating")
def moderate(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Hide a rating, or show it again."""
    rating = get_object_or_404(Rating, pk=number)
    is_hidden = request.POST.get("hide") == "1"
    return run_service(
        request,
        lambda: moderate_rating(
            rating_id=rating.pk, is_hidden=is_hidden, reason=reason_of(request), actor=staff
        ),
        then=reverse("backoffice:operator", args=[rating.operator_id]),
        message="Done and on record.",
    )


def _last(rows: QuerySet[M], **known: Model) -> list[M]:
    """The first rows of a list; the person whose page it is, by the name of the field, is read for none of them again."""
    shown = list(rows[:LAST])
    for row in shown:
        for name, person in known.items():
            setattr(row, name, person)
    return shown


def _records(label: str, pk: int) -> list[AuditRecord]:
    records = AuditRecord.objects.filter(subject=f"{label}:{pk}").select_related("actor")
    return list(records.order_by("-id")[:LAST])


def _excluded_words(person: Customer) -> str:
    """Until when the customer excluded themselves; empty if they didn't, or that is over."""
    until = person.excluded_until
    if until is None or not person.is_excluded(clock.now()):
        return ""
    return "for good" if is_for_good(until) else f"until {until.astimezone(BOOKS_ZONE):%Y-%m-%d}"
