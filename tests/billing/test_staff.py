"""What staff do: the command and the admin's forms, both through the same services."""

from datetime import UTC, datetime
from io import StringIO

import pytest
from django.contrib.admin import site
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from billing import selectors
from billing.ledger.models import Account, Entry, Transaction
from billing.models import Authorization, FreeMinutesPackage
from billing.services.authorize import authorize
from billing.services.settle import settle
from billing.staff_input import find_customer, find_operator, parse_expiry
from core.errors import Invalid, NotFound
from core.models import AuditRecord
from customers.models import Customer, User
from operators.models import Operator
from tests.factories import BrandFactory, StaffFactory
from tests.scenario import given_customer, given_free_minutes, given_operator

pytestmark = pytest.mark.django_db


def grant(*arguments: str) -> str:
    out = StringIO()
    if not any(argument.startswith("--actor") for argument in arguments):
        giver = User.objects.filter(is_superuser=True).first() or StaffFactory()
        arguments = (f"--actor={giver.email.upper()}", *arguments)
    call_command("grant_free_minutes", *arguments, stdout=out)
    return out.getvalue()


def test_free_minutes_from_the_command_line_once_for_each_key() -> None:
    customer, operator = given_customer(balance=0), given_operator(stage_name="Sarah Johnson")
    arguments = [
        f"--customer={customer.user.email.upper()}", "--operator=sarah johnson", "--minutes=10", "--expires=2100-01-31",
        "--reason=sorry for the noise", "--funded-by=operator", "--key=ticket-17",
    ]  # fmt: skip
    first = grant(*arguments)
    assert "10 free minutes" in first
    assert grant(*arguments) == first
    package = FreeMinutesPackage.objects.get()
    assert (package.customer, package.operator, package.funded_by) == (customer, operator, "operator")
    assert package.expires_at == datetime(2100, 2, 1, 4, 59, 59, tzinfo=UTC)  # in New York
    assert AuditRecord.objects.get(action="free_minutes.grant").reason == "sorry for the noise"
    with pytest.raises(CommandError, match="used before"):
        grant(*arguments, "--minutes=11")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ("--customer=nobody@example.com", "no customer 'nobody@example.com'"),
        ("--customer=999999999", "no customer"),
        ("--operator=Nobody", "no operator 'Nobody'"),
        ("--minutes=0", "from 1 to"),
        ("--expires=soon", "enter a date"),
        ("--expires=2027-02-30", "enter a date"),
        ("--expires=2020-01-01", "future"),
        ("--reason= ", "reason"),
        ("--funded-by=operator", "for that operator"),
        ("--funded-by=nobody", "invalid choice"),
    ],
)
def test_what_is_wrong_is_said_clearly(changed: str, message: str) -> None:
    customer = given_customer(balance=0)
    arguments = [f"--customer={customer.pk}", "--minutes=10", "--expires=+30d", "--reason=sorry"]
    with pytest.raises(CommandError, match=message):
        grant(*arguments, changed)
    assert not FreeMinutesPackage.objects.exists()


def test_the_command_is_bound_by_the_rights_and_limits_of_who_gives(settings: Settings) -> None:
    customer = given_customer(balance=0)
    arguments = [f"--customer={customer.pk}", "--minutes=10", "--expires=+30d", "--reason=sorry"]
    for actor in ("nobody@example.test", customer.user.email):
        with pytest.raises(CommandError, match="no staff member"):
            grant(f"--actor={actor}", *arguments)
    with pytest.raises(CommandError, match=r"billing\.give_free_minutes is missing"):
        grant(f"--actor={StaffFactory(is_superuser=False).email}", *arguments)
    boss = StaffFactory()
    own = given_customer(balance=0, user=boss)
    with pytest.raises(CommandError, match="your own account"):
        grant(f"--actor={boss.email}", f"--customer={own.pk}", *arguments[1:])
    settings.BILLING = {**settings.BILLING, "STAFF_DAILY_FREE_MINUTES": 15}
    grant(f"--actor={boss.email}", *arguments)
    with pytest.raises(CommandError, match="at most 15 free minutes a day"):
        grant(f"--actor={boss.email}", *arguments)
    package = FreeMinutesPackage.objects.get()
    assert (package.granted_by, AuditRecord.objects.get(action="free_minutes.grant").actor) == (boss, boss)


def test_people_are_found_by_the_names_staff_know() -> None:
    customer, operator = given_customer(balance=0), given_operator(stage_name="Amber", slug="amber")
    assert find_customer(f" {customer.user.email} ") == find_customer(str(customer.pk)) == customer
    assert find_operator("AMBER") == find_operator("amber") == find_operator(str(operator.pk)) == operator
    twin = given_operator(stage_name="amber", slug="amber-2")
    assert find_operator("amber-2") == twin
    with pytest.raises(Invalid, match=rf"{operator.pk}, {twin.pk}"):
        find_operator("Amber")
    with pytest.raises(NotFound):
        find_customer("9" * 40)


def test_an_expiry_is_a_span_a_day_or_a_moment() -> None:
    """A span and a day reach to the last second of a day where the customer lives."""
    at, new_york = datetime(2026, 3, 1, 3, tzinfo=UTC), "America/New_York"  # February 28, 10 PM there
    assert parse_expiry("+30d", at, new_york) == datetime(2026, 3, 31, 3, 59, 59, tzinfo=UTC)
    assert parse_expiry("2026-03-01", at, new_york) == datetime(2026, 3, 2, 4, 59, 59, tzinfo=UTC)
    assert parse_expiry("2026-03-05T10:00:00-05:00", at, new_york) == datetime(2026, 3, 5, 15, tzinfo=UTC)
    for wrong in ("", "30", "2026-03-05T10:00:00", "2026-13-01", "+99999d"):
        with pytest.raises(Invalid):
            parse_expiry(wrong, at, new_york)


@pytest.fixture
def staff(settings: object) -> Client:
    settings.ADMIN_HOSTS = ["testserver"]
    member = StaffFactory()
    client = Client()
    client.force_login(member)
    return client


def page(name: str) -> str:
    return reverse(f"admin:{name}", urlconf="aeims.urls.backoffice")


def key_of(answer: object) -> str:
    return answer.context["form"]["key"].value()


def test_the_form_gives_free_minutes_once_however_often_it_is_sent(staff: Client) -> None:
    customer = given_customer(balance=0)
    form = staff.get(page("billing_freeminutespackage_add"), {"customer": customer.pk})
    assert f'value="{customer.pk}"' in form.content.decode()
    filled = {
        "customer": customer.pk, "minutes": 5, "expires_at": "2100-01-01", "funded_by": "platform", "reason": "sorry",
        "key": key_of(form),
    }  # fmt: skip
    question = staff.post(page("billing_freeminutespackage_add"), filled).content.decode()
    assert f"Give 5 free minutes to {customer.alias}?" in question
    assert not FreeMinutesPackage.objects.exists()
    for _ in range(2):
        answer = staff.post(page("billing_freeminutespackage_add"), filled | {"confirmed": "1"})
        assert answer.status_code == 302
    package = FreeMinutesPackage.objects.get()
    assert (package.seconds_granted, package.granted_by.is_staff) == (300, True)


def test_the_form_says_what_is_wrong(staff: Client) -> None:
    filled = {
        "customer": "nobody",
        "minutes": 0,
        "expires_at": "soon",
        "funded_by": "platform",
        "reason": "",
        "key": "k",
    }
    answer = staff.post(page("billing_freeminutespackage_add"), filled)
    assert set(answer.context["form"].errors) == {"customer", "minutes", "expires_at", "reason"}
    filled |= {
        "customer": given_customer(balance=0).pk,
        "minutes": 1,
        "expires_at": "2020-01-01",
        "reason": "x",
    }
    answer = staff.post(page("billing_freeminutespackage_add"), filled)
    assert "future" in answer.content.decode()


def test_credits_and_corrections_are_booked_by_a_form(staff: Client) -> None:
    customer = given_customer(balance=0)
    for what, amount in (("credit", "20.00"), ("promo", "5"), ("debit", "1.50")):
        key = key_of(staff.get(page("ledger_transaction_book")))
        filled = {
            "customer": customer.user.email,
            "what": what,
            "amount": amount,
            "reason": "because",
            "key": key,
            "confirmed": "1",
        }
        assert staff.post(page("ledger_transaction_book"), filled).status_code == 302
    assert selectors.wallet_of(customer.pk).balance_minor == 2350
    records = AuditRecord.objects.filter(subject=f"customers.customer:{customer.pk}")
    assert set(records.values_list("action", flat=True)) == {"wallet.credit", "wallet.debit"}
    for amount, message in (("100", "t cover this"), ("1.234", "two decimals"), ("-1", "more than zero")):
        filled = {"customer": customer.pk, "what": "debit", "amount": amount, "reason": "because", "key": "k"}
        assert message in staff.post(page("ledger_transaction_book"), filled).content.decode()


def test_only_who_may_can_open_the_forms(staff: Client) -> None:
    member = StaffFactory(is_superuser=False)
    staff.force_login(member)
    assert staff.get(page("ledger_transaction_book")).status_code == 403
    assert staff.get(page("billing_freeminutespackage_add")).status_code == 403


def test_everything_is_there_to_read_and_nothing_to_change(staff: Client) -> None:
    customer, operator = given_customer(balance=5000), given_operator()
    given_free_minutes(customer, 1)
    authorization = authorize(customer=customer, operator=operator, brand=BrandFactory(), reference="call_1")
    settle(authorization_id=authorization.pk, joined_ms=100_000)
    for model in (Transaction, Account, Authorization, FreeMinutesPackage):
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        assert staff.get(page(f"{name}_changelist")).status_code == 200
        row = model.objects.order_by("id")[0]
        change = reverse(f"admin:{name}_change", args=[row.pk], urlconf="aeims.urls.backoffice")
        assert staff.get(change).status_code == 200
        assert staff.post(change, {"amount_minor": 1}).status_code == 403
        delete = reverse(f"admin:{name}_delete", args=[row.pk], urlconf="aeims.urls.backoffice")
        assert staff.post(delete, {"post": "yes"}).status_code == 403
    assert staff.get(page("ledger_transaction_add")).status_code == 403
    found = staff.get(page("ledger_transaction_changelist"), {"q": "call_1"})
    assert found.context["cl"].result_count == 3
    assert not site.is_registered(Entry)


def test_from_the_list_of_customers_to_the_forms(staff: Client) -> None:
    customer, other = given_customer(balance=0), given_customer(balance=0)
    listing = page("customers_customer_changelist")
    for action, form in (
        ("give_free_minutes", "billing_freeminutespackage_add"),
        ("post_to_wallet", "ledger_transaction_book"),
    ):
        one = staff.post(listing, {"action": action, "_selected_action": [customer.pk]})
        assert one.url == f"{page(form)}?customer={customer.pk}"
        two = staff.post(
            listing, {"action": action, "_selected_action": [customer.pk, other.pk]}, follow=True
        )
        assert "one by one" in two.content.decode()
    assert Customer.objects.count() == 2
    assert not Operator.objects.exists()
