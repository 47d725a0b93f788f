"""Waiting for an operator on the pages: what there is to do when she can't be called, the list, and the news when she's free."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from customers.models import Customer
from operators.models import Operator
from operators.services.presence import set_presence
from telephony.models import AvailabilityWatch, CallbackRequest
from telephony.services.offer_callback import decline_callback, offer_callback
from telephony.services.request_callback import request_callback
from telephony.services.tell_watchers import tell_watchers
from telephony.services.watch_operator import watch_operator
from telephony.states import CallbackState, WatchState
from tests.factories import BrandFactory
from tests.scenario import BRAND_HOST, given_customer, given_operator, logged_in, tell, when_called
from tests.support.html import compact

pytestmark = pytest.mark.django_db
TELL_ME, WE_WILL = "Tell me when Sarah’s free", "We’ll tell you once when Sarah’s free: here, and by email."
LARGEST = 2048


@pytest.fixture
def customer() -> Customer:
    return given_customer()


@pytest.fixture
def sarah() -> Operator:
    return given_operator(
        stage_name="Sarah", slug="sarah", presence="away", specialties=["Jazz", "Cooking"], rate="3.99"
    )


@pytest.fixture
def client(customer: Customer) -> Client:
    return logged_in(customer.user, BRAND_HOST)


def page(client: Client, path: str = "/operators/sarah/") -> str:
    return compact(client.get(path))


def region(client: Client, name: str, **query: Any) -> str:
    """What the live view answers for a region."""
    answer = client.get("/live/", {"region": name, **query}).json()
    [update] = [one for one in answer["updates"] if one["region"] == name]
    assert len(update["html"].encode()) <= LARGEST
    return " ".join(str(update["html"]).split())


def test_who_is_away_can_be_waited_for_from_their_page_and_no_longer(
    client: Client, customer: Customer, sarah: Operator
) -> None:
    shown = page(client)
    assert TELL_ME in shown
    assert "Leave a message" in shown
    client.post("/operators/sarah/watch/")
    shown = page(client)
    assert TELL_ME not in shown
    assert WE_WILL in " ".join(shown.split())
    assert WE_WILL in region(client, f"wait.{sarah.pk}")
    waiting = page(client, "/waiting/")
    assert "Sarah" in waiting
    assert "by email" in waiting
    client.post("/operators/sarah/unwatch/", HTTP_REFERER=f"http://{BRAND_HOST}/waiting/")
    assert "You’re not waiting for anyone" in page(client, "/waiting/")
    assert AvailabilityWatch.objects.get().state == WatchState.CANCELED


def test_a_call_then_is_asked_for_by_way_of_its_price(
    client: Client, customer: Customer, sarah: Operator
) -> None:
    client.post("/operators/sarah/watch/")
    assert "Call my phone then" in page(client)
    shown = page(client, "/operators/sarah/watch/call/")
    assert "$3.99/min" in shown
    assert "within 3 hours" in shown
    assert AvailabilityWatch.objects.get().rings_until is None, "looking asks for nothing"
    client.post("/operators/sarah/watch/call/")
    assert AvailabilityWatch.objects.get().rings_until is not None
    assert "We’ll call your phone, too, until" in page(client)
    assert "We’ll call your phone, too, until" in region(client, f"wait.{sarah.pk}")


def test_a_page_promises_no_email_to_an_address_that_was_never_confirmed(
    client: Client, customer: Customer, sarah: Operator
) -> None:
    EmailAddress.objects.filter(user=customer.user).update(verified=False)
    client.post("/operators/sarah/watch/")
    for shown in (page(client), page(client, "/waiting/")):
        assert "by email" not in shown
        assert "turn on email" in shown


def test_whoever_is_free_is_news_on_every_page_until_read(
    client: Client, customer: Customer, sarah: Operator
) -> None:
    watch_operator(customer=customer, operator_id=sarah.pk, brand=BrandFactory())
    set_presence(operator_id=sarah.pk, presence="online")
    assert "Sarah is free now" not in page(client, "/dashboard/")
    tell_watchers(operator_id=sarah.pk)
    assert "Sarah is free now." in page(client, "/dashboard/")
    news = region(client, "waiting-news")
    assert "Call Sarah" in news
    assert "$3.99/min" in news
    assert "csrfmiddlewaretoken" not in news
    other = logged_in(given_customer().user, BRAND_HOST)
    assert "Sarah is free now" not in page(other, "/dashboard/")
    set_presence(operator_id=sarah.pk, presence="away")
    assert "Sarah is free now" not in region(client, "waiting-news"), "it is true no longer"
    set_presence(operator_id=sarah.pk, presence="online")
    client.post("/waiting/dismiss/")
    assert "Sarah is free now" not in page(client, "/dashboard/")


def test_people_like_her_who_are_free_are_beside_her_page(
    client: Client, customer: Customer, sarah: Operator
) -> None:
    given_operator(stage_name="Busy", presence="away", specialties=["Jazz", "Cooking"])
    blocked = given_operator(stage_name="Blocked", specialties=["Jazz", "Cooking"])
    blocked.blocks.create(customer=customer, blocked_by="customer")
    for name, specialties, rate in (
        ("Other", [], "3.99"),
        ("Dear", ["Jazz"], "9.99"),
        ("Alike", ["Cooking", "Jazz"], "5.00"),
        ("Near", ["Jazz"], "4.50"),
    ):
        given_operator(stage_name=name, specialties=specialties, rate=rate)
    visitor = Client(headers={"Host": BRAND_HOST})
    visitor.post("/enter/", {"answer": "yes"})
    shown = region(client, f"similar.{sarah.pk}")
    names = [name for name in ("Alike", "Near", "Dear", "Other", "Busy", "Blocked") if f">{name}<" in shown]
    assert names == ["Alike", "Near", "Dear"]
    assert shown.index("Alike") < shown.index("Near") < shown.index("Dear")
    assert "Alike" in page(visitor)
    set_presence(operator_id=sarah.pk, presence="online")
    assert "Alike" not in region(client, f"similar.{sarah.pk}")


def test_people_like_her_have_faces_within_what_a_region_may_weigh(client: Client, sarah: Operator) -> None:
    for serial in range(3):
        given_operator(stage_name=f"Maximiliana-Rose-{serial}", specialties=["Jazz"])
    shown = region(client, f"similar.{sarah.pk}")
    assert shown.count('class="portrait drawing ') == 3
    hashed = shown.replace("parts.svg", "parts.0123456789ab.svg")  # as deployed
    assert len(hashed.encode()) <= LARGEST


def test_a_call_that_she_missed_ends_with_what_else_there_is(
    client: Client, customer: Customer, sarah: Operator
) -> None:
    set_presence(operator_id=sarah.pk, presence="online")
    given_operator(stage_name="Nina")
    assert "Leave a message" not in page(client)
    call = when_called(customer, sarah)
    tell(call, "ringing", at=5, leg="operator")
    tell(call, "no_answer", at=30, leg="operator", why="operator_no_answer", ended_by="operator")
    shown = page(client, f"/operators/sarah/?call={call.call_id}")
    assert "Sarah missed your call. You weren’t charged." in shown
    assert "Leave a message" in shown
    assert "Nina" in shown
    assert TELL_ME not in shown, "she is free"
    assert "Sarah missed your call" in page(client, "/activity/")
    assert "Leave a message" in region(client, f"wait.{sarah.pk}", call=call.call_id)


def test_a_call_that_the_customer_missed_ends_without_it(
    client: Client, customer: Customer, sarah: Operator
) -> None:
    set_presence(operator_id=sarah.pk, presence="online")
    call = when_called(customer, sarah)
    tell(call, "no_answer", at=30, leg="customer", why="customer_no_answer", ended_by="customer")
    assert "Leave a message" not in page(client, f"/operators/sarah/?call={call.call_id}")


def test_what_stands_in_the_way_is_said(client: Client, sarah: Operator) -> None:
    set_presence(operator_id=sarah.pk, presence="online")
    answer = client.post("/operators/sarah/watch/", follow=True)
    assert "Sarah is free now. You can call." in answer.content.decode()


def asked_for(customer: Customer, operator: Operator) -> CallbackRequest:
    return request_callback(customer=customer, operator_id=operator.pk, brand=BrandFactory())


def test_a_callback_is_asked_for_with_the_price_and_canceled(
    client: Client, customer: Customer, sarah: Operator
) -> None:
    assert "Ask for a callback" in page(client)
    form = page(client, "/operators/sarah/callback/")
    assert "$3.99/min + $0.99" in form
    assert "Call my phone once when Sarah is ready" in form
    client.post("/operators/sarah/callback/", {"rings": "1"})
    request = CallbackRequest.objects.get()
    assert (request.rings, request.rate_minor, request.fee_minor) == (True, 399, 99)
    assert "You asked Sarah for a callback." in " ".join(page(client).split())
    assert "You asked Sarah for a callback." in region(client, f"callback.{sarah.pk}")
    assert "we call your phone once" in page(client, "/waiting/")
    client.post("/operators/sarah/callback/cancel/")
    assert "Ask for a callback" in page(client)
    assert CallbackRequest.objects.get().state == CallbackState.CANCELED


def test_her_console_has_who_asked_and_calls_back_or_not(
    client: Client, customer: Customer, sarah: Operator
) -> None:
    console = logged_in(sarah.user, "portal.localhost")
    assert "Call back<" not in page(console, "/")
    first, second = asked_for(customer, sarah), asked_for(given_customer(), sarah)
    shown = page(console, "/")
    assert customer.alias in shown
    assert "New · since" in " ".join(shown.split())
    assert customer.user.email not in shown
    answer = console.post(f"/callbacks/{first.pk}/call/", follow=True)
    assert "Go online and finish your wrap-up first" in answer.content.decode()
    set_presence(operator_id=sarah.pk, presence="online")
    console.post(f"/callbacks/{first.pk}/call/")
    console.post(f"/callbacks/{second.pk}/decline/")
    assert [row.state for row in CallbackRequest.objects.order_by("id")] == ["offered", "declined"]
    assert "Offered,<span" in page(console, "/")
    other = logged_in(given_operator().user, "portal.localhost")
    other.post(f"/callbacks/{first.pk}/decline/")
    assert CallbackRequest.objects.get(pk=first.pk).state == CallbackState.OFFERED, "not hers"


def test_an_offer_is_on_every_page_and_leads_to_the_price_and_the_call(
    client: Client, customer: Customer, sarah: Operator
) -> None:
    request = asked_for(customer, sarah)
    set_presence(operator_id=sarah.pk, presence="online")
    assert "can talk now" not in page(client, "/dashboard/")
    offer_callback(operator=sarah, request_id=request.pk)
    news = region(client, "waiting-news")
    for shown in (news, page(client, "/dashboard/")):
        assert "Sarah can talk now." in shown
        assert "Accept ·" in shown
        assert 'href="/operators/sarah/call/"' in shown
    assert "2:00" in news
    assert "Accept ·" in region(client, f"callback.{sarah.pk}")
    client.post("/operators/sarah/callback/cancel/", HTTP_REFERER=f"http://{BRAND_HOST}/dashboard/")
    assert "can talk now" not in page(client, "/dashboard/")


def test_how_it_came_to_nothing_is_said(client: Client, customer: Customer, sarah: Operator) -> None:
    request = asked_for(customer, sarah)
    decline_callback(operator=sarah, request_id=request.pk)
    for path in ("/operators/sarah/", "/waiting/"):
        assert "Sarah can’t call back right now." in page(client, path)
    assert "Ask for a callback" not in page(client)
    CallbackRequest.objects.update(state=CallbackState.MISSED)
    for path in ("/operators/sarah/", "/waiting/"):
        assert "You missed Sarah’s callback at" in page(client, path)
