"""Who is here, and the figures around their pages: one statement each, by the rules of Django's logins and of the selectors."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth import SESSION_KEY
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from billing.push import wallet_message
from customers.models import Customer
from messaging.selectors import unread_of
from notices.selectors import unread_notices_of
from operators.services.presence import set_presence
from telephony.selectors import live_call_of
from telephony.services.tell_watchers import tell_watchers
from telephony.services.watch_operator import watch_operator
from telephony.waiting import free_operator_news
from tests.factories import BrandFactory, OperatorFactory, StaffFactory
from tests.messaging.scenario import answer, text
from tests.notices.test_bell import tell as notify
from tests.scenario import BRAND_HOST, given_customer, given_operator, logged_in, when_called
from tests.web.test_socket_access import ADMIN_HOST, PORTAL_HOST
from web.frame_figures import frame_figures

pytestmark = pytest.mark.django_db


def statements(ask: Callable[[], Any]) -> list[str]:
    ask()  # fills what is kept in memory
    with CaptureQueriesContext(connection) as captured:
        assert ask().status_code == 200
    return [query["sql"] for query in captured.captured_queries]


def test_a_customers_page_begins_with_one_statement_and_ends_with_one() -> None:
    client = logged_in(given_customer().user, BRAND_HOST)
    first, *own, last = statements(lambda: client.get("/account/"))
    assert "django_session" in first
    assert "customers_customer" in first
    assert "messaging_conversation" in last
    assert "ledger_account" in last
    assert len(own) <= 3, own  # phones, an erasure that waits, whether there is tax
    assert not any("customers_user" in sql.partition("WHERE")[0] for sql in own)


def test_an_operators_and_a_staff_members_page_begin_with_one(settings: Settings) -> None:
    settings.OPERATOR_SECOND_FACTOR = settings.STAFF_SECOND_FACTOR = True
    for user, host in ((OperatorFactory().user, PORTAL_HOST), (StaffFactory(), ADMIN_HOST)):
        Authenticator.objects.create(user=user, type="totp", data={})
        client = logged_in(user, host)
        first, *others = statements(lambda client=client: client.get("/"))
        assert "django_session" in first
        for table in ("django_session", 'FROM "customers_user"', "mfa_authenticator"):
            assert not any(table in sql for sql in others), table


def test_the_figures_are_those_of_the_selectors() -> None:
    customer, brand = given_customer(balance="45.00", free_minutes=10), BrandFactory()
    free, talking = given_operator(presence="away"), given_operator()
    text(customer, talking)
    answer(talking, customer)
    notify(customer)
    nothing = frame_figures(given_customer(balance=0), brand)
    assert (nothing.balance_minor, nothing.unread, nothing.notices, nothing.free_seconds) == (0, 0, 0, 0)
    assert (nothing.has_offer, nothing.has_watch, nothing.has_call) == (False, False, False)

    figures = frame_figures(customer, brand)
    wallet = wallet_message(customer.pk)
    assert (figures.unread, figures.notices) == (
        unread_of(customer),
        unread_notices_of(customer.user_id, brand),
    )
    assert figures.unread > 0
    assert figures.notices > 0
    assert figures.free_seconds == wallet["free_seconds"] == 600
    assert figures.balance_minor - figures.held_minor == wallet["balance_minor"] > 0
    assert not figures.has_call

    watch_operator(customer=customer, operator_id=free.pk, brand=brand)
    set_presence(operator_id=free.pk, presence="online")
    tell_watchers(operator_id=free.pk)
    figures = frame_figures(customer, brand)
    assert figures.has_watch
    assert free_operator_news(customer.pk, figures.at) is not None
    when_called(customer, talking)
    figures, wallet = frame_figures(customer, brand), wallet_message(customer.pk)
    assert figures.has_call
    assert live_call_of(customer) is not None
    assert figures.held_minor == wallet["held_minor"] > 0


def test_what_was_read_along_proves_nothing_by_itself() -> None:
    """The session says whose it is; the list of logins only helps to read them."""
    mine, other = given_customer(), given_customer()
    client = logged_in(mine.user, BRAND_HOST)
    UserSession.objects.update(user=other.user)
    page = client.get("/account/").content.decode()
    assert mine.user.email in page
    assert other.user.email not in page
    UserSession.objects.all().delete()
    assert mine.user.email in client.get("/account/").content.decode(), "not on the list, but logged in"


@pytest.mark.parametrize("ended", ["password", "account", "session", "backend"])
def test_what_ends_a_login_ends_it(ended: str, settings: Settings) -> None:
    customer: Customer = given_customer()
    client = logged_in(customer.user, BRAND_HOST)
    assert client.get("/account/").status_code == 200
    user, session = customer.user, client.session
    if ended == "password":
        user.set_password("another one, and longer")
    elif ended == "account":
        user.is_active = False
    elif ended == "session":
        session.delete(session.session_key)
    else:
        settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
    user.save()
    assert client.get("/account/").status_code == 302
    if ended == "password":
        assert SESSION_KEY not in client.session, "as Django does it"
