"""What taxes keep back of a run, as postings of their own; and what the owner's page says of cash, what is owed, and dormant balances."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from billing.auditing import run as audit
from billing.auditing import scope_since
from billing.ledger.models import Transaction
from billing.ledger.states import AccountKind
from billing.payouts.maturity import books_day, next_payday
from billing.payouts.models import DormancyTerm, TaxYear
from billing.payouts.services.approve_run import approve_run
from billing.payouts.services.return_item import return_item
from billing.payouts.years import totals_of
from core import clock
from core.errors import Conflict
from operators.models import Application, Operator
from tests.factories import StaffFactory
from tests.operators.applicants import give_tax_form
from tests.payouts.scenario import EARNED, a_run, an_approved_run, balance, given_earner, item_of, later
from tests.scenario import assert_books_are_whole, earned, given_customer, logged_in, when_called, when_talked
from tests.support.html import compact

pytestmark = pytest.mark.django_db
ALL = 3 * EARNED


@pytest.fixture
def desk() -> Client:
    return logged_in(StaffFactory(is_superuser=True), "admin.localhost")


def test_without_a_tax_form_nothing_is_paid_and_both_read_why(desk: Client) -> None:
    operator = given_earner()
    with later(days=31), pytest.raises(Conflict) as refused:
        a_run()
    assert refused.value.error_code == "no_tax_form"
    with later(days=8):
        run = a_run()
    with later(days=31):  # the grace time ended before the run was approved
        approve_run(run_id=run.pk, reason="checked", actor=StaffFactory())
        item = item_of(run, operator)
        assert (item.state, item.obstacle, earned(operator)) == ("prepared", "no_tax_form", ALL)
        assert "They have no tax form on file." in compact(desk.get(f"/backoffice/payouts/runs/{run.pk}/"))
        page = compact(logged_in(operator.user, "portal.localhost").get("/payouts/"))
        assert 'href="/tax-form/">Fill in your tax form' in page
        give_tax_form(operator.user)
        assert item_of(an_approved_run(), operator).amount_minor == ALL
    assert_books_are_whole()


def test_backup_withholding_is_a_posting_of_its_own_and_is_turned_back_with_the_payout() -> None:
    TaxYear.objects.update_or_create(
        year=2024, defaults={"threshold_minor": 60_000, "withholding_bps": 2_400, "source": "a test"}
    )
    TaxYear.objects.filter(year__gt=2024).delete()
    operator = given_earner()
    give_tax_form(operator.user, has_withholding=True)
    withheld = round(ALL * 0.24)
    with later(days=8):
        item = item_of(an_approved_run(), operator)
        assert (item.amount_minor, item.withheld_minor) == (ALL - withheld, withheld)
        [posting] = Transaction.objects.filter(kind="withholding")
        assert (posting.amount_minor, posting.reference) == (withheld, f"payout-{item.pk}")
        assert balance(AccountKind.WITHHELD) == withheld
        assert balance(AccountKind.PAYOUTS_IN_TRANSIT) == ALL - withheld
        assert list(audit(scope_since(None))) == []
        return_item(item_id=item.pk, reason="R03", actor=StaffFactory())
    assert balance(AccountKind.WITHHELD) == balance(AccountKind.PAYOUTS_IN_TRANSIT) == 0
    assert earned(operator) == ALL
    assert totals_of(books_day(clock.now()).year) == []
    assert list(audit(scope_since(None))) == []


def test_an_approval_looks_each_account_up_once() -> None:
    given_earner()
    with later(days=8):
        run = a_run()
        with CaptureQueriesContext(connection) as asked:
            approve_run(run_id=run.pk, reason="checked", actor=StaffFactory())
    reads = [query["sql"] for query in asked if 'FROM "payouts_payoutaccount"' in query["sql"]]
    assert len(reads) == 1


def test_the_owner_sees_the_cash_of_each_week_and_what_is_owed_payable_or_not(desk: Client) -> None:
    operator = given_earner()
    with later(days=8):
        payday = next_payday(books_day(clock.now()))
        page = compact(desk.get("/backoffice/payouts/"))
        assert f'<th scope="row">{payday:%Y-%m-%d}</th><td class="num">$31.11</td>' in page
        assert "<dt>Payable now</dt><dd>$31.11</dd>" in page
        assert "<dt>Pending</dt><dd>$0.00</dd>" in page
    when_talked(when_called(given_customer(balance="100.00"), operator), 127_000)
    page = compact(desk.get("/backoffice/payouts/"))
    first = next_payday(books_day(clock.now()) + timedelta(days=7))  # payable on the day after its week
    assert f'<th scope="row">{first:%Y-%m-%d}</th><td class="num">$41.48</td>' in page
    assert "<dt>Pending</dt><dd>$41.48</dd>" in page


def test_dormant_balances_follow_the_terms_of_each_state_which_are_rows(desk: Client) -> None:
    here, elsewhere = given_earner(1), given_earner(1)
    Application.objects.create(user=here.user, operator=here, region="NY")
    Operator.objects.filter(pk=elsewhere.pk).update(stage_name="Elsewhere")
    Operator.objects.filter(pk=here.pk).update(stage_name="Here")
    DormancyTerm.objects.update_or_create(region="", defaults={"years": 3, "source": "a test"})

    def dormant(years: float) -> tuple[bool, bool]:
        with clock.using(lambda: datetime.now(UTC) + timedelta(days=365 * years)):
            shown = compact(desk.get("/backoffice/payouts/")).partition("Dormant balances</h2>")[2]
        return ">Here</a>" in shown, ">Elsewhere</a>" in shown

    assert dormant(2.4) == (False, False)
    assert dormant(2.6) == (True, True)
    DormancyTerm.objects.create(region="NY", years=5, source="a test")
    assert dormant(2.6) == (False, True)
    assert dormant(4.6) == (True, True)
