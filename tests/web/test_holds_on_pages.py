"""While one party holds the call, every page that shows the call says who, and what comes of it."""

import pytest

from operators.models import Operator
from telephony.models import Call
from tests.scenario import given_customer, given_operator, logged_in, tell, when_called

pytestmark = pytest.mark.django_db
CUSTOMER_PAGES = ["/dashboard/", "/help/pricing/", "/operators/{slug}/"]
BY_OPERATOR = "put you on hold. After 15 seconds we end the call"
BY_CUSTOMER = "You put the call on hold. You pay for this time"


@pytest.fixture
def call() -> Call:
    call = when_called(given_customer(), given_operator())
    tell(call, "started", at=0)
    return call


def held(call: Call, by: str) -> None:
    Call.objects.filter(pk=call.pk).update(held_by=by)


@pytest.mark.parametrize("path", CUSTOMER_PAGES)
def test_the_customer_reads_it_in_the_panel_the_bar_and_the_dashboard(call: Call, path: str) -> None:
    client = logged_in(call.customer.user, "flirts.localhost")

    def page() -> str:
        return client.get(path.format(slug=call.operator.slug)).content.decode()

    assert 'data-part="hold"' not in page()
    held(call, "operator")
    assert BY_OPERATOR in page().replace("&#x27;", "'")
    held(call, "customer")
    assert BY_CUSTOMER in page()
    held(call, "")
    assert 'data-part="hold"' not in page()


def test_the_operator_reads_it_on_the_console(call: Call) -> None:
    client = logged_in(Operator.objects.get(pk=call.operator_id).user, "portal.localhost")
    held(call, "operator")
    assert "You put the call on hold. Come back within 15 seconds" in client.get("/").content.decode()
    held(call, "customer")
    page = client.get("/").content.decode()
    assert "The caller put you on hold." in page
    assert "On hold" in page
