"""A brand that staff make in the admin, and nothing else: every page, the phone, the receipt and the mails name it.

Settings as production has them: hashed static files that were collected, https, hosts named, cookies secure. The node
runs already: an adapter process with simulated phones.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core import mail
from django.core.cache import cache
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import URLPattern, reverse
from pytest_django.live_server_helper import LiveServer

from billing.receipt_numbers import ReceiptOf, receipt_number
from brands.models import Brand
from customers.models import Customer, PhoneVerification
from operators.models import Operator
from storefront import old_addresses, urls
from telephony.models import Call
from telephony.services.mail_receipt import mail_receipt
from telephony.sounds import Sound, call_from, operator_name, you_are_calling
from tests.factories import CustomerPhoneFactory, OperatorFactory, StaffFactory
from tests.messaging.scenario import text
from tests.scenario import given_credit, given_free_minutes
from tests.storefront.test_arriving import code, fields
from tests.support.smtp_sink import deliver_mail
from tests.telephony.test_whole_call import Adapter, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.asterisk]

ADMIN, HOST = "admin.sexacomms.com", "www.velvet.example"
CUSTOMERS_PHONE, OPERATORS_PHONE = "+19991010000", "+19991010090"  # both press 1
# Of things that are not made here, or an address that leads on for good.
OF_OTHER_THINGS = {
    "gallery", "conversation-messages", "data-download", "payment", "case", "case-appeal", "complaint",
    "complaint-appeal", "calls", "cap-call", "edit-rating", "mail-off", "own-link", "push-off",
}  # fmt: skip
ONLY_POSTED = {
    "conversation-sms",
    "call-funds", "enter", "favourite", "hide", "hang-up", "rate", "withdraw-rating", "conversation-block", "conversation-report", "conversation-first", "alerts", "offer-code", "access-code",
    "reserve-operator", "release-operator", "watch-operator", "unwatch-operator", "waiting-dismiss", "callback-cancel",
    "set-limits", "break", "self-exclusion", "close", "erase-undo", "phone-verify", "phone-ring", "phone-remove", "push-on", "push-test",
}  # fmt: skip


class Browser(Client):
    """Behind the proxy that ends TLS; forms carry the token and the Origin header as browsers send them."""

    def __init__(self, host: str) -> None:
        headers = {"Host": host, "Origin": f"https://{host}", "X-Forwarded-Proto": "https"}
        super().__init__(enforce_csrf_checks=True, headers=headers)

    def submit(self, path: str, data: dict[str, Any], *, page: str = "") -> HttpResponse:
        """Post the form that the page at `page`, or at `path` itself, shows."""
        token = re.search(
            r'name="csrfmiddlewaretoken" value="(\w+)"', self.get(page or path).content.decode()
        )
        assert token
        response: HttpResponse = self.post(path, {**data, "csrfmiddlewaretoken": token[1]})
        return response


@dataclass
class Node:
    """A running adapter and what its phones were played."""

    adapter: Adapter
    heard_file: Path

    def heard(self, number: str) -> list[str]:
        lines = [json.loads(line) for line in self.heard_file.read_text().splitlines()]
        return [line["sound"] for line in lines if line["number"] == number]


def plays(sound: Sound) -> str:
    return f"sound:aeims/{sound.content_name}"


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Settings with which static files are named by content, as `collectstatic` of the image does it."""
    hashed = {**django_settings.STORAGES, "staticfiles": {"BACKEND": "aeims.static.HashedStorage"}}
    values = {"STATIC_ROOT": tmp_path_factory.mktemp("static"), "STORAGES": hashed}
    with override_settings(**values):
        call_command("collectstatic", interactive=False, verbosity=0)
    return values


@pytest.fixture
def node(live_server: LiveServer, tmp_path: Path, settings: Any) -> Iterator[Node]:
    adapter = Adapter(f"{live_server.url}/api/telephony/events/", tmp_path / "journal")
    node = Node(adapter, tmp_path / "heard")
    adapter.environment |= {
        "ASTERISK_SOUNDS_DIR": str(tmp_path / "content"),
        "SIMULATED_PHONES_HEARD": str(node.heard_file),
    }
    adapter.start()
    settings.ASTERISK_ADAPTER_URL = adapter.url
    yield node
    adapter.stop()


@pytest.fixture
def production(node: Node, settings: Any, collected: dict[str, Any]) -> None:
    """After `node`: the live server that it reports to has begun with the settings of the tests."""
    ours = ["localhost", "127.0.0.1", "[::1]"]
    values = {
        "PORTAL_HOSTS": ["sexacomms.com"], "ADMIN_HOSTS": [ADMIN], "ALLOWED_HOSTS": ["sexacomms.com", ADMIN, *ours],
        "SECURE_SSL_REDIRECT": True, "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
        "SESSION_COOKIE_SECURE": True, "CSRF_COOKIE_SECURE": True, "DEBUG": False, **collected,
    }  # fmt: skip
    for name, value in values.items():
        setattr(settings, name, value)
    cache.clear()


def make_brand() -> Brand:
    """In the admin, with the host as somebody types it."""
    staff = Browser(ADMIN)
    staff.force_login(StaffFactory())
    form = {
        "name": "Velvet", "slug": "velvet", "spoken_name": "", "theme": "neutral", "tagline": "Company that listens.",
        "description": "Talk with people who have time.", "currency": "USD", "caller_id": "+12125550130",
        "operator_caller_id": "+12125550131", "customer_confirms": "on", "support_email": "support@velvet.example",
        "is_active": "on", "hosts-TOTAL_FORMS": "1", "hosts-INITIAL_FORMS": "0", "hosts-MIN_NUM_FORMS": "0",
        "hosts-MAX_NUM_FORMS": "1000", "hosts-0-host": " WWW.Velvet.Example",
    }  # fmt: skip
    response = staff.submit(reverse("admin:brands_brand_add", urlconf="aeims.urls.backoffice"), form)
    assert response.status_code == 302, response.content.decode()
    brand = Brand.objects.get(slug="velvet")
    assert [row.host for row in brand.hosts.all()] == [HOST]
    return brand


def signed_up(browser: Browser) -> Customer:
    """An account opened on the site, with a phone and money."""
    browser.submit("/accounts/signup/", fields())
    deliver_mail()
    assert str(mail.outbox[-1].body).strip().endswith("\nVelvet"), "the mail names the brand"
    assert "velvet" not in mail.outbox[-1].subject.lower()
    browser.submit("/accounts/confirm-email/", {"code": code()})
    customer = Customer.objects.get(user__email="new@example.test")
    assert customer.home_brand.name == "Velvet"
    CustomerPhoneFactory(customer=customer, number=CUSTOMERS_PHONE)
    given_credit(customer, "100.00")
    return customer


def files_of(page: str, root: Path) -> list[Path]:
    return [root / name for name in re.findall(r'"/static/([^"?#]+)', page)]


def addresses(call: Call, verification: PhoneVerification) -> dict[str, str]:
    """Every page of a customer site by the name of its address."""
    arguments: dict[str, list[Any]] = {
        "operator": [call.operator.slug], "call": [call.operator.slug], "callback": [call.operator.slug], "ring-when-free": [call.operator.slug], "conversation": [call.operator.slug], "receipt": [call.call_id],
        "tip": [call.call_id], "activity-receipt": [receipt_number(ReceiptOf.CALL, call.pk)],
        "case-new": [receipt_number(ReceiptOf.CALL, call.pk)],
        "phone-code": [verification.reference], "brand-icon": [180], "app-icon": [180],
    }  # fmt: skip
    names = [pattern.name for pattern in urls.urlpatterns if isinstance(pattern, URLPattern) and pattern.name]
    of_before = {pattern.name for pattern in old_addresses.urlpatterns}  # they lead to others of these
    pages = [name for name in names if name not in ONLY_POSTED | OF_OTHER_THINGS | of_before]
    assert len(pages) > 20
    return {name: reverse(name, args=arguments.get(name, [])) for name in pages}


def assert_every_page(
    browser: Browser, paths: dict[str, str], root: Path, *, elsewhere: dict[str, str]
) -> None:
    """200 each, naming the brand, every static file of it collected; `elsewhere`: where some lead instead."""
    for name, path in paths.items():
        response = browser.get(path)
        if name in elsewhere:
            assert (response.status_code, response.headers["Location"]) == (302, elsewhere[name]), name
            continue
        assert response.status_code == 200, name
        if response.headers["Content-Type"].startswith("text/html"):
            page = response.content.decode()
            assert re.search(r"Velvet\s*</span>\s*</a>", page), name
            assert 'data-theme="neutral"' in page, name
            assert [file for file in files_of(page, root) if not file.is_file()] == [], name
            assert files_of(page, root), name


def answers(browser: Browser) -> Callable[[], bool]:
    return lambda: browser.get("/help/").status_code == 200


def test_a_brand_made_in_the_admin_is_whole(production: None, node: Node, settings: Any) -> None:
    brand = make_brand()
    visitor = Browser(HOST)
    until(answers(visitor), "the host is accepted", seconds=5)
    operator: Operator = OperatorFactory(
        stage_name="Luna", slug="luna", brands=[brand], phone=OPERATORS_PHONE
    )
    call_command("make_prompts", verbosity=0)

    customer = signed_up(browser := Browser(HOST))
    given_free_minutes(customer, 1, operator=operator)
    response = browser.submit("/operators/luna/call/", {"key": "form_1"}, page="/operators/luna/")
    assert response.status_code == 302
    call = Call.objects.get()
    until(lambda: Call.objects.filter(joined_at__isnull=False).exists(), "both talk")
    browser.submit(f"/calls/{call.call_id}/hangup/", {}, page=response.headers["Location"])
    until(lambda: Call.objects.filter(ended_at__isnull=False).exists(), "the call is over")
    call = Call.objects.select_related("operator").get()
    assert call.joined_ms, "they talked"
    heard = node.heard(CUSTOMERS_PHONE)
    asked = ["sound:aeims/common/press-1-for-your-call", "sound:aeims/common/press-9-to-stop"]
    assert heard[:5] == [
        *asked,
        plays(you_are_calling("Velvet")),
        plays(operator_name("Luna")),
        "sound:aeims/common/the-price-is",
    ]
    told = node.heard(OPERATORS_PHONE)
    assert told[0] == "sound:aeims/common/press-1-for-a-call"
    assert plays(call_from("Velvet")) in told

    Customer.objects.update(mails_receipts=True)
    assert mail_receipt(call_id=call.call_id)
    deliver_mail()
    assert str(mail.outbox[-1].body).strip().endswith("\nVelvet")
    assert "Velvet" in browser.get(f"/calls/{call.call_id}/").content.decode().split("<main")[1]

    text(customer, operator)
    browser.submit("/account/phones/", {"number": "+19991010009"})
    paths = addresses(call, PhoneVerification.objects.get())
    root = Path(settings.STATIC_ROOT)
    # There is nothing new to agree to.
    leads_on = dict.fromkeys(("home", "agreements"), paths["directory"])
    leads_on["activity-receipt"] = paths["receipt"]  # a call has one of its own
    assert_every_page(browser, paths, root, elsewhere=leads_on)
    visitor.submit("/enter/", {}, page="/")
    private = {name: path for name, path in paths.items() if visitor.get(path).status_code == 302}
    assert_every_page(
        visitor, paths, root,
        elsewhere={name: f"/accounts/login/?next={path}" for name, path in private.items()},
    )  # fmt: skip
    assert set(private) >= {"dashboard", "activity", "receipt", "funds", "account"}
