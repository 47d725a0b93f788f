"""A brand that a member of staff makes in the admin, form by form as `docs/adding-a-brand.md` has it: name and host, card payments,
a welcome offer of its own, and an operator."""

from playwright.sync_api import Page, expect

from brands.models import Brand
from operators.models import Operator
from tests.browser.product import Product
from tests.browser.test_operator_at_work import enter

NAME, SLUG, HOST = "Velvet", "velvet", "velvet.localhost"
Fields = dict[str, str]

BRAND: Fields = {  # the slug first: the page makes one from the name until it has its own
    "slug": SLUG, "name": NAME, "tagline": "Company that listens.", "description": "Talk with people who have time.",
    "caller_id": "+12125550130", "operator_caller_id": "+12125550131", "support_email": "support@velvet.example",
    "hosts-0-host": " Velvet.Localhost ",
}  # fmt: skip
PAYMENTS: Fields = {
    "brand": NAME,
    "gateway": "sandbox",
    "account": SLUG,
    "statement_text": "VLV*SUPPORT",
    "support_phone": "+12125550130",
}
OFFER: Fields = {
    "kind": "welcome",
    "name": "Welcome gift",
    "brand": NAME,
    "minutes": "1",
    "daily_budget_minor": "50000",
}


def make_in_the_admin(page: Page, product: Product, operator: str) -> None:
    """`page`: one of the back office. Does nothing where the brand is there."""
    if product.ask(Brand.objects.filter(slug=SLUG).exists):
        return
    enter(page, "staff@aeims.test")
    save(page, "/brands/brand/add/", BRAND)
    save(page, "/billing/merchantaccount/add/", PAYMENTS)
    page.goto("/billing/offer/add/")
    page.locator("[name=covers_fee]").check()
    save(page, "", OFFER)
    key = product.ask(lambda: Operator.objects.get(slug=operator).pk)
    page.goto(f"/operators/operator/{key}/change/")
    count = page.locator("[name=listings-TOTAL_FORMS]").input_value()
    page.locator("#listings-group .add-row a").click()
    save(page, "", {f"listings-{count}-brand": NAME})
    assert product.ask(hosts) == [HOST]


def save(page: Page, address: str, fields: Fields) -> None:
    """Fill these fields of the form at `address`, or of the one that is open, and save it."""
    if address:
        page.goto(address)
    for name, value in fields.items():
        field = page.locator(f"[name={name}]")
        if field.evaluate("(field) => field.tagName") == "SELECT":
            field.select_option(label=value)
        else:
            field.fill(value)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist .success")).to_be_visible()


def hosts() -> list[str]:
    return [row.host for row in Brand.objects.get(slug=SLUG).hosts.all()]
