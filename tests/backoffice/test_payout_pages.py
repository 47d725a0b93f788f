"""Staff and payouts: a run from preparing to the bank's answer, by two people, each step once; and what each page says."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from backoffice.health import checks
from billing.ledger.models import Transaction
from billing.models import ApprovalRequest
from billing.payouts.models import DormancyTerm, PayoutFile, PayoutItem, PayoutRun, TaxYear
from billing.payouts.selectors import is_late
from billing.payouts.services.change_account import change_account
from billing.payouts.services.export_run import export_run
from billing.payouts.states import ItemState
from billing.payouts.tasks import close_week, day_to_close
from billing.services.refund import refund_reference
from core import clock
from core.days import BOOKS_ZONE
from core.models import AuditRecord
from core.money import format_money
from customers.models import User
from operators.models import Operator
from operators.states import ApprovalStatus
from telephony.models import Call
from tests.factories import StaffFactory, UserFactory
from tests.operators.applicants import give_tax_form
from tests.payouts.conftest import ORIGINATOR
from tests.payouts.scenario import (
    ANOTHER,
    BANK,
    EARNED,
    a_run,
    an_approved_run,
    given_earner,
    item_of,
    later,
)
from tests.scenario import earned, given_operator, logged_in
from tests.support.html import compact
from tests.support.phone_system import PhoneSystem

pytestmark = pytest.mark.django_db
ADMIN, PAGE = "admin.localhost", "/backoffice/payouts/"
SUM = format_money(3 * EARNED)
CHECK = {"holder": "Sarah Smith", "address": "1 Main Street, Albany NY 12207"}


@pytest.fixture(autouse=True)
def _bank(settings: Settings) -> None:
    settings.BILLING = settings.BILLING | {"PAYOUTS": settings.BILLING["PAYOUTS"] | ORIGINATOR}


@pytest.fixture
def sarah() -> Operator:
    """Who earned enough for a payout, by ACH."""
    return given_earner()


@pytest.fixture(autouse=True)
def _a_week_on(sarah: Operator) -> Iterator[None]:
    """What Sarah earned is payable."""
    with later(days=8):
        yield


def member(role: str) -> User:
    person: User = StaffFactory(is_superuser=False)
    person.groups.add(Group.objects.get(name=role))
    return person


def desk_of(role: str) -> Client:
    return logged_in(member(role), ADMIN)


def today() -> date:
    return clock.now().astimezone(BOOKS_ZONE).date()


def do(desk: Client, address: str, **form: str) -> tuple[str, str]:
    """Ask, then do it as a browser does: what the question says, and what the page says afterwards."""
    question = compact(desk.post(address, form, follow=True))
    answer = desk.post(address, {**form, "confirmed": "1", "reason": "looks right"}, follow=True)
    return question, compact(answer)


def path(run: PayoutRun, deed: str = "") -> str:
    return f"{PAGE}runs/{run.pk}/{deed}"


def test_a_run_from_preparing_to_the_bank(sarah: Operator) -> None:
    finance, boss = desk_of("Finance"), desk_of("Administrator")
    page = compact(finance.get(PAGE))
    assert f"<dt>Payable now</dt><dd>{SUM}</dd>" in page
    assert "No runs yet." in page
    question, page = do(finance, f"{PAGE}prepare/")
    assert f"Prepare a run of 1 payout, {SUM}?" in question
    run = PayoutRun.objects.get()
    assert "Waiting for approval" in page
    assert "ACH, ending in 6789" in page
    assert earned(sarah) == 3 * EARNED
    assert "Approve</button>" not in page
    assert "waiting for approval already" in compact(finance.post(f"{PAGE}prepare/", follow=True))
    question, page = do(boss, path(run, "approve/"))
    assert f"Approve run {run.pk}: 1 payout, {SUM}?" in question
    assert f"<dt>By ACH (NACHA file)</dt><dd>1 payout, {SUM}</dd>" in question
    assert "Approved and debited." in page
    assert "Make the NACHA PPD file" in page
    question, page = do(finance, path(run, "export/"), format="nacha")
    assert "Make the NACHA PPD file of run" in question
    assert "The file is made." in page
    file = PayoutFile.objects.get()
    paid = {"paid_on": str(today()), "bank_reference": "B-7"}
    question, page = do(finance, f"{PAGE}files/{file.pk}/paid/", **paid)
    assert "Has the bank paid 1 payout of this file?" in question
    assert "1 payout marked as paid." in page
    item = item_of(run, sarah)
    assert (item.state, item.paid_on, item.bank_reference) == ("paid", today(), "B-7")
    question, page = do(finance, f"{PAGE}items/{item.pk}/returned/", reason="R03, no account")
    assert f"Owed</dt><dd>$0.00 → {SUM}</dd>" in question
    assert "Returned: it is the operator’s again." in page
    assert earned(sarah) == 3 * EARNED
    assert "returned" in compact(finance.get(PAGE))


def test_every_step_that_is_sent_twice_is_done_once(sarah: Operator) -> None:
    finance, boss = desk_of("Finance"), desk_of("Administrator")
    run = a_run()
    sent = {"confirmed": "1", "reason": "R03"}
    boss.post(path(run, "approve/"), sent)
    assert "has been decided already" in compact(boss.post(path(run, "approve/"), sent, follow=True))
    assert "has been decided already" in compact(finance.post(path(run, "cancel/"), sent, follow=True))
    finance.post(path(run, "export/"), {**sent, "format": "nacha"})
    again = finance.post(path(run, "export/"), {**sent, "format": "nacha"}, follow=True)
    assert "This file was made before." in compact(again)
    file, item = PayoutFile.objects.get(), item_of(run, sarah)
    paid = {**sent, "paid_on": str(today()), "bank_reference": "B-7"}
    finance.post(f"{PAGE}files/{file.pk}/paid/", paid)
    again = finance.post(f"{PAGE}files/{file.pk}/paid/", paid, follow=True)
    assert "Everything in this file is marked already." in compact(again)
    assert "isn’t on its way" in compact(finance.post(f"{PAGE}items/{item.pk}/paid/", paid, follow=True))
    finance.post(f"{PAGE}items/{item.pk}/returned/", sent)
    again = finance.post(f"{PAGE}items/{item.pk}/returned/", sent, follow=True)
    assert "it wasn’t paid" in compact(again)
    kinds = Transaction.objects.filter(reference=f"payout-{item.pk}").values_list("kind", flat=True)
    assert sorted(kinds) == ["payout", "payout_back", "payout_paid"]


def test_who_prepared_a_run_is_told_that_someone_else_approves_it(sarah: Operator) -> None:
    person = member("Administrator")
    boss, run = logged_in(person, ADMIN), a_run(person)
    page = compact(boss.get(path(run)))
    assert "You prepared this run. Someone else has to approve it." in page
    assert "Approve</button>" not in page
    assert "Someone else has to approve what you prepared." in do(boss, path(run, "approve/"))[1]
    assert item_of(run, sarah).state == ItemState.PREPARED


def test_the_question_names_who_is_left_out_and_why(sarah: Operator) -> None:
    run = a_run()
    Operator.objects.filter(pk=sarah.pk).update(approval_status=ApprovalStatus.SUSPENDED)
    question = compact(desk_of("Administrator").post(path(run, "approve/")))
    assert "0 payouts, $0.00?" in question
    assert f"<dt>Left out</dt><dd>{sarah.stage_name}: The operator is suspended.</dd>" in question
    assert item_of(run, sarah).obstacle == "", "a question changes nothing"


def test_a_canceled_run_debits_nobody_and_another_can_be_prepared(sarah: Operator) -> None:
    finance, run = desk_of("Finance"), a_run()
    question, page = do(finance, path(run, "cancel/"))
    assert "nothing was debited" in question
    assert "Status</dt><dd>Canceled</dd>" in page
    a_run()
    assert earned(sarah) == 3 * EARNED


def test_a_file_is_downloaded_again_byte_for_byte_with_a_reason(sarah: Operator) -> None:
    finance, run = desk_of("Finance"), an_approved_run()
    file = export_run(run_id=run.pk, file_format="nacha", actor=StaffFactory())
    address = f"{PAGE}files/{file.pk}/download/"
    assert "Enter a reason" in compact(finance.post(address, {"reason": " "}, follow=True))
    first, again = (finance.post(address, {"reason": "to upload it"}) for _ in range(2))
    assert first.content == again.content
    assert BANK["account"].encode() in first.content
    assert first["Content-Disposition"] == f'attachment; filename="payout-run-{run.pk}.ach"'
    assert "no-store" in first["Cache-Control"]
    assert AuditRecord.objects.filter(action="payout_file.open", reason="to upload it").count() == 2
    assert BANK["account"] not in compact(finance.get(path(run)))


def test_a_check_is_sent_by_hand() -> None:
    with clock.using(lambda: datetime.now(UTC)):
        carol = given_earner(method="check", account=CHECK)
    finance, run = desk_of("Finance"), an_approved_run()
    item = item_of(run, carol)
    address = f"{PAGE}items/{item.pk}/"
    page = compact(finance.get(address))
    assert CHECK["address"] not in page
    assert "Enter a reason" in compact(finance.post(f"{address}address/", {}, follow=True))
    shown = finance.post(f"{address}address/", {"reason": "writing the check"})
    assert CHECK["address"] in compact(shown)
    assert "no-store" in shown["Cache-Control"]
    assert AuditRecord.objects.filter(action="payout_account.read").count() == 1
    for wrong in ({}, {"paid_on": "tomorrow"}, {"paid_on": str(today() + timedelta(days=1))}):
        refused = finance.post(f"{address}paid/", {"bank_reference": "1001", **wrong}, follow=True)
        assert "errornote" in compact(refused) or 'class="error"' in compact(refused)
    question, page = do(finance, f"{address}paid/", paid_on=str(today()), bank_reference="1001")
    assert f"Was {SUM} paid to {carol.stage_name}?" in question
    assert "Marked as paid." in page
    assert "isn’t sent by hand" in compact(
        finance.post(f"{address}address/", {"reason": "again"}, follow=True)
    )


def test_what_the_bank_says_needs_a_date_and_a_reference() -> None:
    finance, run = desk_of("Finance"), an_approved_run()
    file = export_run(run_id=run.pk, file_format="nacha", actor=StaffFactory())
    address = f"{PAGE}files/{file.pk}/paid/"
    for form, words in (
        ({"bank_reference": "B"}, "Enter the bank’s date."),
        ({"paid_on": "soon", "bank_reference": "B"}, "Enter a date like"),
        ({"paid_on": str(today() - timedelta(days=2)), "bank_reference": "B"}, "before it was approved"),
        ({"paid_on": str(today())}, "Enter the bank’s reference"),
    ):
        assert words in compact(finance.post(address, form, follow=True))
    assert PayoutItem.objects.get().state == ItemState.EXPORTED


@pytest.mark.parametrize(
    ("role", "sees", "prepares", "approves"),
    [
        ("Support", False, False, False), ("Operations", False, False, False),
        ("Finance", True, True, False), ("Administrator", True, True, True),
    ],
)  # fmt: skip
def test_each_role_sees_and_does_what_it_may(
    role: str, sees: bool, prepares: bool, approves: bool, sarah: Operator
) -> None:
    run = an_approved_run()
    file = export_run(run_id=run.pk, file_format="nacha", actor=StaffFactory())
    item, desk = item_of(run, sarah), desk_of(role)
    read = [PAGE, path(run), f"{PAGE}items/{item.pk}/", f"{PAGE}years/2026.csv"]
    assert [desk.get(address).status_code == 200 for address in read] == [sees] * len(read)
    of_finance = [
        f"{PAGE}prepare/", path(run, "cancel/"), path(run, "export/"), f"{PAGE}files/{file.pk}/download/",
        f"{PAGE}files/{file.pk}/paid/", f"{PAGE}items/{item.pk}/paid/", f"{PAGE}items/{item.pk}/returned/",
        f"{PAGE}items/{item.pk}/address/", f"{PAGE}years/2026/filing/",
    ]  # fmt: skip
    assert [desk.post(address).status_code != 403 for address in of_finance] == [prepares] * len(of_finance)
    of_boss = [path(run, "approve/"), f"/backoffice/operators/{sarah.pk}/write-off/"]
    assert [desk.post(address).status_code != 403 for address in of_boss] == [approves] * 2
    shown = compact(desk.get(f"/backoffice/operators/{sarah.pk}/"))
    assert ("ending in 6789" in shown) is sees


def test_what_is_not_there_is_not_found() -> None:
    desk = logged_in(StaffFactory(), ADMIN)
    for address in ("runs/987654/", "items/987654/", "years/1850.csv"):
        assert desk.get(f"{PAGE}{address}").status_code == 404
    posts = (
        "files/987654/download/",
        "files/987654/paid/",
        "items/987654/paid/",
        "items/987654/returned/",
        "items/987654/address/",
    )
    for address in posts:
        assert desk.post(f"{PAGE}{address}", {"confirmed": "1", "reason": "x"}).status_code == 404
    for deed in ("approve", "cancel", "export"):
        answer = desk.post(
            f"{PAGE}runs/987654/{deed}/", {"format": "nacha", "confirmed": "1", "reason": "x"}, follow=True
        )
        assert answer.status_code == 404


def test_the_pages_take_a_handful_of_queries_however_many_are_paid() -> None:
    desk = logged_in(StaffFactory(), ADMIN)
    run = an_approved_run()

    def queries(address: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert desk.get(address).status_code == 200
        return len(captured)

    desk.get(PAGE)
    before = [queries(address) for address in (PAGE, path(run))]
    at, more = clock.now(), [given_operator() for _ in range(3)]
    account = PayoutItem.objects.get().account
    for operator in more:
        PayoutItem.objects.create(
            run=run, operator=operator, amount_minor=100, state="approved", method="ach", account=account,
            approved_at=at,
        )  # fmt: skip
    PayoutRun.objects.create(kind="staff", held_back_since=at, prepared_at=at, canceled_at=at)
    assert [queries(address) for address in (PAGE, path(run))] == before
    assert max(before) < 25


def test_an_operators_page_tells_the_balance_apart_and_names_who_shares_the_account(
    sarah: Operator,
) -> None:
    other = given_earner(0)
    an_approved_run()
    change_account(operator_id=sarah.pk, method="ach", given=ANOTHER)
    page = compact(logged_in(StaffFactory(), ADMIN).get(f"/backoffice/operators/{sarah.pk}/"))
    assert "<dt>Payable now</dt><dd>$0.00</dd>" in page
    assert "ACH, ending in 6789, since" in page
    assert "ET on: ACH, ending in 4321" in page
    link = f'<a href="/backoffice/operators/{other.pk}/">{other.stage_name}</a>'
    assert f"Other operators have the same account:</p><ul><li>{link}</li>" in page
    assert f'<td class="num">{SUM}</td>' in page
    assert "Record a payout made outside" in page
    assert "Write off what they owe us" not in page


def test_a_balance_below_zero_is_written_off_by_a_second_person(sarah: Operator) -> None:
    an_approved_run()
    call = Call.objects.filter(operator=sarah).earliest("pk")
    refund_reference(reference=call.call_id, reason="noise", actor=StaffFactory(), idempotency_key="r")
    assert earned(sarah) == -EARNED
    asking, boss = desk_of("Administrator"), desk_of("Administrator")
    page = compact(asking.get(f"/backoffice/operators/{sarah.pk}/"))
    assert f'value="{EARNED / 100:.2f}"' in page
    address, form = f"/backoffice/operators/{sarah.pk}/write-off/", {"amount": f"{EARNED / 100}", "key": "k"}
    too_much = asking.post(address, {"amount": "999", "key": "k"}, follow=True)
    assert "isn’t as far below zero" in compact(too_much)
    question, page = do(asking, address, **form)
    assert f"Owed</dt><dd>-{format_money(EARNED)} → $0.00</dd>" in question
    assert "Request approval</button>" in question
    assert "Not done yet." in page
    do(asking, address, **form)
    request = ApprovalRequest.objects.get()
    waiting = compact(boss.get("/backoffice/approvals/"))
    assert f"{format_money(EARNED)} debt written off for" in waiting
    assert f"Owed: -{format_money(EARNED)} → $0.00. The platform bears the difference." in waiting
    approve = f"/backoffice/approvals/{request.pk}/approve/"
    asking.post(approve, {"confirmed": "1", "reason": "mine"})
    assert earned(sarah) == -EARNED
    do(boss, approve)
    assert earned(sarah) == 0


def test_the_totals_of_a_year_are_those_of_the_books(sarah: Operator) -> None:
    with clock.using(lambda: datetime.now(UTC)):
        returned = given_earner()
    finance, run = desk_of("Finance"), an_approved_run()
    file = export_run(run_id=run.pk, file_format="nacha", actor=StaffFactory())
    do(finance, f"{PAGE}files/{file.pk}/paid/", paid_on=str(today()), bank_reference="B-7")
    do(finance, f"{PAGE}items/{item_of(run, returned).pk}/returned/")
    answer = finance.get(f"{PAGE}years/{today().year}.csv")
    assert "no-store" in answer["Cache-Control"]
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))  # type: ignore[attr-defined]
    assert [(row["operator_id"], row["payouts"]) for row in rows] == [(str(sarah.pk), "1")]
    booked = Transaction.objects.filter(operator=sarah, kind="payout").values_list("amount_minor", flat=True)
    assert [row["paid"] for row in rows] == [f"{sum(booked) / 100:.2f}"]
    assert f'aria-label="CSV of {today().year}"' in compact(finance.get(PAGE))


def test_the_file_for_the_irs_has_whole_numbers_and_each_form_that_is_opened_is_on_record(
    sarah: Operator,
) -> None:
    finance, year = desk_of("Finance"), today().year
    form = give_tax_form(sarah.user)
    run = an_approved_run()
    file = export_run(run_id=run.pk, file_format="nacha", actor=StaffFactory())
    do(finance, f"{PAGE}files/{file.pk}/paid/", paid_on=str(today()), bank_reference="B-7")
    address = f"{PAGE}years/{year}/filing/"

    def rows() -> list[dict[str, str]]:
        answer = finance.post(address, {"reason": "filing"})
        assert "no-store" in answer["Cache-Control"]
        return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))  # type: ignore[attr-defined]

    assert "Enter a reason" in compact(finance.post(address, {"reason": ""}, follow=True))
    assert "Enter the threshold" in compact(
        finance.post(f"{PAGE}years/2040/filing/", {"reason": "filing"}, follow=True)
    )
    terms, _ = TaxYear.objects.update_or_create(
        year=year, defaults={"threshold_minor": 3 * EARNED + 1, "withholding_bps": 2_400}
    )
    assert rows() == [], "below the threshold"
    TaxYear.objects.filter(pk=terms.pk).update(threshold_minor=3 * EARNED)
    [row] = rows()
    assert (row["taxpayer_number"][-4:], len(row["taxpayer_number"])) == (form.last_four, 9)
    assert row["nonemployee_compensation"] == f"{3 * EARNED / 100:.2f}"
    record = AuditRecord.objects.get(action="tax_form.view")
    assert (record.subject, record.reason) == (f"customers.user:{sarah.user_id}", "filing")
    totals = finance.get(f"{PAGE}years/{year}.csv")
    assert row["taxpayer_number"] not in b"".join(totals.streaming_content).decode()  # type: ignore[attr-defined]


def test_tax_years_and_terms_of_states_are_changed_on_record() -> None:
    boss = desk_of("Administrator")
    year = {"year": "2031", "threshold_minor": "210000", "withholding_bps": "2400", "source": "IRS"}
    assert boss.post("/payouts/taxyear/add/", year).status_code == 302
    assert TaxYear.objects.get(pk=2031).threshold_minor == 210_000
    assert (
        boss.post("/payouts/dormancyterm/add/", {"region": "ny", "years": "1", "source": "s"}).status_code
        == 302
    )
    assert DormancyTerm.objects.get(pk="NY").years == 1
    DormancyTerm.objects.update_or_create(region="", defaults={"years": 3, "source": "a test"})
    assert '<a href="/payouts/dormancyterm/any/change/">any other</a>' in compact(
        boss.get("/payouts/dormancyterm/")
    )
    assert boss.get("/payouts/dormancyterm/any/change/").status_code == 200
    assert boss.post("/payouts/dormancyterm/any/change/", {"years": "5", "source": "s"}).status_code == 302
    assert DormancyTerm.objects.get(pk="").years == 5
    assert "dormancy_term.change" in compact(boss.get("/payouts/dormancyterm/any/history/"))
    record = AuditRecord.objects.get(action="dormancy_term.change")
    assert record.details["changes"]["years"] == [3, 5]
    assert AuditRecord.objects.filter(action__in=["tax_year.create", "dormancy_term.create"]).count() == 2
    assert desk_of("Finance").post("/payouts/taxyear/add/", year).status_code == 403


def test_health_names_runs_and_files_that_wait_for_too_long(phone_system: PhoneSystem) -> None:
    def words() -> dict[str, tuple[bool, str]]:
        return {check.name: (check.is_well, check.words) for check in checks() if "ayout" in check.name}

    assert words()["Payout runs"] == (True, "None waiting for approval")
    run = a_run()
    assert words()["Payout runs"] == (True, "1 waiting for approval")
    PayoutRun.objects.update(prepared_at=clock.now() - timedelta(days=2, hours=1))
    assert words()["Payout runs"] == (False, "1 waiting for approval, 1 of them for more than 2 days")
    do(desk_of("Administrator"), path(run, "approve/"))
    assert words()["Payouts in transit"] == (True, f"1, {SUM}.")
    export_run(run_id=run.pk, file_format="nacha", actor=StaffFactory())
    assert words()["Payout files"] == (True, "1 not marked as paid")
    with later(days=17):
        assert words()["Payout files"] == (
            False,
            "1 not marked as paid, 1 of them for more than 5 business days",
        )


def test_a_file_is_late_after_five_business_days() -> None:
    friday = datetime(2026, 11, 6, 15, tzinfo=BOOKS_ZONE)
    file = PayoutFile(made_at=friday)
    assert not is_late(file, friday + timedelta(days=7))
    assert is_late(file, friday + timedelta(days=10))


@pytest.mark.parametrize(
    ("day", "hour", "minute", "closes"),
    [
        (2, 5, 9, False),  # a Monday, the day after the clocks went back
        (2, 5, 10, True),
        (4, 14, 0, True),  # the worker was off until Wednesday
        (8, 23, 59, True),
    ],
)
def test_the_week_is_closed_from_monday_morning_in_new_york(
    day: int, hour: int, minute: int, closes: bool
) -> None:
    at = datetime(2026, 11, day, hour, minute, tzinfo=BOOKS_ZONE)
    assert day_to_close(at) == (date(2026, 11, 2) if closes else None)


def test_the_weekly_run_is_made_once_however_often_the_worker_asks() -> None:
    with later(days=15):
        wednesday = clock.now() + timedelta(days=9 - today().weekday())
    with clock.using(lambda: wednesday):
        made = [close_week(timestamp=0) for _ in range(3)]
    run = PayoutRun.objects.get(kind="weekly")
    assert made == [run.pk, None, None]
    assert run.week_of == wednesday.astimezone(BOOKS_ZONE).date() - timedelta(days=2)


def test_staff_without_rights_see_no_payouts() -> None:
    assert logged_in(UserFactory(is_staff=True), ADMIN).get(PAGE).status_code == 403
