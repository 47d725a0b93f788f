"""Pages of conversations, by form: both sides, without a script."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from billing import selectors as money
from core import clock
from customers.services.limits import take_break
from messaging.models import Message, SmsConsent
from messaging.services.block import block as end_contact
from messaging.services.read_state import mark_read
from messaging.services.refund_unanswered import refund_unanswered
from messaging.states import Side, SmsMode
from operators.eligibility import Obstacle, describe_obstacle
from operators.models import Block
from operators.states import Presence
from tests.messaging.scenario import answer, between, give_phone, text, with_sms
from tests.messaging.test_api import between_of, fill
from tests.scenario import given_customer, given_operator, logged_in

pytestmark = pytest.mark.django_db
BRAND, PORTAL = "flirts.localhost", "portal.localhost"


def written(client: Client, path: str, **form: str) -> int:
    return int(client.post(path, {"message_text": "Hello", **form}).status_code)


def test_the_operators_page_offers_a_message_with_its_price() -> None:
    customer, operator = given_customer(), given_operator()
    page = logged_in(customer.user, BRAND).get(f"/operators/{operator.slug}/").content.decode()
    assert "Message · $0.50" in page
    assert f"/messages/{operator.slug}/" in page


def test_who_can_be_called_is_called_from_the_conversation() -> None:
    customer, operator = given_customer(), given_operator()
    client, path = logged_in(customer.user, BRAND), f"/messages/{operator.slug}/"
    call = f'href="/operators/{operator.slug}/call/"'
    assert call in client.get(path).content.decode()
    operator.presence = Presence.AWAY
    operator.save()
    assert call not in client.get(path).content.decode()


def test_the_price_is_confirmed_once_and_again_when_it_rises() -> None:
    customer, operator = given_customer(), given_operator()
    client, path = logged_in(customer.user, BRAND), f"/messages/{operator.slug}/"
    assert "costs $0.50" in client.get(path).content.decode()
    assert written(client, path, price="50") == 400
    assert written(client, path, price="50", agreed="1") == 302
    assert written(client, path, price="50") == 302
    operator.rate_per_message_minor = 75
    operator.save()
    assert "costs $0.75" in client.get(path).content.decode()
    assert written(client, path, price="50", agreed="1") == 409
    assert written(client, path, price="75") == 400
    assert written(client, path, price="75", agreed="1") == 302
    assert money.wallet_of(customer.pk).balance_minor == 4500 - 50 - 50 - 75


def test_the_same_form_twice_is_one_message() -> None:
    customer, operator = given_customer(), given_operator()
    client, path = logged_in(customer.user, BRAND), f"/messages/{operator.slug}/"
    for _ in range(2):
        assert written(client, path, price="50", agreed="1", key="form_1") == 302
    assert Message.objects.count() == 1


def test_a_refused_text_stays_in_the_field() -> None:
    customer, operator = given_customer(balance="0.20"), given_operator()
    client = logged_in(customer.user, BRAND)
    answered = client.post(
        f"/messages/{operator.slug}/", {"message_text": "Keep me", "price": "50", "agreed": "1"}
    )
    assert answered.status_code == 402
    page = answered.content.decode()
    assert "Keep me</textarea>" in page
    assert "balance is too low" in page


def test_both_sides_see_how_a_text_will_read_with_its_number_hidden_and_send_or_edit_it() -> None:
    customer, operator = given_customer(), given_operator()
    mine, path = logged_in(customer.user, BRAND), f"/messages/{operator.slug}/"
    form = {"message_text": "Call 212 555 0100", "price": "50", "agreed": "1", "key": "form_1"}
    asked = mine.post(path, form)
    assert asked.status_code == 409
    asks_about(asked.content.decode(), "It hasn’t been sent, and nothing was charged.")
    assert money.wallet_of(customer.pk).balance_minor == 4500
    edited = mine.post(path, {**form, "edit": "1"}).content.decode()
    assert "Call 212 555 0100</textarea>" in edited
    assert re.search(r'data-part="hiding"[^>]* hidden>', edited)
    assert not Message.objects.exists()
    for _ in range(2):
        assert mine.post(path, {**form, "accept_hiding": "1"}).status_code == 302
    assert money.wallet_of(customer.pk).balance_minor == 4450

    desk, path = logged_in(operator.user, PORTAL), f"/messages/{between(customer, operator).pk}/"
    page = desk.post(path, {"message_text": "Call 212 555 0100"}).content.decode()
    asks_about(page, "It hasn’t been sent.")
    assert "charged" not in page.split('data-part="hiding"')[1].split("</form>")[0]
    assert written(desk, path, message_text="Call 212 555 0100", accept_hiding="1") == 302
    assert list(Message.objects.values_list("text", flat=True)) == ["Call (number hidden)"] * 2


def asks_about(page: str, ending: str) -> None:
    """`page` shows how the text will read, offers to send that or to edit, and has the text for either."""
    box = page.split('data-part="hiding"')[1].split("</form>")[0]
    for words in ("We’ll hide the phone number in your message.", "Call (number hidden)", ending):
        assert words in box
    assert re.search(r'name="accept_hiding" value="1">\s*Send it like this', box)
    assert "Call 212 555 0100</textarea>" in page
    assert re.search(r'class="composer-row" hidden>', page)


def test_both_sides_read_and_answer_and_see_what_was_given_back() -> None:
    customer, operator = given_customer(), given_operator()
    at = clock.now() - timedelta(days=2)
    with clock.using(lambda: at):
        text(customer, operator, "Are you there? <b>")
    refund_unanswered(at=clock.now())
    desk = logged_in(operator.user, PORTAL)
    conversation = between(customer, operator)
    assert customer.alias in desk.get("/messages/").content.decode()
    path = f"/messages/{conversation.pk}/"
    page = desk.get(path).content.decode()
    assert "Are you there? &lt;b&gt;" in page
    assert "Refunded to the customer" in page
    assert "$" not in page.split("<main")[1].split("</main")[0], "operators are not told what it cost"
    assert between(customer, operator).operator_unread == 0
    assert written(desk, path) == 302
    mine = logged_in(customer.user, BRAND)
    assert operator.stage_name in mine.get("/messages/").content.decode()
    assert "$0.50 refunded: no reply in time" in mine.get(f"/messages/{operator.slug}/").content.decode()
    assert customer.user.email not in page


def test_somebody_elses_conversation_is_not_found() -> None:
    customer, operator, other = given_customer(), given_operator(), given_operator()
    text(customer, operator)
    path = f"/messages/{between(customer, operator).pk}/"
    desk = logged_in(other.user, PORTAL)
    for answered in (desk.get(path), desk.post(path, {"message_text": "x"}), desk.post(f"{path}block/")):
        assert answered.status_code == 404
    assert Client(headers={"host": BRAND}).get("/messages/").status_code == 302


def test_blocking_and_reporting_by_form() -> None:
    customer, operator = given_customer(), given_operator()
    text(customer, operator)
    mine, path = logged_in(customer.user, BRAND), f"/messages/{operator.slug}/"
    assert mine.post(f"{path}report/", {"reason": "Rude"}, follow=True).status_code == 200
    mine.post(f"{path}block/")
    assert Block.objects.filter(customer=customer, operator=operator, blocked_by="customer").exists()
    assert "You blocked" in mine.get(path).content.decode()
    assert written(mine, path, price="50") == 403
    mine.post(f"{path}block/", {"undo": "1"})
    assert written(mine, path, price="50") == 302


def test_a_customer_on_a_break_reads_why_and_a_blocked_one_does_not() -> None:
    customer, operator = given_customer(), given_operator()
    mine, path = logged_in(customer.user, BRAND), f"/messages/{operator.slug}/"
    end_contact(customer_id=customer.pk, operator_id=operator.pk, side=Side.OPERATOR, actor=operator.user)
    page = mine.get(path).content.decode()
    assert escape(f"{operator.stage_name} isn’t taking messages right now.") in page
    assert "block" not in page.split('class="composer"')[1].split("</live-conversation>")[0]
    take_break(customer=customer, length="day")
    page = mine.get(path).content.decode()
    assert escape(describe_obstacle(Obstacle.TAKING_A_BREAK)) in page
    assert "<textarea" not in page.split('class="composer"')[1].split("</live-conversation>")[0]


def test_each_side_reads_who_ended_contact() -> None:
    customer, operator = given_customer(), given_operator()
    text(customer, operator)
    desk, path = logged_in(operator.user, PORTAL), f"/messages/{between(customer, operator).pk}/"
    mine = logged_in(customer.user, BRAND)
    mine.post(f"/messages/{operator.slug}/block/")
    own_block = "You blocked {}. Neither of you can text or call."
    assert own_block.format(operator.stage_name) in mine.get(f"/messages/{operator.slug}/").content.decode()
    assert escape(f"{customer.alias} doesn’t want to be contacted.") in desk.get(path).content.decode()
    desk.post(f"{path}block/")
    assert own_block.format(customer.alias) in desk.get(path).content.decode()


def test_alerts_are_asked_for_and_the_answer_is_kept() -> None:
    with_sms(SmsMode.ALERTS)
    customer = given_customer(phone=False)
    mine = logged_in(customer.user, BRAND)
    assert "Turn on text alerts" not in mine.get("/messages/").content.decode()
    give_phone(customer, "+12125550111")
    assert "Turn on text alerts" in mine.get("/messages/").content.decode()
    mine.post("/alerts/", {"wants": "1"})
    assert "Turn off text alerts" in mine.get("/messages/").content.decode()
    mine.post("/alerts/", {"wants": "0"})
    assert list(SmsConsent.objects.order_by("id").values_list("action", "source", "actor")) == [
        ("start", "site", customer.user.pk),
        ("stop", "site", customer.user.pk),
    ]


def test_a_long_conversation_opens_with_as_few_questions_as_a_short_one() -> None:
    customer, few, many = given_customer(), given_operator(), given_operator()
    fill(between_of(customer, few), 10)
    fill(between_of(customer, many), 20_000)
    mine, counts = logged_in(customer.user, BRAND), []
    mine.get(f"/messages/{few.slug}/"), mine.get(f"/messages/{many.slug}/")
    for operator in (few, many):
        with CaptureQueriesContext(connection) as asked:
            page = mine.get(f"/messages/{operator.slug}/").content.decode()
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert "Earlier messages" in page
    assert "Message 19951" in page
    assert "Message 19950" in mine.get(f"/messages/{many.slug}/?before=19951").content.decode()


def test_texts_and_the_answer_reach_the_list_in_order() -> None:
    customer, first, second = given_customer(), given_operator(), given_operator()
    text(customer, first), text(customer, second), answer(first, customer, "Newest of all")
    page = logged_in(customer.user, BRAND).get("/messages/").content.decode()
    assert page.index(first.stage_name) < page.index("Newest of all") < page.index(second.slug)


def test_every_page_says_how_many_messages_wait_for_one_more_question() -> None:
    customer, operator = given_customer(), given_operator()
    mine, desk = logged_in(customer.user, BRAND), logged_in(operator.user, PORTAL)
    counts = {page: queries(client, page) for client, page in ((mine, "/dashboard/"), (desk, "/settings/"))}
    text(customer, operator), answer(operator, customer), answer(operator, customer)
    stranger = given_customer()
    text(stranger, operator)
    for _ in range(5):
        other = given_operator()
        text(customer, other), answer(other, customer)
    assert waiting(mine, "/dashboard/") == "7"
    assert waiting(mine, f"/messages/{operator.slug}/") == "5", "opening a conversation reads it"
    assert waiting(desk, "/settings/") == "1"
    assert {
        page: queries(client, page) for client, page in ((mine, "/dashboard/"), (desk, "/settings/"))
    } == counts
    mark_read(conversation_id=between(stranger, operator).pk, side=Side.OPERATOR, up_to=9)
    assert waiting(desk, "/settings/") is None


def waiting(client: Client, path: str) -> str | None:
    """The number beside "Messages"; None where nothing is shown."""
    page = client.get(path).content.decode()
    [(hidden, number)] = re.findall(
        r'data-part="unread" data-hide-empty( hidden)?>\s*<span data-slot="unread">([0-9+]*)</span>', page
    )
    return None if hidden else str(number)


def queries(client: Client, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(path).status_code == 200
    return len(asked)
