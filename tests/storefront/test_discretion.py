"""The discretion page shows what is sent: each specimen equals what mail server, browser, phone, and statement got."""

from email.message import Message
from html import unescape

import pytest
from django.test import Client

from billing.services.start_payment import start_payment
from customers.models import Customer
from notices.models import Notice
from notices.services.enqueue import enqueue
from notices.services.send import send
from notices.states import Channel, NoticeKind
from storefront.specimens import Specimens, specimens_of
from telephony.originate_request import originate_plan
from tests.billing.sandbox import given_merchant_account
from tests.factories import BrandFactory
from tests.notices.test_rendering import preview_in
from tests.scenario import BRAND_HOST, given_customer, given_operator, logged_in, when_called
from tests.support.push_service import PushService
from tests.support.smtp_sink import MailSink, deliver_mail
from web.templatetags.ui import phone

pytestmark = pytest.mark.django_db
PAGE = "/help/discretion/"
REFUND = {"amount": "$3.99", "what": "a call on March 3", "balance": "$20.00", "receipt": ""}


@pytest.fixture
def customer() -> Customer:
    return given_customer(balance="20.00")


@pytest.fixture
def specimens(push_service: PushService) -> Specimens:
    """What the page shows, word for word."""
    given_merchant_account()
    brand = BrandFactory()
    brand.app_name, brand.mail_from = "After Six", "hello@flirts.example"
    brand.save()
    specimens = specimens_of(brand)
    page = unescape(Client(headers={"Host": BRAND_HOST}).get(PAGE).content.decode())
    shown = [
        specimens.sender, phone(specimens.caller_id), specimens.statement, specimens.app_name, *specimens.subjects,
        *specimens.previews, *(screen.body for screen in specimens.lock_screens),
    ]  # fmt: skip
    assert [words for words in shown if words not in page] == []
    return specimens


def html_of(mail: Message) -> str:
    part = next(part for part in mail.walk() if part.get_content_type() == "text/html")
    return bytes(part.get_payload(decode=True)).decode()


def test_mail_has_the_sender_the_subject_and_the_preview_shown(
    specimens: Specimens, customer: Customer, mail_sink: MailSink
) -> None:
    brand = BrandFactory()
    enqueue(NoticeKind.REFUND, recipient=customer.user, brand=brand, url="", **REFUND)
    enqueue(NoticeKind.LOGIN_CODE, recipient=customer.user, brand=brand, code="ABCD-EFGH")
    deliver_mail()
    assert (
        {mail["From"] for mail in mail_sink.mails}
        == {specimens.sender}
        == {"After Six <hello@flirts.example>"}
    )
    assert {mail["Subject"] for mail in mail_sink.mails} <= set(specimens.subjects)
    assert {preview_in(html_of(mail)) for mail in mail_sink.mails} <= set(specimens.previews)


def test_a_push_has_the_title_the_words_and_the_icon_shown(
    specimens: Specimens, customer: Customer, push_service: PushService
) -> None:
    client, browser = logged_in(customer.user, BRAND_HOST), push_service.browser()
    client.post("/account/notifications/on/", {"endpoint": browser.endpoint, **browser.keys})
    brand = BrandFactory()
    enqueue(NoticeKind.REFUND, recipient=customer.user, brand=brand, url="", **REFUND)
    enqueue(NoticeKind.MESSAGE_WAITING, recipient=customer.user, brand=brand, operator="Sarah", url="")
    for notice in Notice.objects.filter(channel=Channel.PUSH):
        send(notice_id=notice.pk)
    shown = {(screen.title, screen.body, screen.icon) for screen in specimens.lock_screens}
    got = [browser.read(taken.body) for taken in push_service.taken]
    assert len(got) == 2
    assert {(message["title"], message["body"], message["icon"]) for message in got} <= shown


def test_a_call_comes_from_the_number_shown(specimens: Specimens, customer: Customer) -> None:
    call = when_called(customer, given_operator())
    assert originate_plan(call).customer.caller_id == specimens.caller_id


def test_a_statement_says_what_is_shown(specimens: Specimens, customer: Customer) -> None:
    payment = start_payment(customer=customer, brand=BrandFactory(), amount_minor=2500)
    assert payment.statement_text == specimens.statement


def test_the_app_has_the_name_and_the_icon_shown(specimens: Specimens) -> None:
    visitor = Client(headers={"Host": BRAND_HOST})
    manifest = visitor.get("/manifest.webmanifest").json()
    assert {manifest["name"], manifest["short_name"]} == {specimens.app_name}
    icon = specimens.lock_screens[0].icon
    assert icon in [entry["src"] for entry in manifest["icons"]]
    assert f'src="{icon}"' in visitor.get(PAGE).content.decode()


def test_the_worker_is_at_the_root_and_keeps_no_page_of_a_person(specimens: Specimens) -> None:
    visitor = Client(headers={"Host": BRAND_HOST})
    answer = visitor.get("/service-worker.js")
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Cache-Control"] == "no-cache"
    offline = visitor.get("/offline/").content.decode()
    assert "You’re offline" in unescape(offline)
    assert "<script" not in offline
    assert "worker-src 'self'" in answer.headers["Content-Security-Policy"]
