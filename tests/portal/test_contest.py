"""An operator contests what is held: one case, seen by staff, answered by letter, and appealed; it holds nothing by itself."""

import pytest
from django.core import mail
from django.test import Client

from billing.models import Case, EarningsHold
from billing.payouts.balances import balance_of
from billing.payouts.maturity import books_day
from billing.services.answer_case import answer_case, decide_appeal
from billing.services.contest_earnings import contest_earnings
from billing.services.decide_hold import release_earnings
from billing.services.hold_earnings import hold_earnings
from billing.services.open_case import open_operator_report
from billing.states import HoldKind
from core import clock
from operators.models import Operator
from telephony.models import Call
from tests.billing.test_cases import given_case
from tests.factories import StaffFactory
from tests.payouts.scenario import EARNED, given_earner, later
from tests.scenario import given_operator, logged_in
from tests.support.html import compact
from tests.support.smtp_sink import deliver_mail

pytestmark = pytest.mark.django_db
PORTAL = "portal.localhost"


@pytest.fixture
def sarah() -> Operator:
    return given_earner(2)


@pytest.fixture
def call(sarah: Operator) -> Call:
    return Call.objects.filter(operator=sarah).select_related("customer").earliest("pk")


@pytest.fixture
def page(sarah: Operator) -> Client:
    return logged_in(sarah.user, PORTAL)


def hold(call: Call) -> None:
    hold_earnings(
        operator_id=call.operator_id, customer_id=call.customer_id, kind=HoldKind.LARGE_SHARE,
        references=[call.call_id], evidence={},
    )  # fmt: skip


def letters() -> list[str]:
    mail.outbox.clear()
    deliver_mail()
    return [str(message.body) for message in mail.outbox]


def test_from_the_held_line_to_the_last_answer(page: Client, call: Call, sarah: Operator) -> None:
    hold(call)
    letters()
    address = f"/held/{call.call_id}/"
    for list_page in ("/payouts/", "/held/"):
        assert f'href="{address}">See or contest' in compact(page.get(list_page)), list_page
    shown = compact(page.get(address))
    assert "One person paid for a large part of your week." in shown
    assert "Held since" in shown
    assert call.customer.alias not in shown
    assert page.post(address, {"words": " "}).status_code == 400
    assert not Case.objects.exists()
    for _twice in range(2):
        answer = page.post(address, {"words": "She’s a regular. Call 212 555 0123"})
        assert answer.headers["Location"] == address
    case = Case.objects.get()
    assert (case.kind, case.operator, case.customer, case.reference) == ("contest", sarah, None, call.call_id)
    assert "212" not in case.words
    assert case.evidence["held"][0]["amount_minor"] == EARNED
    [text] = letters()
    assert case.number in text
    assert address in text
    assert "Contested, we answer by" in compact(page.get("/payouts/"))
    staff, colleague = StaffFactory(is_superuser=True), StaffFactory(is_superuser=True)
    desk = logged_in(staff, "admin.localhost")
    assert case.number in compact(desk.get("/backoffice/cases/"))
    on_desk = compact(desk.get(f"/backoffice/cases/{case.pk}/"))
    assert "The operator contests that this is held." in on_desk
    assert "She’s a regular." in on_desk
    assert "large share" in on_desk
    answer_case(case_id=case.pk, text="We still look.", outcome="declined", reason="no", actor=staff)
    [text] = letters()
    assert "We still look." in text
    assert "Answered" in compact(page.get("/held/"))
    assert "We still look." in compact(page.get(address))
    assert page.post(f"{address}appeal/", {"words": "Look again"}).headers["Location"] == address
    decide_appeal(case_id=case.pk, text="You’re right.", outcome="granted", reason="yes", actor=colleague)
    release_earnings(hold_id=EarningsHold.objects.get().pk, reason="neighbors", actor=colleague)
    shown = compact(page.get(address))
    assert "You’re right." in shown
    assert "This isn’t held anymore." in shown
    assert "Contest</button>" not in shown


def test_it_is_not_found_as_what_is_not_there(call: Call) -> None:
    hold(call)
    stranger = logged_in(given_operator().user, PORTAL)
    answers = []
    for reference in (call.call_id, "call_that_never_was"):
        for path in (f"/held/{reference}/", f"/held/{reference}/appeal/"):
            answer = stranger.post(path, {"words": "mine"})
            said = compact(answer).partition("<main")[2].partition("</main>")[0]
            answers.append((answer.status_code, said.replace(reference, "")))
        answers.append((stranger.get(f"/held/{reference}/").status_code, ""))
    assert [status for status, _page in answers] == [404] * 6
    assert answers[0] == answers[3]
    assert not Case.objects.exists()


def test_what_is_not_held_cannot_be_contested(page: Client, call: Call) -> None:
    assert page.post(f"/held/{call.call_id}/", {"words": "why"}).status_code == 404


def test_a_contest_and_a_report_of_the_operator_hold_nothing(sarah: Operator, call: Call) -> None:
    hold(call)
    contest_earnings(operator=sarah, reference=call.call_id, words="mine")
    open_operator_report(
        operator=sarah, customer=call.customer, brand=call.brand, call_id=call.call_id, call_number=call.pk, words="rude"
    )  # fmt: skip
    release_earnings(hold_id=EarningsHold.objects.get().pk, reason="fine", actor=StaffFactory())
    with later(days=8):
        parts = balance_of(sarah.pk, books_day(clock.now()))
    assert (parts.payable_minor, parts.held_minor) == (2 * EARNED, 0)


def test_what_a_customers_case_holds_has_a_page_with_the_day_of_the_decision(
    page: Client, sarah: Operator, call: Call
) -> None:
    case = given_case(call.customer, call)
    with later(days=8):
        assert balance_of(sarah.pk, books_day(clock.now())).held_minor == EARNED
        assert f'href="/held/{call.call_id}/"' in compact(page.get("/held/"))
        shown = compact(page.get(f"/held/{call.call_id}/"))
        assert f"We decide by {case.due_on:%b} {case.due_on.day}, {case.due_on.year}." in shown
        assert "Someone told us about a problem with it" in shown
        for secret in (call.customer.alias, case.number, case.words or "poor_sound"):
            assert secret not in shown
        answer_case(case_id=case.pk, text="Sorry.", outcome="declined", reason="no", actor=StaffFactory())
        assert balance_of(sarah.pk, books_day(clock.now())).payable_minor == 2 * EARNED
        assert page.get(f"/held/{call.call_id}/").status_code == 404
