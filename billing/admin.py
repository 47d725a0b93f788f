"""Free minutes, credits and authorizations in the admin. Everything that changes money goes through a form of ours."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from billing import offer_admin, payment_admin, tax_admin  # noqa: F401 (they register their own)
from billing.forms import GrantFreeMinutesForm, MoneyForm, WalletForm
from billing.ledger.admin import TransactionAdmin
from billing.ledger.models import Transaction
from billing.models import Authorization, Case, FreeMinutesPackage, Reservation
from billing.rating import as_minutes
from billing.receipt_numbers import ReceiptOf, looks_like_receipt_number, read_receipt_number
from core.admin import ReadOnlyAdmin
from core.confirm import ask, is_confirmed
from core.money import format_money
from core.money_pages import moves_money
from customers.admin import CustomerAdmin
from customers.models import Customer, User


def money_view(
    site: admin.AdminSite, request: HttpRequest, form_class: type[MoneyForm], title: str, success_url: str
) -> HttpResponse:
    """Show a form, ask whether it is meant, carry it out, and go to `success_url`. `?customer=` fills in whom it is for."""
    assert isinstance(request.user, User), "the admin is for people who logged in"
    form = form_class(request.POST or None, initial={"customer": request.GET.get("customer", "")})
    if request.method == "POST" and form.is_valid() and not is_confirmed(request):
        if form.is_possible(request.user):
            question = ask(request, form.question(reverse(success_url)))
            context = {
                **site.each_context(request),
                "title": question.confirmation.title,
                "question": question,
            }
            return TemplateResponse(request, "admin/billing/money_confirm.html", context)
    elif request.method == "POST" and form.is_valid():
        summary = form.carry_out(request.user)
        if summary:
            messages.success(request, summary)
            return HttpResponseRedirect(reverse(success_url))
    context = {**site.each_context(request), "title": title, "form": form, "back": reverse(success_url)}
    return TemplateResponse(request, "admin/billing/money_form.html", context)


@admin.register(FreeMinutesPackage)
class FreeMinutesPackageAdmin(ReadOnlyAdmin[FreeMinutesPackage]):
    """Packages are read here and given by a form; nobody edits them."""

    list_display = [
        "id",
        "granted_at",
        "customer",
        "with_whom",
        "given",
        "left",
        "expires_at",
        "funded_by",
        "reason",
    ]
    list_filter = ["funded_by"]
    list_select_related = ["customer", "operator"]
    search_fields = ["customer__user__email__exact", "idempotency_key__exact"]
    search_help_text = "A customer's email address, or an idempotency key"
    exclude = ["idempotency_key"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("billing.give_free_minutes")

    @moves_money
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        success_url = "admin:billing_freeminutespackage_changelist"
        return money_view(self.admin_site, request, GrantFreeMinutesForm, "Give free minutes", success_url)

    @admin.display(description="with")
    def with_whom(self, package: FreeMinutesPackage) -> str:
        return str(package.operator or "any operator")

    @admin.display(description="minutes")
    def given(self, package: FreeMinutesPackage) -> int | float:
        return as_minutes(package.seconds_granted)

    @admin.display(description="left")
    def left(self, package: FreeMinutesPackage) -> int | float:
        return as_minutes(package.seconds_remaining)


class ReservationInline(admin.TabularInline[Reservation, Authorization]):
    model = Reservation
    extra = 0
    can_delete = False
    fields = ["order", "package", "seconds", "used_seconds", "funded_by"]
    readonly_fields = ["order", "package", "seconds", "used_seconds", "funded_by"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Authorization)
class AuthorizationAdmin(ReadOnlyAdmin[Authorization]):
    """The terms, the hold and the outcome of each call."""

    list_display = [
        "reference",
        "created_at",
        "customer",
        "operator",
        "state",
        "granted_seconds",
        "held",
        "charged",
    ]
    list_filter = ["state"]
    list_select_related = ["customer", "operator"]
    search_fields = ["reference__exact"]
    search_help_text = "A call id"
    inlines = [ReservationInline]

    @admin.display(description="held")
    def held(self, authorization: Authorization) -> str:
        return format_money(authorization.held_minor, authorization.currency)

    @admin.display(description="charged")
    def charged(self, authorization: Authorization) -> str:
        return format_money(authorization.charged_minor, authorization.currency)


class CreditingTransactionAdmin(TransactionAdmin):
    """The books, and beside them the form for credits and corrections."""

    change_list_template = "admin/billing/transactions.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.book_view)
        return [path("book/", view, name="ledger_transaction_book"), *super().get_urls()]

    @moves_money
    def book_view(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm("ledger.credit_wallet"):
            raise PermissionDenied
        title = "Credit or correct a wallet"
        return money_view(self.admin_site, request, WalletForm, title, "admin:ledger_transaction_changelist")


admin.site.unregister(Transaction)
admin.site.register(Transaction, CreditingTransactionAdmin)


def _to_form(request: HttpRequest, customers: QuerySet[Customer], form: str) -> HttpResponse | None:
    chosen = list(customers.values_list("pk", flat=True)[:2])
    if len(chosen) != 1:
        messages.error(request, "Choose one customer: money and free minutes are given one by one.")
        return None
    return HttpResponseRedirect(f"{reverse(form)}?customer={chosen[0]}")


@admin.action(description="Give free minutes", permissions=["view"])
def give_free_minutes(model: Any, request: HttpRequest, customers: QuerySet[Customer]) -> HttpResponse | None:
    """From the list of customers to the form."""
    return _to_form(request, customers, "admin:billing_freeminutespackage_add")


@admin.action(description="Credit or correct the wallet", permissions=["view"])
def post_to_wallet(model: Any, request: HttpRequest, customers: QuerySet[Customer]) -> HttpResponse | None:
    """From the list of customers to the form."""
    return _to_form(request, customers, "admin:ledger_transaction_book")


CustomerAdmin.actions = [*(CustomerAdmin.actions or []), give_free_minutes, post_to_wallet]


def _customers_charged(reference: str) -> QuerySet[Any, Any]:
    """Of a receipt: the call id or message id on it."""
    charged = Transaction.objects.exclude(reference="").filter(reference=reference, customer__isnull=False)
    return charged.order_by().values("customer")


def _customers_authorized(reference: str) -> QuerySet[Any, Any]:
    """Of a call that cost nothing, too."""
    return Authorization.objects.filter(reference=reference).values("customer")


def _customers_of_receipt(text: str) -> QuerySet[Any, Any]:
    """Of a receipt number. Raises MistypedReceiptNumber. Those of calls: `telephony.admin`."""
    nobody = Customer.objects.none().values("pk")
    if (
        not looks_like_receipt_number(text)
        or Transaction.objects.exclude(reference="").filter(reference=text).exists()
    ):
        return nobody
    number = read_receipt_number(text)
    if number.of == ReceiptOf.FUNDS:
        rows = Transaction.objects.filter(pk=number.id, customer__isnull=False)
        return rows.order_by().values("customer")
    if number.of == ReceiptOf.GIFT:
        return FreeMinutesPackage.objects.filter(pk=number.id).values("customer")
    if number.of == ReceiptOf.CASE:
        return Case.objects.filter(pk=number.id, customer__isnull=False).values("customer")
    return nobody


CustomerAdmin.searches = [
    *CustomerAdmin.searches, _customers_charged, _customers_authorized, _customers_of_receipt
]  # fmt: skip
