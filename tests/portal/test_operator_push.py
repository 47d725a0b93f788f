"""Notifications in an operator's browsers: a call that rings, one that was missed, messages and callbacks while no page is open."""

import json

import pytest
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import DjangoCaptureOnCommitCallbacks
from pytest_django.fixtures import Settings

from billing.payouts.services.change_account import change_account
from core import clock
from core.jobs import Queue
from customers.models import Customer
from messaging.services.read_state import mark_read
from messaging.services.tell_operator import TELL_OPERATOR, tell_operator
from messaging.states import Side
from notices.lock_screen import CALL_TAG
from notices.models import Notice, PushSubscription
from notices.services.open_pages import note_open_pages
from notices.services.outbox import SEND
from notices.states import Channel, NoticeKind, NoticeState
from operators.models import Operator
from telephony.models import Call
from telephony.services.request_callback import request_callback
from telephony.services.tell_ring import TELL_RING, tell_ring
from tests.factories import BrandFactory
from tests.messaging.scenario import between, text
from tests.payouts.scenario import BANK
from tests.scenario import given_customer, given_operator, logged_in, tell, when_called
from tests.support.push_service import Browser, PushService
from tests.support.smtp_sink import deliver_mail

pytestmark = pytest.mark.django_db
PORTAL = "portal.localhost"
PAGE = "/settings/notifications/"


@pytest.fixture
def operator() -> Operator:
    return given_operator()


@pytest.fixture
def customer() -> Customer:
    return given_customer(alias="Velvet Fox 12")


@pytest.fixture
def client(operator: Operator) -> Client:
    return logged_in(operator.user, PORTAL)


@pytest.fixture
def browser(push_service: PushService, client: Client) -> Browser:
    """One that has turned notifications on at the portal."""
    return turned_on(client, push_service)


def turned_on(client: Client, push_service: PushService) -> Browser:
    browser = push_service.browser()
    answer = client.post(f"{PAGE}on/", {"endpoint": browser.endpoint, **browser.keys})
    assert answer.status_code == 200, answer.content
    return browser


def jobs(task: str) -> list[ProcrastinateJob]:
    return list(ProcrastinateJob.objects.filter(task_name=task, status="todo").order_by("id"))


def work() -> None:
    """Do what the jobs of ringing calls and of waiting messages would do now, and send what comes of it."""
    for job in jobs(TELL_RING):
        tell_ring(**job.args)
    for job in jobs(TELL_OPERATOR):
        tell_operator(**job.args)
    ProcrastinateJob.objects.filter(task_name__in=[TELL_RING, TELL_OPERATOR]).delete()
    deliver_mail()


def titles(browser: Browser, push_service: PushService) -> list[str]:
    path = browser.endpoint.partition(push_service.host)[2]
    return [browser.read(taken.body)["title"] for taken in push_service.taken if taken.path == path]


@pytest.fixture
def ringing(
    customer: Customer,
    operator: Operator,
    browser: Browser,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> Call:
    """A call that rings at the operator's."""
    call = when_called(customer, operator)
    with django_capture_on_commit_callbacks(execute=True):
        tell(call, "answered", at=4, leg="customer")
        tell(call, "ringing", at=5, leg="operator")
    return call


def test_a_ring_is_pushed_to_each_browser_at_once_and_names_nobody(
    client: Client, operator: Operator, browser: Browser, push_service: PushService, ringing: Call
) -> None:
    [job] = jobs(TELL_RING)
    assert (job.queue_name, job.scheduled_at) == (Queue.ALERTS, None)
    other = turned_on(logged_in(operator.user, PORTAL), push_service)
    assert tell_ring(call_id=ringing.call_id) == NoticeKind.OPERATOR_RING
    assert {job.queue_name for job in jobs(SEND)} == {Queue.ALERTS}, "no mail server keeps it waiting"
    work()
    assert titles(browser, push_service) == titles(other, push_service) == ["Incoming call"]
    taken = push_service.taken[0]
    shown = browser.read(taken.body)
    assert shown["manner"] == "ring"
    assert (shown["tag"], shown["path"], shown["body"]) == (CALL_TAG, "/", "Open the console.")
    assert ringing.customer.alias not in json.dumps(shown)
    assert (taken.headers["urgency"], taken.headers["topic"]) == ("high", CALL_TAG)
    assert 0 < int(taken.headers["ttl"]) <= 45
    assert f'data-tag="{CALL_TAG}"' in client.get("/").content.decode(), "the page's own has the same tag"


@pytest.mark.parametrize(
    ("ending", "more", "title"),
    [
        ("ended", {"why": "customer_cancelled", "ended_by": "customer"}, "Missed call"),
        ("failed", {"why": "operator_no_answer", "ended_by": "network"}, "Missed call"),
        ("failed", {"why": "operator_declined", "ended_by": "operator"}, "No longer ringing"),
        ("started", {}, "No longer ringing"),
    ],
)
def test_the_end_of_a_ring_takes_its_place(
    browser: Browser,
    push_service: PushService,
    ringing: Call,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ending: str,
    more: dict[str, str],
    title: str,
) -> None:
    work()
    with django_capture_on_commit_callbacks(execute=True):
        tell(ringing, ending, at=20, **more)
    work()
    assert titles(browser, push_service) == ["Incoming call", title]
    assert {taken.headers["topic"] for taken in push_service.taken} == {CALL_TAG}


def test_a_ring_that_ended_before_it_was_sent_is_not_sent(
    browser: Browser, push_service: PushService, ringing: Call
) -> None:
    tell_ring(call_id=ringing.call_id)
    tell(ringing, "started", at=10)
    tell_ring(call_id=ringing.call_id)
    deliver_mail()
    assert titles(browser, push_service) == ["No longer ringing"]
    assert Notice.objects.get(kind=NoticeKind.OPERATOR_RING).state == NoticeState.SKIPPED


def test_without_a_browser_or_a_key_an_event_costs_no_job(
    customer: Customer,
    operator: Operator,
    push_service: PushService,
    settings: Settings,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        tell(when_called(customer, operator), "ringing", at=5, leg="operator")
    assert jobs(TELL_RING) == []


def test_a_queue_that_is_broken_breaks_no_event(
    customer: Customer,
    operator: Operator,
    browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    def broken(_: int) -> None:
        raise RuntimeError("the queue is gone")

    monkeypatch.setattr("telephony.services.tell_ring.portal_subscriptions_of", broken)
    with django_capture_on_commit_callbacks(execute=True):
        answer = tell(when_called(customer, operator), "ringing", at=5, leg="operator")
    assert answer["ok"]


def test_a_message_is_pushed_while_no_page_is_open(
    customer: Customer, operator: Operator, browser: Browser, push_service: PushService
) -> None:
    text(customer, operator)
    text(customer, operator, "Hello?")
    assert len(jobs(TELL_OPERATOR)) == 1, "the first that waits is enough"
    work()
    [taken] = push_service.taken
    shown = browser.read(taken.body)
    assert (shown["title"], shown["path"]) == (
        "A new message",
        f"/messages/{between(customer, operator).pk}/",
    )
    assert taken.headers["urgency"] == "normal"


def test_a_message_is_not_pushed_that_was_read_or_that_a_page_shows(
    customer: Customer, operator: Operator, browser: Browser, push_service: PushService
) -> None:
    text(customer, operator)
    conversation = between(customer, operator)
    note_open_pages([operator.user_id])
    [job] = jobs(TELL_OPERATOR)
    assert tell_operator(**job.args) == 0
    assert jobs(TELL_OPERATOR)[-1].scheduled_at > clock.now(), "asked again later"
    mark_read(conversation_id=conversation.pk, side=Side.OPERATOR, up_to=conversation.last_number)
    work()
    assert push_service.taken == []


def test_a_callback_request_is_pushed_while_no_page_is_open(
    customer: Customer, operator: Operator, browser: Browser, push_service: PushService
) -> None:
    request_callback(customer=customer, operator_id=operator.pk, brand=BrandFactory())
    note_open_pages([operator.user_id])
    request_callback(customer=given_customer(), operator_id=operator.pk, brand=BrandFactory())
    pushes = Notice.objects.filter(channel=Channel.PUSH)
    assert [notice.subject for notice in pushes] == ["A callback request"]


def test_the_page_lists_browsers_and_keeps_choices(
    client: Client, operator: Operator, browser: Browser, push_service: PushService, ringing: Call
) -> None:
    page = client.get(PAGE).content.decode()
    assert "this one" in page
    assert page.count(" checked") == 3
    client.post(PAGE, {"messages": "on"})
    assert client.get(PAGE).content.decode().count(" checked") == 1
    assert tell_ring(call_id=ringing.call_id) is None, "calls are off"
    subscription = PushSubscription.objects.get()
    logged_in(given_operator().user, PORTAL).post(f"{PAGE}{subscription.pk}/off/")
    assert PushSubscription.objects.exists()
    client.post(f"{PAGE}{subscription.pk}/off/")
    assert not PushSubscription.objects.exists()


def test_what_is_no_push_service_is_refused_and_a_customer_has_no_say(
    client: Client, customer: Customer, push_service: PushService
) -> None:
    keys = push_service.browser().keys
    assert client.post(f"{PAGE}on/", {"endpoint": "https://attacker.example/1", **keys}).status_code == 400
    stranger = logged_in(customer.user, PORTAL)
    endpoint = push_service.browser().endpoint
    assert stranger.post(f"{PAGE}on/", {"endpoint": endpoint, **keys}).status_code == 403
    assert not PushSubscription.objects.exists()


def test_the_console_has_the_switch_where_there_is_a_key(
    client: Client, push_service: PushService, settings: Settings
) -> None:
    assert "<push-switch" in client.get("/").content.decode()
    turned_on(client, push_service)
    assert "data-this-device" in client.get("/").content.decode()
    settings.PUSH_KEY = ""
    assert "push-switch" not in client.get("/").content.decode()
    assert "Notifications are off here" in client.get(PAGE).content.decode()


def test_logging_out_ends_it(client: Client, browser: Browser) -> None:
    client.post("/accounts/logout/")
    assert not PushSubscription.objects.exists()


def test_the_worker_is_at_the_root_and_keeps_nothing() -> None:
    answer = Client(headers={"Host": PORTAL}).get("/service-worker.js")
    script = answer.content.decode()
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "caches" not in script
    assert '"fetch"' not in script


def test_whoever_chose_nothing_hears_that_their_payouts_go_elsewhere(
    operator: Operator, client: Client, browser: Browser
) -> None:
    client.post(PAGE, {})
    change_account(operator_id=operator.pk, method="ach", given=BANK)
    notice = Notice.objects.get(channel=Channel.PUSH)
    assert (notice.kind, notice.payload["path"]) == (NoticeKind.OPERATOR_ACCOUNT, "/payouts/account/")
    assert "6789" not in json.dumps(notice.payload)
