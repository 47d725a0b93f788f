"""Push notifications: turned on by a browser, encrypted and signed, sent to push services on the list alone, ended with the login."""

import base64
import json
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from allauth.usersessions.models import UserSession
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from django.test import Client
from pytest_django.fixtures import Settings

from core import clock
from customers.models import Customer
from customers.services.limits import close_account
from notices.kinds import RULES
from notices.models import Notice, PushSubscription
from notices.push_client import is_allowed, public_key
from notices.selectors import channels_that_arrive
from notices.services.enqueue import enqueue
from notices.services.preferences import save_delivery, save_preferences
from notices.services.send import send
from notices.services.subscriptions import forget_ended
from notices.states import Channel, NoticeKind, NoticeState, PreferenceGroup
from tests.factories import BrandFactory
from tests.scenario import BRAND_HOST, given_customer, logged_in
from tests.support.push_service import Browser, PushService
from tests.support.smtp_sink import deliver_mail

pytestmark = pytest.mark.django_db
PAGE = "/account/notifications/"


@pytest.fixture
def customer() -> Customer:
    return given_customer(balance="20.00")


@pytest.fixture
def client(customer: Customer) -> Client:
    return logged_in(customer.user, BRAND_HOST)


@pytest.fixture
def browser(push_service: PushService, client: Client) -> Browser:
    """One that has turned notifications on."""
    browser = push_service.browser()
    answer = client.post(f"{PAGE}on/", {"endpoint": browser.endpoint, **browser.keys})
    assert answer.status_code == 200, answer.content
    return browser


def message_waits(customer: Customer, key: str = "message:1:1") -> Notice:
    """The push beside the mail."""
    enqueue(
        NoticeKind.MESSAGE_WAITING, recipient=customer.user, brand=BrandFactory(app_name="After Six"), key=key,
        operator="Sarah", url="http://flirts.localhost:8000/messages/sarah/",
    )  # fmt: skip
    return Notice.objects.filter(channel=Channel.PUSH).latest("pk")


def test_a_browser_gets_what_a_lock_screen_may_show_encrypted_and_signed(
    customer: Customer, browser: Browser, push_service: PushService
) -> None:
    notice = message_waits(customer)
    assert send(notice_id=notice.pk) == NoticeState.SENT
    [taken] = push_service.taken
    assert b"message" not in taken.body
    shown = browser.read(taken.body)
    assert (shown["body"], shown["path"]) == ("You have a new message.", "/messages/sarah/")
    assert "Sarah" not in shown["title"] + shown["body"]
    assert taken.headers["content-encoding"] == "aes128gcm"
    assert 0 < int(taken.headers["ttl"]) <= 86_400
    assert "message" not in taken.headers["topic"]
    assert_signed_by_us(taken.headers["authorization"], audience=f"http://{push_service.host}")
    notice.refresh_from_db()
    assert notice.payload == {}


def assert_signed_by_us(authorization: str, *, audience: str) -> None:
    """RFC 8292: `vapid t=<JWT>, k=<public key>`."""
    token, key = (part.partition("=")[2] for part in authorization.removeprefix("vapid ").split(","))
    assert key == public_key()
    head, claims, signature = token.split(".")
    raw = decoded(signature)
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(key))
    pair = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    point.verify(pair, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        point.verify(pair, f"{head}.{claims}x".encode(), ec.ECDSA(hashes.SHA256()))
    said = json.loads(decoded(claims))
    assert said["aud"] == audience
    assert 0 < said["exp"] - clock.now().timestamp() <= 86_400
    assert said["sub"].startswith("mailto:")


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_names_are_shown_to_whoever_chose_so(
    customer: Customer, browser: Browser, push_service: PushService
) -> None:
    save_delivery(customer.user, quiet_hours=None, has_digest=False, names_people=True)
    send(notice_id=message_waits(customer).pk)
    assert browser.read(push_service.taken[0].body)["body"] == "Sarah wrote to you."


@pytest.mark.parametrize("kind", [kind for kind, rules in RULES.items() if rules.lock_words])
def test_lock_screens_name_no_person_amount_or_reason(kind: NoticeKind) -> None:
    words = RULES[kind].lock_words
    assert not any(sign in words for sign in "{}$0123456789"), words
    assert "refund" not in words.lower()
    assert "call" not in words.lower()


# -- what the push service answers


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_forgotten(
    customer: Customer, browser: Browser, push_service: PushService, status: int
) -> None:
    push_service.status = status
    notice = message_waits(customer)
    assert send(notice_id=notice.pk) == NoticeState.SKIPPED
    assert not PushSubscription.objects.exists()
    assert channels_that_arrive(customer.user, NoticeKind.MESSAGE_WAITING) == {Channel.MAIL}


def test_too_many_waits_for_as_long_as_it_says(
    customer: Customer, browser: Browser, push_service: PushService
) -> None:
    push_service.status, push_service.answer_headers = 429, {"Retry-After": "120"}
    notice = message_waits(customer)
    assert send(notice_id=notice.pk) == NoticeState.FAILED
    notice.refresh_from_db()
    assert timedelta(seconds=110) < notice.due_at - clock.now() <= timedelta(seconds=120)
    assert notice.error == "PushDelayed 429"
    push_service.status = 201
    deliver_mail()
    notice.refresh_from_db()
    assert notice.state == NoticeState.SENT


def test_a_service_that_is_down_is_asked_again_and_one_that_refuses_is_not(
    customer: Customer, browser: Browser, push_service: PushService
) -> None:
    push_service.status = 503
    assert send(notice_id=message_waits(customer).pk) == NoticeState.FAILED
    push_service.status = 403
    assert send(notice_id=message_waits(customer, "message:1:2").pk) == NoticeState.GIVEN_UP
    assert PushSubscription.objects.exists()


def test_a_redirect_is_not_followed(customer: Customer, browser: Browser, push_service: PushService) -> None:
    push_service.status, push_service.answer_headers = (
        307,
        {"Location": f"http://{push_service.host}/elsewhere"},
    )
    assert send(notice_id=message_waits(customer).pk) == NoticeState.GIVEN_UP
    assert len(push_service.taken) == 1


# -- where it may be sent


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://attacker.example/send/1",
        "http://fcm.googleapis.com/fcm/send/1",
        "https://fcm.googleapis.com:8443/fcm/send/1",
        "https://fcm.googleapis.com.attacker.example/1",
        "https://user@fcm.googleapis.com/1",
        "https://attacker.example/?fcm.googleapis.com",
        "https://notify.windows.com.attacker.example/1",
        "https://[::1/1",
        "http://127.0.0.1:8000/admin/",
        "",
    ],
)
def test_an_address_that_is_of_no_push_service_is_refused(
    client: Client, push_service: PushService, endpoint: str
) -> None:
    keys = push_service.browser().keys
    assert not is_allowed(endpoint)
    assert client.post(f"{PAGE}on/", {"endpoint": endpoint, **keys}).status_code == 400
    assert not PushSubscription.objects.exists()


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/1",
        "https://updates.push.services.mozilla.com/wpush/v2/1",
        "https://web.push.apple.com/1",
        "https://wns2-bl2p.notify.windows.com/w/?token=1",
    ],
)
def test_addresses_of_push_services_are_taken(endpoint: str) -> None:
    assert is_allowed(endpoint)


def test_a_stand_in_on_the_loopback_is_none_in_production(
    push_service: PushService, settings: Settings
) -> None:
    endpoint = push_service.browser().endpoint
    assert is_allowed(endpoint)
    settings.IS_PRODUCTION = True
    assert not is_allowed(endpoint)


def test_an_address_that_left_the_list_is_not_connected_to(
    customer: Customer, browser: Browser, push_service: PushService, settings: Settings
) -> None:
    settings.PUSH_HOSTS = ["fcm.googleapis.com"]
    assert send(notice_id=message_waits(customer).pk) == NoticeState.GIVEN_UP
    assert push_service.taken == []


def test_keys_that_nothing_can_be_encrypted_with_are_refused(
    client: Client, push_service: PushService
) -> None:
    browser = push_service.browser()
    for keys in ({"p256dh": "AAAA", "auth": browser.keys["auth"]}, {**browser.keys, "auth": "x"}, {}):
        assert client.post(f"{PAGE}on/", {"endpoint": browser.endpoint, **keys}).status_code == 400


# -- who wants it, and when


def test_a_group_that_is_off_is_not_pushed(customer: Customer, browser: Browser) -> None:
    save_preferences(customer.user, {(PreferenceGroup.MESSAGES, Channel.PUSH): False})
    with pytest.raises(Notice.DoesNotExist):
        message_waits(customer)
    assert channels_that_arrive(customer.user, NoticeKind.MESSAGE_WAITING) == {Channel.MAIL}


def test_channels_that_arrive_with_a_browser(
    customer: Customer, browser: Browser, settings: Settings
) -> None:
    both = {Channel.MAIL, Channel.PUSH}
    assert channels_that_arrive(customer.user, NoticeKind.MESSAGE_WAITING) == both
    assert channels_that_arrive(customer.user, NoticeKind.PAYMENT_RECEIVED) == both
    assert channels_that_arrive(customer.user, NoticeKind.LOGIN_CODE) == {Channel.MAIL}
    settings.PUSH_KEY = ""
    assert channels_that_arrive(customer.user, NoticeKind.MESSAGE_WAITING) == {Channel.MAIL}


def test_quiet_hours_hold_a_push(customer: Customer, browser: Browser, push_service: PushService) -> None:
    save_delivery(customer.user, quiet_hours=(time(22), time(8)), has_digest=False, names_people=False)
    night = datetime(2027, 3, 3, 23, 30, tzinfo=ZoneInfo("America/New_York"))
    with clock.using(lambda: night):
        assert send(notice_id=message_waits(customer).pk) == NoticeState.QUEUED
    assert push_service.taken == []


# -- the page, and the end


def test_the_page_lists_browsers_and_turns_one_off(
    client: Client, customer: Customer, browser: Browser, settings: Settings
) -> None:
    page = client.get(PAGE).content.decode()
    assert public_key() in page
    assert "this one" in page
    subscription = PushSubscription.objects.get()
    stranger = logged_in(given_customer().user, BRAND_HOST)
    stranger.post(f"{PAGE}{subscription.pk}/off/")
    assert PushSubscription.objects.exists()
    client.post(f"{PAGE}{subscription.pk}/off/")
    assert not PushSubscription.objects.exists()
    settings.PUSH_KEY = ""
    page = client.get(PAGE).content.decode()
    assert "push-switch" not in page
    assert "Devices" not in page


def test_a_test_goes_to_mail_and_browser_once_a_minute(
    client: Client, customer: Customer, browser: Browser, push_service: PushService
) -> None:
    at = clock.now()
    with clock.using(lambda: at):
        for _ in range(2):
            client.post(f"{PAGE}test/")
    channels = list(Notice.objects.filter(kind=NoticeKind.TEST).values_list("channel", flat=True))
    assert sorted(channels) == [Channel.MAIL, Channel.PUSH]
    deliver_mail()
    assert browser.read(push_service.taken[0].body)["body"] == "This is a test."


def test_logging_out_ends_it(
    client: Client, customer: Customer, browser: Browser, push_service: PushService
) -> None:
    notice = message_waits(customer)
    client.post("/accounts/logout/")
    assert not PushSubscription.objects.exists()
    assert send(notice_id=notice.pk) == NoticeState.SKIPPED
    assert push_service.taken == []


def test_a_login_that_is_ended_elsewhere_takes_it_along(customer: Customer, browser: Browser) -> None:
    UserSession.objects.get(user=customer.user).delete()
    assert not PushSubscription.objects.exists()


def test_closing_the_account_is_the_last_that_is_told(
    customer: Customer, browser: Browser, push_service: PushService
) -> None:
    close_account(customer=customer, reason="enough")
    deliver_mail()
    assert [browser.read(taken.body)["body"] for taken in push_service.taken] == ["Your account is closed."]
    with pytest.raises(Notice.DoesNotExist):
        Notice.objects.exclude(kind=NoticeKind.ACCOUNT_CLOSED).get(pk=message_waits(customer).pk)
    later = clock.now() + timedelta(days=2)
    with clock.using(lambda: later):
        assert forget_ended() == 1


def test_a_browser_that_somebody_else_logs_in_with_is_theirs(
    customer: Customer, browser: Browser, push_service: PushService
) -> None:
    other = given_customer()
    client = logged_in(other.user, BRAND_HOST)
    client.post(f"{PAGE}on/", {"endpoint": browser.endpoint, **browser.keys})
    assert PushSubscription.objects.get().person == other.user
