"""Notes about customers: saved while they are written, on the console and on the customer's page, and the same on all pages."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from core import clock
from operators.models import Interaction, Note, Operator
from operators.selectors import customer_history
from operators.services.save_note import save_note
from telephony.models import Call
from tests.scenario import given_customer, given_operator, logged_in, tell, when_called, when_talked
from tests.telephony.test_sockets import console, in_thread

PORTAL = "portal.localhost"
SCRIPT = {"X-Requested-With": "fetch"}
EVENING = datetime(2026, 11, 30, 23, 12, tzinfo=UTC)  # 6:12 PM in New York


@pytest.fixture
def operator(db: None) -> Operator:
    return given_operator()


@pytest.fixture
def page(operator: Operator) -> Client:
    return logged_in(operator.user, PORTAL)


def region(page: Client, name: str) -> str:
    """What a region of the operator's page shows now."""
    updates = page.get("/live/", {"region": name}).json()["updates"]
    return next((str(update["html"]) for update in updates if update["region"] == name), "")


def test_a_page_that_saves_as_one_types_is_answered_when_it_was_saved(
    page: Client, operator: Operator
) -> None:
    call = when_called(given_customer(), operator)
    with clock.using(lambda: EVENING):
        answer = page.post(f"/calls/{call.call_id}/note/", {"text": "Likes jaz"}, headers=SCRIPT)
    assert (answer.status_code, answer.content.decode()) == (200, "Saved 6:12 PM")
    assert Note.objects.get().text == "Likes jaz"
    removed = page.post(f"/calls/{call.call_id}/note/", {"text": " "}, headers=SCRIPT)
    assert removed.content.decode() == "Note removed"
    assert not Note.objects.exists()


def test_a_new_line_at_the_end_stays_so_that_one_may_continue_there(page: Client, operator: Operator) -> None:
    call = when_called(given_customer(), operator)
    page.post(f"/calls/{call.call_id}/note/", {"text": " Likes jazz\n"}, headers=SCRIPT)
    assert Note.objects.get().text == "Likes jazz\n"


def test_a_note_that_is_too_long_is_refused_and_the_last_one_stays(page: Client, operator: Operator) -> None:
    call = when_called(given_customer(), operator)
    address = f"/calls/{call.call_id}/note/"
    page.post(address, {"text": "Likes jazz"}, headers=SCRIPT)
    answer = page.post(address, {"text": "x" * 2001}, headers=SCRIPT)
    assert (answer.status_code, answer.content.decode()) == (400, "A note can have at most 2000 characters.")
    assert Note.objects.get().text == "Likes jazz"


def test_the_page_says_when_the_last_note_was_saved(page: Client, operator: Operator) -> None:
    customer = given_customer()
    when_talked(when_called(customer, operator), 59_000)
    with clock.using(lambda: datetime(2026, 3, 3, 23, 12, tzinfo=UTC)):
        save_note(operator_id=operator.pk, customer_id=customer.pk, text="Likes jazz")
    number = Interaction.objects.get().pk
    for shown in (region(page, "console-caller"), page.get(f"/customers/{number}/").content.decode()):
        assert "Likes jazz" in shown
        assert "Saved Mar 3" in shown


def test_the_field_outlives_the_call_and_not_one_that_was_never_joined(
    page: Client, operator: Operator
) -> None:
    call = when_called(given_customer(), operator)
    address = f'action="/calls/{call.call_id}/note/"'
    assert address in region(page, "console-caller")
    when_talked(call, 59_000)
    shown = region(page, "console-caller")
    assert address in shown
    assert f'data-object="call.{call.call_id}"' in shown, "the same object: what is typed stays"
    missed = when_called(given_customer(), operator)
    tell(missed, "no_answer", at=30, why="operator_no_answer", ended_by="operator")
    assert missed.call_id not in region(page, "console-caller")


def test_another_operators_customer_has_no_note_region(page: Client, operator: Operator) -> None:
    other = given_operator()
    when_talked(when_called(given_customer(), other), 59_000)
    assert region(page, f"customer-note.{Interaction.objects.get().pk}") == ""


@pytest.mark.django_db(transaction=True)
async def test_a_note_saved_on_one_page_is_on_all_that_show_it(channel_layer: None) -> None:
    operator, customer = await in_thread(given_operator)(), await in_thread(given_customer)()
    await in_thread(lambda: when_talked(when_called(customer, operator), 59_000))()
    number = await in_thread(lambda: Interaction.objects.get().pk)()
    one = await console(operator, "console-caller", "console-talk")
    other = await console(operator, f"customer-note.{number}")
    unconcerned = await console(operator, "console-presence")
    for socket in (one, other, unconcerned):
        assert await socket.opens()
    await in_thread(save_note)(operator_id=operator.pk, customer_id=customer.pk, text="Likes jazz")
    assert "Likes jazz" in (await one.hears_of("console-caller"))["html"]
    assert "Likes jazz" in (await other.hears_of(f"customer-note.{number}"))["html"]
    assert await unconcerned.hears_nothing_more()
    for socket in (one, other, unconcerned):
        await socket.closes()


@pytest.mark.django_db(transaction=True)
async def test_a_note_about_someone_else_leaves_the_caller_of_now(channel_layer: None) -> None:
    operator, customer = await in_thread(given_operator)(), await in_thread(given_customer)()
    await in_thread(lambda: when_talked(when_called(customer, operator), 59_000))()
    call: Call = await in_thread(lambda: when_called(given_customer(), operator))()
    socket = await console(operator, "console-caller")
    await socket.opens()
    await in_thread(save_note)(operator_id=operator.pk, customer_id=customer.pk, text="Not this caller")
    await in_thread(save_note)(operator_id=operator.pk, customer_id=call.customer_id, text="This one")
    assert "This one" in (await socket.hears_of("console-caller"))["html"]
    assert await in_thread(lambda: customer_history(operator.pk, customer.pk).note)() == "Not this caller"
    await socket.closes()
