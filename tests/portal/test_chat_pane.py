"""Conversations on the console: opened beside the call, the caller's first."""

import pytest

from messaging.services.save_draft import save_draft
from messaging.states import Side
from tests.messaging.scenario import answer, between, text
from tests.scenario import given_customer, given_operator, logged_in, tell, when_called

pytestmark = pytest.mark.django_db
PORTAL = "portal.localhost"


def test_a_pane_has_the_messages_and_the_draft_and_marks_what_it_shows_as_read() -> None:
    customer, operator = given_customer(alias="Velvet Fox 12"), given_operator()
    text(customer, operator, "Are you there?")
    conversation = between(customer, operator)
    save_draft(conversation_id=conversation.pk, side=Side.OPERATOR, text="I was about")
    client = logged_in(operator.user, PORTAL)
    page = client.get(f"/messages/{conversation.pk}/pane/").content.decode()
    assert "<html" not in page
    assert all(words in page for words in ("Velvet Fox 12", "Are you there?", "I was about</textarea>"))
    assert f'action="/messages/{conversation.pk}/"' in page, "without scripts the form posts to the page"
    conversation.refresh_from_db()
    assert conversation.operator_unread == 0


def test_the_conversation_with_the_caller_is_first_while_the_call_is_live() -> None:
    operator = given_operator()
    caller = given_customer(alias="Early Bird 1")
    text(caller, operator)
    answer(operator, caller)
    for number in range(7):
        text(given_customer(alias=f"Later Bird {number}"), operator)
    client = logged_in(operator.user, PORTAL)

    def listed() -> str:
        [update] = [
            update
            for update in client.get("/live/?region=console-inbox").json()["updates"]
            if update["region"] == "console-inbox"
        ]
        return str(update["html"])

    assert "Early Bird 1" not in listed()
    call = when_called(caller, operator)
    tell(call, "ringing", at=5, leg="operator")
    html = listed()
    assert html.index("Early Bird 1") < html.index("On the phone") < html.index("Later Bird 6")
    assert html.count("data-pane=") == 6
    assert "On the phone" in client.get("/").content.decode()
