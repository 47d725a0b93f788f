"""The audit of transactions: the list, one of them with everything about it, refunds, the CSV."""

from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from backoffice import transactions
from backoffice.decorators import render_staff_page, staff_page
from backoffice.giving import ask_and_give
from backoffice.margin import margin_of_call
from backoffice.questions import refund_question
from backoffice.receipts import url_of_receipt
from backoffice.timeline import timeline_of
from backoffice.transactions import TransactionFilters
from billing.deeds import REFUND
from billing.ledger.models import Entry, Transaction
from billing.ledger.states import CALL_SALES, TransactionKind
from billing.receipt_numbers import ReceiptOf, receipt_number
from billing.refundable import lines_of
from billing.services.carry_out import CarriedOut, carry_out
from billing.tips import call_reference_of
from brands.models import Brand
from core.csv_stream import csv_response
from core.days import BOOKS_ZONE
from core.errors import NotFound
from core.ids import new_id
from core.money import as_decimal
from core.money_pages import moves_money
from core.paging import page_before
from core.private_search import open_query, sealed_query, show_search
from customers.models import User
from messaging.models import Message
from telephony.models import Call
from web.forms import parse_amount

PAGE = 50
SUMS = "sums"  # in the address: add up all that matches
_HEADER = [
    "id", "time", "kind", "amount", "operator_part", "platform_part", "seconds", "rate", "currency", "customer",
    "operator", "brand", "reference", "description", "reason", "staff", "reverses",
]  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("ledger.view_transaction")
def transaction_list(request: HttpRequest, staff: User) -> HttpResponse:
    """What matches, newest first, with the sums of the whole selection where it is narrow or they are wanted. The filters are posted.

    A receipt number leads to what it is of.
    """
    if request.method == "POST":
        return show_search(request)
    filters = TransactionFilters.from_query(open_query(request.GET), TransactionKind.values)
    if receipt_url := url_of_receipt(filters.search, staff):
        return redirect(receipt_url)
    rows = transactions.find(filters)
    page = page_before(rows, before=request.GET.get("before"), limit=PAGE)
    adds_up = filters.is_narrow or bool(request.GET.get(SUMS))
    older: dict[str, Any] = {**filters.query, "before": page.next_before}
    return render_staff_page(
        request,
        "backoffice/transactions.html",
        title="Transactions",
        filters=filters,
        kinds=TransactionKind.choices,
        brands=Brand.objects.all(),
        rows=page.items,
        sums=transactions.sums_of(rows) if adds_up else None,
        sums_url=f"?{sealed_query({**filters.query, SUMS: '1'})}",
        query=sealed_query(filters.query),
        older_url=f"?{sealed_query(older)}" if page.next_before else None,
    )


@require_GET
@staff_page("ledger.view_transaction")
def transaction_csv(request: HttpRequest, staff: User) -> StreamingHttpResponse:
    """The whole selection; people by their ids and public names."""
    rows = transactions.find(TransactionFilters.from_query(open_query(request.GET), TransactionKind.values))
    return csv_response("transactions.csv", _HEADER, (_row(row) for row in transactions.in_chunks(rows)))


@require_GET
@staff_page("ledger.view_transaction")
def transaction_page(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """One transaction: entries, what else belongs to its call or message, what was reported, when what happened."""
    row = Transaction.objects.select_related("customer", "operator", "brand", "actor", "reverses").filter(
        pk=number
    )
    transaction = row.first()
    if transaction is None:
        raise NotFound("Transaction not found.")
    siblings = [transaction]
    if transaction.reference:
        siblings = list(
            Transaction.objects.exclude(reference="").filter(reference=transaction.reference).order_by("id")
        )
    entries = Entry.objects.filter(transaction__in=siblings).select_related(
        "account__customer", "account__operator", "transaction"
    )
    call = _call(call_reference_of(transaction.reference))
    lines = lines_of(transaction)
    return render_staff_page(
        request,
        "backoffice/transaction.html",
        title=f"{transaction.get_kind_display().capitalize()} {transaction.pk}",
        transaction=transaction,
        siblings=siblings,
        entries=entries.order_by("transaction_id", "id"),
        call=call,
        receipt=receipt_number(ReceiptOf.CALL, call.pk)
        if call and transaction.kind in CALL_SALES
        else receipt_number(ReceiptOf.FUNDS, transaction.pk),
        message=Message.objects.filter(message_id=transaction.reference).first()
        if transaction.reference
        else None,
        events=list(call.events.order_by("id")[:200]) if call else [],
        timeline=timeline_of(call, siblings),
        margin=margin_of_call(call) if call else None,
        left_minor=sum(line.left_minor for line in lines),
        is_sale=any(line.row == transaction for line in lines),
        key=new_id("refund"),
    )


@require_POST
@staff_page("ledger.refund_sale")
@moves_money
def refund(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Give back one sale, or all of its call: in full or in part, with or without the operator's share."""
    transaction = Transaction.objects.select_related("customer", "operator").filter(pk=number).first()
    if transaction is None:
        raise NotFound("Transaction not found.")
    form = request.POST

    is_all = form.get("scope") == "all"
    what = {"reference": transaction.reference} if is_all else {"transaction_id": transaction.pk}

    def refund_it(reason: str) -> CarriedOut:
        return carry_out(
            REFUND,
            **what,
            amount_minor=parse_amount(amount) if (amount := form.get("amount", "").strip()) else None,
            claws_back=form.get("funded_by") != "platform",
            reason=reason,
            actor=staff,
            idempotency_key=form.get("key", ""),
        )

    then = reverse("backoffice:transaction", args=[number])
    return ask_and_give(
        request,
        refund_it,
        lambda expected: refund_question(transaction, expected.result, then),
        then=then,
        done="Refunded.",
        # What is asked about is what is refunded, also if somebody else refunds some of it meanwhile.
        changes=lambda expected: {"amount": str(as_decimal(expected.result.amount_minor))},
    )


def _call(reference: str) -> Call | None:
    if not reference:
        return None
    calls = Call.objects.select_related("customer", "operator", "brand", "authorization")
    return calls.filter(call_id=reference).first()


def _row(row: Transaction) -> list[Any]:
    return [
        row.pk, row.created_at.astimezone(BOOKS_ZONE).isoformat(sep=" ", timespec="seconds"), row.kind,
        as_decimal(row.amount_minor), as_decimal(row.operator_minor), as_decimal(row.platform_minor), row.seconds,
        "" if row.rate_minor is None else as_decimal(row.rate_minor), row.currency, row.customer_id,
        row.operator.slug if row.operator else "", row.brand.slug if row.brand else "", row.reference,
        row.description, row.reason, row.actor.email if row.actor else "", row.reverses_id,
    ]  # fmt: skip
