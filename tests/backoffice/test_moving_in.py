"""Moving in: the tables of the system before, exported by the shipped SQL, come over whole, or nothing does."""

import csv
import io
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from billing.auditing import run, scope_since
from billing.ledger.models import Account, Entry, Transaction
from billing.ledger.states import AccountKind, TransactionKind
from billing.models import FreeMinutesPackage
from brands.models import Brand
from core.models import AuditRecord
from customers.legal import pending_kinds
from customers.models import Consent, Customer, User
from customers.states import ConsentKind
from operators.models import Operator
from operators.services.review_operator import approve_operator
from tests.factories import BrandFactory, StaffFactory
from tests.scenario import BRAND_HOST, customer_client
from tests.support.environment import owner_url, serving_url
from tools.environment import ROOT
from tools.postgres import binary

pytestmark = pytest.mark.django_db
# The example of the PHP manual, password_verify.
PASSWORD = "rasmuslerdorf"
HASH = "$2y$07$BCryptRequires22Chrcte/VlQH0piJtjXl.0t1XkA8pw9dMXTpOq"
OWNER = "owner@example.com"

SCHEMA = """
CREATE TABLE customers (
    id serial PRIMARY KEY, email text, password_hash text, balance numeric(10,2), phone text, date_of_birth date, site text,
    email_verified boolean, status text, created_at timestamp
);
CREATE TABLE operators (
    id serial PRIMARY KEY, email text, password_hash text, name text, phone text, metadata jsonb, email_verified boolean, status text
);
CREATE TABLE transactions (
    id serial PRIMARY KEY, call_id int, customer_id int, operator_id int, transaction_type text, amount numeric(10,2),
    operator_amount numeric(10,2), platform_amount numeric(10,2), minutes int, rate_per_minute numeric(10,2),
    description text, status text
);
CREATE TABLE customer_free_minutes (
    id serial PRIMARY KEY, customer_id int, operator_id int, minutes_granted int, minutes_used int, expires_at timestamp
);
"""
# Each customer has 0.00 to 9.99; every tenth has five free minutes left, every hundredth of them expired.
ROWS = """
INSERT INTO customers
SELECT n, format('Person%s@Example.com', n), '{hash}', n % 1000 / 100.0, format('(212) 555-%s', 1000 + n), '1980-02-29', 'flirts',
       true, CASE WHEN n = 77 THEN 'blocked' ELSE 'active' END, '2024-05-01 10:00'
  FROM generate_series(1, {customers}) AS n;
INSERT INTO operators VALUES
    (22, 'sarah@example.com', '{hash}', 'Sarah', '(212) 555-0199', '{{"rate_per_minute": 3.99, "connect_fee": 0.99, "sites": "flirts"}}', true, 'active'),
    (23, 'anna@example.com', '{hash}', 'Anna', '', '{{"rate_per_minute": 12.50, "connect_fee": 0, "sites": "flirts"}}', false, 'active');
INSERT INTO transactions (operator_id, transaction_type, amount, operator_amount, status) VALUES
    (22, 'call', 100.00, 80.00, 'completed'), (22, 'call', 9.99, 7.99, 'completed'), (22, 'call', 50.00, 40.00, 'failed'),
    (22, 'payout', 60.00, 0, 'completed'), (23, 'call', 12.50, 10.00, 'completed');
INSERT INTO customer_free_minutes (customer_id, operator_id, minutes_granted, minutes_used, expires_at)
SELECT n, CASE WHEN n % 20 = 0 THEN 22 END, 8, 3, CASE WHEN n % 100 = 0 THEN '2025-01-01'::timestamp ELSE '2099-01-01' END
  FROM generate_series(10, {customers}, 10) AS n;
"""


def export(folder: Path, customers: int) -> Path:
    """Put the files there that the shipped SQL makes of a database with the predecessor's tables."""
    schema = f"predecessor_{os.getpid()}"
    url = owner_url(serving_url(connection.settings_dict["NAME"]))
    psql = [binary("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null", url]

    def sql(*arguments: str, text: str = "") -> None:
        environment = os.environ | {"PGOPTIONS": f"-c search_path={schema}"}
        subprocess.run([*psql, *arguments], input=text.encode(), check=True, cwd=folder, env=environment)

    sql(text=f"CREATE SCHEMA {schema}; {SCHEMA} {ROWS.format(hash=HASH, customers=customers)}")
    try:
        sql(f"--file={ROOT / 'deploy/predecessor/export.sql'}")
    finally:
        sql(text=f"DROP SCHEMA {schema} CASCADE")
    return folder


@pytest.fixture(scope="module")
def exported(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(tmp_path_factory.mktemp("moving"), 100)


@pytest.fixture
def folder(exported: Path, tmp_path: Path) -> Path:
    """The files of 100 customers, to be spoiled."""
    for path in exported.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    BrandFactory()
    StaffFactory(email=OWNER, is_superuser=True)
    return tmp_path


def moved(folder: Path, *options: str) -> str:
    out = io.StringIO()
    call_command("import_predecessor", str(folder), "--actor", OWNER, *options, stdout=out)
    return out.getvalue()


def refused(folder: Path, *options: str) -> tuple[str, list[str]]:
    """The last words of a command that refused, and the lines that it wrote before."""
    out = io.StringIO()
    with pytest.raises(CommandError) as error:
        call_command("import_predecessor", str(folder), "--actor", OWNER, *options, stdout=out)
    return str(error.value), out.getvalue().splitlines()


def change(path: Path, number: int, **values: str) -> None:
    """Put other values into the row of a file that has this id."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        if row.get("id", row.get("table")) == str(number):
            row.update(values)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def nothing_was_written() -> bool:
    people = User.objects.exclude(email=OWNER).exists() or Operator.objects.exists()
    return not (
        people
        or Transaction.objects.exists()
        or AuditRecord.objects.filter(action__contains="import").exists()
    )


def test_a_thousand_customers_with_three_faults_are_refused_and_mended_come_over_whole(folder: Path) -> None:
    export(folder, 1_000)
    customers = folder / "customers.csv"
    change(customers, 17, balance="-1.00")
    change(customers, 500, email="person499@example.com")
    change(customers, 998, password_hash="5f4dcc3b5aa765d61d8327deb882cf99")
    words, lines = refused(folder, "--dry-run")
    assert words == "3 faults. Nothing was written."
    assert sorted(line for line in lines if line.startswith("FAULT")) == [
        "FAULT customers.csv line 18: balance -1.00 is less than zero",
        "FAULT customers.csv line 501: email person499@example.com is in customers.csv line 500, too",
        "FAULT customers.csv line 999: password_hash isn't one of PHP's password_hash (bcrypt or Argon2)",
    ]
    assert nothing_was_written()

    change(customers, 17, balance="0.17")
    change(customers, 500, email="person500@example.com")
    change(customers, 998, password_hash=HASH)
    lines = moved(folder, "--dry-run").splitlines()
    assert lines[-1] == "Totals match. Nothing was written: leave out --dry-run to import."
    assert nothing_was_written()

    assert moved(folder).splitlines()[-4:] == [
        "customers: 1000, $4,995.00",
        "operators: 2, $37.99",
        "free_minutes: 90 packages, 450 minutes, 50 expired minutes left out",
        "Imported.",
    ]
    wallets = Account.objects.filter(kind=AccountKind.WALLET)
    assert sum(wallets.values_list("balance_minor", flat=True)) == 499_500
    assert sum(Entry.objects.values_list("amount_minor", flat=True)) == 0
    assert list(run(scope_since(None))) == []
    words, _ = refused(folder)
    assert words.startswith("The previous system was imported on ")


def test_who_moved_in_logs_in_with_the_old_password_and_says_once_to_be_an_adult(folder: Path) -> None:
    change(folder / "customers.csv", 50, born_on="")
    moved(folder)
    customer = Customer.objects.get(user__email="person50@example.com")
    browser = Client(headers={"host": BRAND_HOST})
    for password, expected in (("rasmuslerdorff", 200), (PASSWORD, 302)):
        fields = {"login": "Person50@example.com", "password": password}
        assert browser.post("/accounts/login/", fields).status_code == expected
    customer.user.refresh_from_db()
    assert customer.user.password.startswith("argon2$")  # hashed anew

    page = browser.get("/operators/", follow=True).content.decode()
    assert "Your account and balance came with you." in page
    fields = {"agrees": "on", "editions": page.split('name="editions" value="')[1].split('"')[0]}
    for wrong in (
        {},
        {"is_adult": "on"},
        {"is_adult": "on", "born_on": "01/01/2015"},
        {"born_on": "03/07/1990"},
    ):
        assert browser.post("/account/agreements/", fields | wrong).status_code == 200
    assert not Consent.objects.exists()
    answer = browser.post("/account/agreements/", fields | {"is_adult": "on", "born_on": "03/07/1990"})
    assert answer.status_code == 302
    customer.refresh_from_db()
    assert f"{customer.born_on}" == "1990-03-07"
    assert pending_kinds(customer.pk, Brand.objects.get()) == []
    assert set(customer.consents.values_list("kind", flat=True)) == set(ConsentKind.values)


def test_operators_come_with_their_prices_ids_and_what_they_are_owed_and_wait_for_staff(folder: Path) -> None:
    moved(folder)
    sarah, anna = Operator.objects.order_by("pk")
    assert (sarah.pk, sarah.slug, sarah.rate_per_minute_minor, sarah.connect_fee_minor) == (
        22,
        "sarah",
        399,
        99,
    )
    assert (anna.pk, anna.rate_per_minute_minor, anna.max_rate_minor, anna.connect_fee_minor) == (
        23,
        1250,
        1250,
        0,
    )
    assert {operator.approval_status for operator in (sarah, anna)} == {"pending"}
    assert not sarah.phone_verified_at
    owed = Account.objects.filter(kind=AccountKind.PAYABLE).order_by("operator")
    assert list(owed.values_list("operator", "balance_minor")) == [(22, 2_799), (23, 1_000)]
    later = Operator.objects.create(
        user=User.objects.create_user("new@example.com"), stage_name="New", slug="new"
    )
    assert later.pk > 23


def test_old_addresses_lead_to_the_pages_of_today(folder: Path) -> None:
    moved(folder)
    approve_operator(operator_id=22, actor=User.objects.get(email=OWNER), reason="Known from before")
    customer = customer_client(Customer.objects.get(user__email="person1@example.com"))
    for old, new in (
        ("/operator-profile.php?id=22", "/operators/sarah/"),
        ("/search-operators.php", "/operators/"),
        ("/dashboard.php", "/dashboard/"),
        ("/login.php", "/accounts/login/"),
        ("/index.php", "/"),
    ):
        answer: Any = customer.get(old)
        assert (answer.status_code, answer["Location"]) == (301, new)
    for missing in ("?id=23", "?id=99", "?id=", "", "?id=22x"):  # the first waits for staff
        assert customer.get(f"/operator-profile.php{missing}").status_code == 404
    stranger = Client(headers={"host": BRAND_HOST})
    assert b"sarah" not in stranger.get("/operator-profile.php?id=22").content


@pytest.mark.parametrize(
    ("name", "number", "values", "words"),
    [
        ("customers", 3, {"balance": "1.005"}, "an amount has at most two decimals"),
        ("customers", 3, {"balance": ""}, "not an amount"),
        ("customers", 3, {"email": "nobody"}, "isn't an email address"),
        ("customers", 3, {"born_on": "2020-01-01"}, "not 18 yet"),
        ("customers", 3, {"site": "elsewhere"}, "no slug and no host"),
        ("customers", 3, {"id": "4"}, "id 4 is in customers.csv line 4, too"),
        ("customers", 3, {"email": "sarah@example.com"}, "is in operators.csv line 2, too"),
        ("customers", 3, {"email": OWNER}, "here already"),
        ("customers", 3, {"active": "perhaps"}, "neither true nor false"),
        ("operators", 22, {"owed": "-3"}, "less than zero"),
        ("operators", 22, {"rate_per_minute": "0"}, "rate_per_minute is zero"),
        ("free_minutes", 1, {"customer_id": "5000"}, "no customer of customers.csv"),
        ("free_minutes", 1, {"expires_at": "soon"}, "isn't a time with its zone"),
        ("totals", "customers", {"total": "50.51"}, "customers is $50.51 there, $50.50 in its file"),
        ("totals", "operators", {"rows": "3"}, "operators has 3 rows there, 2 in its file"),
    ],
)
def test_each_fault_is_named_by_its_line_and_nothing_is_written(
    folder: Path, name: str, number: Any, values: dict[str, str], words: str
) -> None:
    change(folder / f"{name}.csv", number, **values)
    _, lines = refused(folder)
    assert any(words in line for line in lines if line.startswith("FAULT")), lines
    assert nothing_was_written()


def test_a_file_or_a_column_that_is_missing_and_somebody_who_may_not_are_refused(folder: Path) -> None:
    (folder / "totals.csv").unlink()
    _, lines = refused(folder)
    assert any("totals.csv: can't be read" in line for line in lines)
    (folder / "totals.csv").write_text("table,rows\n")
    _, lines = refused(folder)
    assert "FAULT totals.csv: columns are missing: total" in lines
    User.objects.filter(email=OWNER).update(is_superuser=False)
    words, _ = refused(folder)
    assert words == f"{OWNER} is no administrator here."


def test_what_can_not_come_along_is_said(folder: Path) -> None:
    change(folder / "customers.csv", 5, phone="12")
    lines = moved(folder).splitlines()
    assert "note  customers.csv line 6: the phone number can't be called and is left out" in lines
    assert "note  customers.csv line 78: not active there: imported, but can't log in" in lines
    assert Customer.objects.get(user__email="person5@example.com").phones.count() == 0
    assert not User.objects.get(email="person77@example.com").is_active
    assert Customer.objects.get(user__email="person6@example.com").phones.get().verified_at is None
    packages = FreeMinutesPackage.objects.filter(customer__user__email="person40@example.com")
    assert [(p.seconds_remaining, p.operator_id) for p in packages] == [(300, 22)]
    assert Transaction.objects.filter(kind=TransactionKind.OPENING, operator=22).count() == 1
