"""The customer's activity: a page of it, all of it as CSV or to print, and the receipt of one thing."""

from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from billing.activity import ActivityKind
from billing.ledger.states import TransactionKind
from billing.models import FreeMinutesPackage
from billing.paid import paid_for
from billing.receipt_numbers import MistypedReceiptNumber, ReceiptOf, read_receipt_number
from billing.spending_limit import spent_this_month_minor
from core import clock
from core.csv_stream import csv_response
from core.errors import Invalid, NotFound
from core.money import as_decimal
from customers.models import Customer
from storefront.activity import (
    Cursor,
    all_rows,
    page_of,
    row_of_transaction,
    selection_of,
)
from storefront.activity_rows import Row, row_of_package
from storefront.decorators import customer_page
from telephony.models import Call
from web.filters import LedgerFilters
from web.requests import BrandRequest

PAGE = 30
PRINT_AT_MOST = 1_000
_HEADER = ["time", "kind", "what", "detail", "amount", "balance", "currency", "receipt"]


@require_safe
@customer_page
def activity(request: BrandRequest, customer: Customer) -> HttpResponse:
    """What happened, the newest first, with the balance after each; `?print=1`: all of the selection on one page."""
    filters = LedgerFilters.from_query(request.GET, ActivityKind.values)
    is_print = request.GET.get("print") == "1"
    cursor = Cursor.opened(request.GET.get("before", ""), customer.pk)
    page = page_of(
        selection_of(customer, filters),
        cursor,
        zone=_zone(customer),
        limit=PRINT_AT_MOST if is_print else PAGE,
    )
    if is_print and page.following:
        raise Invalid(
            _("That’s more than %(most)s lines. Choose fewer days, or download the CSV.")
            % {"most": PRINT_AT_MOST}
        )
    older = {**filters.query, "before": page.following.sealed()} if page.following else None
    context = {
        "rows": page.rows,
        "filters": filters,
        "kinds": ActivityKind.choices,
        "query": urlencode(filters.query),
        "older_url": f"?{urlencode(older)}" if older else None,
        "is_first": "before" not in request.GET,
        "is_print": is_print,
        "has_balances": any(row.balance_minor is not None for row in page.rows),
        "spent_minor": spent_this_month_minor(customer, clock.now()),
        "today": clock.now(),
    }
    return render(request, "storefront/activity.html", context)


@require_safe
@customer_page
def activity_csv(request: BrandRequest, customer: Customer) -> HttpResponseBase:
    """The same rows, all of the selection; times in the customer's zone, amounts as decimals."""
    filters, zone = LedgerFilters.from_query(request.GET, ActivityKind.values), _zone(customer)
    rows = (_cells(row, zone) for row in all_rows(selection_of(customer, filters), zone))
    return csv_response("activity.csv", _HEADER, rows)


@require_safe
@customer_page
def receipt(request: BrandRequest, customer: Customer, number: str) -> HttpResponse:
    """One thing by its number; a call has a receipt of its own. Somebody else's is not found, nor is a number with a typo."""
    try:
        named = read_receipt_number(number)
    except MistypedReceiptNumber as error:
        raise NotFound(error.message) from None
    if named.of == ReceiptOf.CALL:
        return _to_call(customer, named.id)
    if named.of == ReceiptOf.CASE:
        return redirect("case", number=str(named))
    if named.of == ReceiptOf.GIFT:
        packages = FreeMinutesPackage.objects.filter(customer=customer, pk=named.id)
        package = packages.select_related("operator").first()
        if package is None:
            raise NotFound(_("Receipt not found."))
        return _receipt(request, row_of_package(package, _zone(customer)))
    found = row_of_transaction(customer, named.id)
    if found is None:
        raise NotFound(_("Receipt not found."))
    row, thing = found
    if row.call_id:
        return redirect("receipt", call_id=row.call_id)
    sale = thing.transaction
    is_text = sale.kind == TransactionKind.MESSAGE
    paid = paid_for(sale.reference) if is_text or sale.kind == TransactionKind.TIP else None
    return _receipt(request, row, paid=paid, operator=sale.operator if is_text else None)


@require_safe
@customer_page
def calls(request: BrandRequest, customer: Customer) -> HttpResponse:
    """Where the list of calls was."""
    return redirect(f"{reverse('activity')}?{urlencode({'kind': ActivityKind.CALLS})}", permanent=True)


def _to_call(customer: Customer, pk: int) -> HttpResponse:
    call = Call.objects.filter(customer=customer, pk=pk).first()
    if call is None:
        raise NotFound(_("Receipt not found."))
    return redirect("receipt", call_id=call.call_id)


def _receipt(request: BrandRequest, row: Row, **more: object) -> HttpResponse:
    return render(request, "storefront/activity_receipt.html", {"row": row, **more})


def _zone(customer: Customer) -> ZoneInfo:
    return ZoneInfo(customer.user.time_zone)


def _cells(row: Row, zone: ZoneInfo) -> list[object]:
    return [
        _time(row.at, zone), str(row.kind.label), row.title, row.detail, _amount(row.amount_minor),
        _amount(row.balance_minor), row.currency, row.number,
    ]  # fmt: skip


def _time(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat(sep=" ", timespec="seconds")


def _amount(minor: int | None) -> object:
    return "" if minor is None else as_decimal(minor)
