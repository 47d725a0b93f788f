"""Every change of a right, price, limit, brand, or rule is on record with before and after, whoever makes it and however."""

import asyncio
import subprocess
import sys
from contextlib import nullcontext
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.core.management import BaseCommand, CommandError, ManagementUtility
from django.db import Error, connection, models, transaction
from django.test import Client

from core import clock, log_lines
from core.acting import record_job
from core.command_line import CommandLine
from core.jobs import Queue
from core.worker import WorkerStopped, run_worker
from customers.models import Customer, CustomerPhone, User
from history.selectors import Change, changes_of, event_models
from messaging.models import BrandRules
from operators.models import Operator
from operators.services.presence import set_presence
from tests.backoffice.test_admin_forms import shown
from tests.factories import BrandFactory, StaffFactory, UserFactory
from tests.scenario import given_customer, given_operator, logged_in
from tests.support.database_owner import as_owner
from tools.environment import ROOT

pytestmark = pytest.mark.django_db
ADMIN = "admin.localhost"


@pytest.fixture
def staff() -> User:
    member: User = StaffFactory()
    return member


@pytest.fixture
def desk(staff: User) -> Client:
    return logged_in(staff, ADMIN)


def newest(obj: models.Model) -> Change:
    return changes_of(obj)[0]


def differences(change: Change) -> dict[str, tuple[str, str]]:
    return {item.name: (item.before, item.after) for item in change.differences}


def test_a_share_changed_in_the_admin_shows_who_from_what_to_what(staff: User, desk: Client) -> None:
    operator = given_operator()
    address = f"/operators/operator/{operator.pk}/change/"
    assert desk.post(address, shown(desk, address) | {"share_bps": "9000"}).status_code == 302
    change = newest(operator)
    assert (change.who, change.what) == (staff.email, "operator changed")
    assert differences(change)["share (basis points)"] == ("8000", "9000")
    page = " ".join(desk.get(f"/operators/operator/{operator.pk}/history/").content.decode().split())
    assert "share (basis points): 8000 → 9000" in page
    assert f"<td>{staff.email}</td> <td>operator.change</td>" in page  # the deed, from the audit trail
    assert "share bps: 8000 → 9000" in page


def test_a_change_past_every_page_is_written_down_too(desk: Client) -> None:
    customer = given_customer(balance=0, daily_limit_minor=2000)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE customers_spendinglimit SET amount = 500 WHERE customer_id = %s", [customer.pk]
        )
    [change] = [change for change in changes_of(customer) if change.what == "spending limit changed"]
    assert (change.who, differences(change)) == ("", {"amount (cents or minutes)": ("2000", "500")})
    assert "Not by staff" in desk.get(f"/customers/customer/{customer.pk}/history/").content.decode()


def test_a_page_of_the_desk_names_who_decided(staff: User, desk: Client) -> None:
    customer = given_customer(balance=0)
    Customer.objects.filter(pk=customer.pk).update(closed_at=clock.now())
    form = {"reason": "asked by phone", "confirmed": "1"}
    desk.post(f"/backoffice/customers/{customer.pk}/reopen/", form)
    change = newest(customer)
    assert change.who == staff.email
    assert differences(change)["closed"][1] == "none"


def test_rights_given_and_taken_are_on_the_pages_of_the_person_and_the_role(staff: User) -> None:
    person: User = UserFactory(is_staff=True)
    role = Group.objects.create(name="Night shift")
    right = Permission.objects.get(codename="refund_sale")
    person.groups.add(role)
    role.permissions.add(right)
    role.permissions.remove(right)
    person.user_permissions.add(right)
    person.is_superuser = True
    person.save()
    told = [(change.what, tuple(differences(change).values())) for change in changes_of(person)]
    assert ("user changed", (("no", "yes"),)) in told
    assert any(
        what == "user-group relationship added" and ("", "Night shift") in pairs for what, pairs in told
    )
    assert any(what == "user-permission relationship added" for what, _ in told)
    kinds = [change.what for change in changes_of(role)]
    assert kinds.count("group-permission relationship added") == 1
    assert kinds.count("group-permission relationship removed") == 1


def test_a_brand_shows_its_rules_hosts_and_listings() -> None:
    brand = BrandFactory()
    rules, _ = BrandRules.objects.update_or_create(brand=brand, defaults={"answer_within_hours": 24})
    rules.answer_within_hours = 1
    rules.save()
    given_operator()
    assert {change.what for change in changes_of(brand)} >= {
        "brand added", "brand host added", "brand rules added", "brand rules changed", "listing added"
    }  # fmt: skip


def test_what_changes_by_itself_makes_no_history() -> None:
    operator = given_operator()
    before = len(changes_of(operator))
    set_presence(operator_id=operator.pk, presence="away")
    Operator.objects.filter(pk=operator.pk).update(missed_in_row=1, in_call=True, wrap_up_until=clock.now())
    User.objects.filter(pk=operator.user_id).update(last_login=clock.now() + timedelta(1), password="x")
    assert len(changes_of(operator)) == before
    assert len(changes_of(operator.user)) == 1


def test_histories_hold_nothing_personal() -> None:
    """No number, address, name of a person, password, or free text."""
    personal = {
        "phone",
        "number",
        "email",
        "password",
        "first_name",
        "last_name",
        "alias",
        "born_on",
        "stage_name",
        "bio",
    }
    assert len(event_models()) == 12
    for model in event_models():
        kept = {field.name for field in model._meta.fields if not field.name.startswith("pgh_")}
        assert not kept & personal, model
        assert not any(
            "caller_id" in name or isinstance(model._meta.get_field(name), models.TextField) for name in kept
        )
    customer = given_customer(balance=0)
    number = CustomerPhone.objects.get(customer=customer).phone_number.e164
    rows = [str(row) for model in event_models() for row in model.objects.values()]
    assert rows
    assert not any(number in row or customer.user.email in row for row in rows)


def test_nobody_changes_a_history() -> None:
    given_operator()
    for model in event_models():
        if not model.objects.exists():
            continue
        for role in (nullcontext, as_owner):
            with pytest.raises(Error), transaction.atomic(), role():
                model.objects.update(pgh_label="x")
            with pytest.raises(Error), transaction.atomic(), role():
                model.objects.all()._raw_delete(model.objects.db)
    table = apps.get_model("history", "OperatorChange")._meta.db_table
    with pytest.raises(Error), transaction.atomic(), as_owner() as cursor:
        cursor.execute(f"SET LOCAL aeims.may_truncate = 'off'; TRUNCATE {table}")


@pytest.mark.django_db(transaction=True)
def test_who_is_named_only_while_their_page_runs(desk: Client, staff: User) -> None:
    """The name of one request is not left in the connection for what comes after it."""
    operator = given_operator()
    address = f"/operators/operator/{operator.pk}/change/"
    desk.post(address, shown(desk, address) | {"share_bps": "9000"})
    Operator.objects.filter(pk=operator.pk).update(share_bps=1)
    assert [change.who for change in changes_of(operator) if change.what == "operator changed"] == [
        "",
        staff.email,
    ]


def test_the_history_page_of_what_has_none_is_djangos_own(desk: Client) -> None:
    customer = given_customer(balance=0)
    phone: Any = customer.phones.get()
    assert (
        "No changes yet."
        in desk.get(
            f"/account/emailaddress/{customer.user.emailaddress_set.get().pk}/history/"
        ).content.decode()
    )
    assert changes_of(phone) == []


class LowerShares(BaseCommand):
    """A command that changes what has a history."""

    def handle(self, *args: object, **options: object) -> None:
        Operator.objects.update(share_bps=7000)


@pytest.mark.parametrize("is_named", [True, False])
def test_a_command_is_named_with_who_ran_it(
    staff: User, is_named: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = given_operator(share_bps=8000)
    monkeypatch.setattr(ManagementUtility, "fetch_command", lambda self, name: LowerShares())
    command = CommandLine(["manage.py"]).fetch_command("lower_shares")
    typed = ["--actor", staff.email] if is_named else []
    options = vars(command.create_parser("manage.py", "lower_shares").parse_args(typed))
    command.execute(*options.pop("args", ()), **options)
    change = newest(operator)
    assert change.who == (f"{staff.email}, command lower_shares" if is_named else "command lower_shares")
    assert differences(change)["share (basis points)"] == ("8000", "7000")


def test_nobody_runs_a_command_in_the_name_of_somebody_who_is_no_staff() -> None:
    command = CommandLine(["manage.py"]).fetch_command("check")
    with pytest.raises(CommandError, match="no staff member"):
        command.execute(recorded_actor=UserFactory().email)


def test_the_command_line_of_the_project_is_the_one_that_names() -> None:
    answer = subprocess.run(
        [sys.executable, "manage.py", "sweep_calls", "--help"], cwd=ROOT, capture_output=True, check=True
    )
    assert b"--actor" in answer.stdout


def test_a_job_is_named_and_the_worker_names_every_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_lines.Process, "name", "tests")  # the worker changes it
    operator = given_operator(share_bps=8000)
    context: Any = SimpleNamespace(job=SimpleNamespace(task_name="tests.lower_shares"))
    record_job(lambda: Operator.objects.update(share_bps=7000), context, None)
    assert newest(operator).who == "job tests.lower_shares"

    given = []

    async def run_worker_async(**options: Any) -> None:
        given.append(options["task_middleware"])

    async def execute_query_async(*args: Any, **options: Any) -> None:
        pass

    double: Any = SimpleNamespace(
        run_worker_async=run_worker_async,
        connector=SimpleNamespace(execute_query_async=execute_query_async),
        job_manager=SimpleNamespace(get_stalled_jobs=no_jobs),
    )
    with pytest.raises(WorkerStopped):
        asyncio.run(run_worker(double))
    assert [record_job in middlewares for middlewares in given] == [True] * len(Queue)


async def no_jobs(**options: Any) -> list[Any]:
    return []
