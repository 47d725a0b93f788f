"""Every page that staff see, by eye of axe-core: light and dark, no complaint of the browser, the desk on a phone too."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib import admin
from django.test import override_settings
from playwright.sync_api import Browser, Page, StorageState, expect

from billing.gateways.statement_file import COLUMNS
from billing.ledger.models import Account, Transaction
from billing.ledger.states import AccountKind
from billing.models import Case
from billing.payouts.models import PayoutItem, PayoutRun
from billing.payouts.services.approve_run import approve_run
from billing.payouts.services.change_account import change_account
from billing.payouts.services.export_run import export_run
from billing.payouts.services.prepare_run import prepare_run
from billing.receipt_numbers import ReceiptOf, receipt_number
from billing.services.credit_wallet import credit_wallet
from billing.services.open_case import open_case, open_complaint
from billing.services.rate_paid import rate_paid
from billing.services.read_statement import read_statement
from billing.services.request_funds import decline_request, request_funds
from billing.states import CreditSource
from core import clock
from customers.models import Customer, User
from messaging.models import BrandRules, Conversation
from messaging.services.reply import reply
from messaging.services.report import report
from messaging.services.send import send
from messaging.states import Side
from operators.models import Block, Operator, Photo
from operators.services.photos import approve_photo, upload_photo
from telephony.models import Call
from tests.browser.conftest import NewPage
from tests.browser.page_checks import SCHEMES, assert_fits, await_colours, findings
from tests.browser.product import Product
from tests.browser.test_operator_at_work import enter
from tests.factories import StaffFactory
from tests.operators.photographs import encoded, halves
from tests.payouts.scenario import BANK, later

STILL = {"reduced_motion": "reduce"}
APPS = sorted({model._meta.app_label for model in admin.site._registry})


def fill() -> None:
    """Something of everything, so that no list is empty."""
    customer = Customer.objects.get(user__email="second@aeims.test")
    august = Operator.objects.get(slug="august")
    staff = User.objects.get(email="staff@aeims.test")
    send(customer=customer, operator_id=august.pk, text="Is the needle down?")
    conversation = Conversation.objects.get(customer=customer, operator=august)
    reply(operator=august, conversation_id=conversation.pk, text="Side two.")
    report(conversation_id=conversation.pk, side=Side.CUSTOMER, reason="A test of the desk")
    rate_paid(
        customer=customer,
        reference=Call.objects.filter(customer=customer, operator__slug="mira").earliest("id").call_id,
        stars=5,
    )
    declined = request_funds(customer=customer, brand=customer.home_brand, amount_minor=500)
    decline_request(request_id=declined.pk, reason="a test", actor=staff)
    request_funds(
        customer=customer, brand=customer.home_brand, amount_minor=2500, words="For the weekend, please"
    )
    upload_photo(operator_id=august.pk, data=encoded(halves()))
    approve_photo(photo_id=Photo.objects.get(operator=august).pk, actor=staff)
    upload_photo(operator_id=august.pk, data=encoded(halves().rotate(180)))
    Block.objects.create(
        operator=august, customer=Customer.objects.get(user__email="empty@aeims.test"), blocked_by="operator"
    )
    BrandRules.objects.create(brand=customer.home_brand)
    call = Call.objects.filter(customer=customer, operator__slug="mira").earliest("id")
    open_case(
        customer=customer, brand=call.brand, receipt=receipt_number(ReceiptOf.CALL, call.pk), call_id=call.call_id,
        problem="cut_off", words="We were cut off twice",
    )  # fmt: skip
    given_differences(customer, staff)
    given_payouts(staff)
    complaint = open_complaint(brand=call.brand, email="carl@example.test", words="Too many letters")
    Case.objects.filter(pk=complaint.pk).update(opened_at=clock.now() - timedelta(days=10))


def given_differences(customer: Customer, staff: User) -> None:
    """A line that we don't know, a deposit, and money received outside."""
    lines = "1,sale,C-0,,25.00,3.13,USD,2026-03-02\n2,deposit,,,21.87,,USD,2026-03-05\n"
    read_statement(
        gateway_name="sandbox", name="march.csv", data=f"{','.join(COLUMNS)}\n{lines}".encode(), actor=staff
    )
    credit_wallet(
        customer=customer, amount_minor=100, source=CreditSource.RECEIVED, reason="wire", actor=None,
        idempotency_key="desk-wire", payment_reference="W-1",
    )  # fmt: skip


def given_payouts(staff: User) -> None:
    """A run with a file at the bank, somebody who is left out, and an account that two people have."""
    billing = {**settings.BILLING, "PAYOUTS": {**settings.BILLING["PAYOUTS"], "LEAST_MINOR": 1}}
    earners = Operator.objects.filter(
        pk__in=Account.objects.filter(kind=AccountKind.PAYABLE, balance_minor__gt=0).values("operator")
    )
    first, *others = earners.order_by("pk")
    with override_settings(BILLING=billing), later(days=5):
        for operator in (first, *others[1:], Operator.objects.exclude(pk__in=earners).earliest("pk")):
            change_account(operator_id=operator.pk, method="transfer", given=BANK)
    with override_settings(BILLING=billing), later(days=15):
        run = prepare_run(actor=StaffFactory())
        approve_run(run_id=run.pk, reason="checked", actor=staff)
        export_run(run_id=run.pk, file_format="csv", actor=staff)


@pytest.fixture(scope="module")
def staff(browser: Browser, product: Product) -> StorageState:
    """The cookies of a member of staff, when there is something to see."""
    product.ask(fill)
    context = browser.new_context(base_url=product.site("admin"))
    page = context.new_page()
    enter(page, "staff@aeims.test")
    state = context.storage_state()
    context.close()
    return state


def assert_readable(page: Page, what: str) -> None:
    """No finding, light and dark, which the admin takes from the system."""
    kinds = zip(SCHEMES, ((), ("color-contrast", "link-in-text-block")), strict=True)
    for scheme, rules in kinds:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        await_colours(page)
        found = findings(page, *rules)
        assert not found, f"{what}, {scheme}: {found}"


def desk_pages() -> list[str]:
    """Addresses of the desk, each with something on it."""
    sale = Transaction.objects.filter(kind="call").first()
    assert sale is not None
    case = Case.objects.exclude(customer=None).latest("pk")
    people = (
        f"cases/{case.pk}",
        f"customers/{sale.customer_id}",
        f"operators/{sale.operator_id}",
        f"payouts/runs/{PayoutRun.objects.latest('pk').pk}",
        f"payouts/items/{PayoutItem.objects.filter(state='exported').latest('pk').pk}",
        f"transactions/{sale.pk}",
    )
    names = (
        "live-calls",
        "transactions",
        "funds",
        "cases",
        "balances",
        "mail",
        "photos",
        "trial-balance",
        "reconciliation",
        "payments",
        "payouts",
        "taken-back",
        "revenue",
        *people,
    )
    return [
        "/", *(f"/backoffice/{name}/" for name in names),
        "/backoffice/transactions/?kind=call&operator=mira&from=2026-01-01", "/backoffice/transactions/?q=nothing",
        "/backoffice/transactions/?kind=theft", "/backoffice/trial-balance/?day=2099-01-01",
        "/ledger/transaction/book/", "/billing/freeminutespackage/add/",
    ]  # fmt: skip


def test_every_page_of_the_desk_is_readable_and_fits_a_phone(
    new_page: NewPage, product: Product, staff: StorageState
) -> None:
    page = new_page("admin", storage_state=staff, **STILL)
    for address in product.ask(desk_pages):
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(address)
        expect(page.locator("#content h1, #content h2").first).to_be_visible()
        assert_readable(page, address)
        page.set_viewport_size({"width": 390, "height": 844})
        assert_fits(page, address)


def test_the_question_before_a_deed_is_readable_and_fits_a_phone(
    new_page: NewPage, product: Product, staff: StorageState
) -> None:
    page = new_page("admin", storage_state=staff, **STILL)
    page.goto("/backoffice/funds/")
    page.get_by_role("button", name="Decline").first.click()
    expect(page.get_by_label("Reason (the customer reads it)")).to_be_visible()
    assert_readable(page, "question")
    page.set_viewport_size({"width": 390, "height": 844})
    assert_fits(page, "question")
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("button", name="Decline").first).to_be_visible()


def test_a_number_and_a_conversation_that_are_read_for_a_reason(
    new_page: NewPage, product: Product, staff: StorageState
) -> None:
    page = new_page("admin", storage_state=staff, **STILL)
    number = product.ask(lambda: Customer.objects.get(user__email="second@aeims.test").pk)
    for button in ("Show the number", "Read"):
        page.goto(f"/backoffice/customers/{number}/")
        form = page.locator("form", has=page.get_by_role("button", name=button, exact=True)).first
        form.get_by_label("Reason").fill("a test of the desk")
        form.get_by_role("button", name=button, exact=True).click()
        expect(page.locator("#content")).to_contain_text("a test of the desk")
        assert_readable(page, button)


def test_a_photo_is_approved_at_the_desk(new_page: NewPage, staff: StorageState) -> None:
    page = new_page("admin", storage_state=staff, path="/backoffice/photos/", **STILL)
    expect(page.get_by_alt_text("The new photo of August")).to_have_js_property("complete", True)
    assert page.get_by_alt_text("The new photo of August").evaluate("(image) => image.naturalWidth") > 0
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("#content")).to_contain_text("No photos to review.")


@pytest.mark.parametrize("every_list", [False, pytest.param(True, marks=pytest.mark.long)])
@pytest.mark.parametrize("app", APPS)
def test_lists_and_forms_of_the_admin_are_readable(
    new_page: NewPage, staff: StorageState, app: str, every_list: bool
) -> None:
    """All are of the same few templates: the first list of an app with its forms is enough, or all are seen."""
    page = new_page("admin", storage_state=staff, path=f"/{app}/", **STILL)
    lists = page.locator("#content-main th a").evaluate_all("(all) => all.map((a) => a.getAttribute('href'))")
    assert lists
    for address in lists if every_list else lists[:1]:
        page.goto(address)
        assert_readable(page, address)
        first = page.locator("#result_list tbody th a").first
        forms = [first.get_attribute("href")] if first.count() else []
        forms += page.locator(".object-tools .addlink").evaluate_all(
            "(all) => all.map((a) => a.getAttribute('href'))"
        )
        for form in forms:
            page.goto(str(form))
            expect(page.locator("#content-main")).to_be_visible()
            assert_readable(page, str(form))
