"""What the operator reads about held earnings: the amount and the reason, and never who the customer is."""

import pytest

from billing.models import EarningsHold
from billing.services.decide_hold import release_earnings
from billing.services.find_weak_links import find_weak_links
from billing.services.hold_earnings import hold_earnings
from billing.states import HoldKind
from tests.billing.test_held_earnings import called, linked
from tests.factories import StaffFactory
from tests.scenario import given_customer, given_operator, logged_in

pytestmark = pytest.mark.django_db
PORTAL = "portal.localhost"


def test_the_page_shows_each_call_once_with_its_reasons_and_what_is_available() -> None:
    customer, operator, call = linked()
    called(given_customer(), operator)
    browser = logged_in(operator.user, PORTAL)
    assert "Nothing is held" in browser.get("/held/").content.decode()
    assert "Available" not in browser.get("/statement/").content.decode()
    find_weak_links()
    hold_earnings(
        operator_id=operator.pk, customer_id=customer.pk, kind=HoldKind.SILENT_LEG, references=[call.call_id],
        evidence={"talk_ms": 1, "silent_seconds": 30},
    )  # fmt: skip
    page = " ".join(browser.get("/held/").content.decode().split())
    assert page.count(f'href="/held/{call.call_id}/"') == 1
    assert (
        "They may come from the same internet connection as yours. One side of the call had no sound." in page
    )
    for figure, amount in (("owed", "$20.74"), ("held", "$10.37"), ("available", "$10.37")):
        assert f'data-sum="{figure}">{amount}' in page
    assert customer.alias not in page
    for address in ("/statement/", "/dashboard/"):
        shown = browser.get(address).content.decode()
        assert '<a href="/held/">$10.37</a>' in shown
        assert 'data-sum="available">$10.37' in shown


def test_what_is_released_is_gone_and_others_see_nothing_of_it() -> None:
    _, operator, _ = linked()
    find_weak_links()
    assert "$10.37" not in logged_in(given_operator().user, PORTAL).get("/held/").content.decode()
    release_earnings(hold_id=EarningsHold.objects.get().pk, reason="neighbors", actor=StaffFactory())
    assert "Nothing is held" in logged_in(operator.user, PORTAL).get("/held/").content.decode()
