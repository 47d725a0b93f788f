"""The page of hours and time off, the console's presses, and what customers see of both."""

from datetime import UTC, datetime

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils.html import strip_tags

from core import clock
from operators.models import Operator, ScheduleException, WorkPlan
from operators.states import Presence
from tests.scenario import BRAND_HOST, given_customer, given_operator, logged_in
from tests.support.html import compact

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 12, 20, 17, tzinfo=UTC)  # a Sunday, 12 PM in New York
PAGE = "/settings/hours/"


@pytest.fixture
def operator() -> Operator:
    operator: Operator = given_operator(presence=Presence.OFFLINE, stage_name="Sarah", slug="sarah")
    return operator


@pytest.fixture
def portal(operator: Operator) -> Client:
    return logged_in(operator.user, "portal.localhost")


def sees(path: str = "/operators/sarah/") -> str:
    """What a customer reads."""
    with clock.using(lambda: NOON):
        return words(logged_in(given_customer().user, BRAND_HOST).get(path))


def posts(portal: Client, path: str, **form: str) -> str:
    with clock.using(lambda: NOON):
        return words(portal.post(path, form, follow=True))


def words(page: HttpResponse) -> str:
    """Without its markup."""
    return " ".join(strip_tags(compact(page).replace("<", " <")).split())


def test_dates_stand_on_the_page_instead_of_the_usual_hours(portal: Client, operator: Operator) -> None:
    posts(portal, "/settings/schedule/", starts_3="18:00", ends_3="22:00")
    assert "Thursday 6 PM to 10 PM" in sees()
    assert "Saved: Off Dec 24." in posts(portal, f"{PAGE}dates/", day="2026-12-24", starts="", ends="")
    posts(portal, f"{PAGE}dates/", day="2026-12-26", starts="19:00", ends="23:00")
    posts(portal, f"{PAGE}dates/", day="2027-01-01", starts="", ends="")
    page = sees()
    assert "Thursday Off Dec 24" in page
    assert "6 PM to 10 PM" not in page
    assert "Saturday Dec 26, 7 PM to 11 PM" in page
    assert "Coming up Off Jan 1" in page
    first = ScheduleException.objects.earliest("day")
    assert "Removed." in posts(portal, f"{PAGE}dates/{first.pk}/remove/")
    assert "Thursday 6 PM to 10 PM" in sees()


def test_past_dates_are_not_shown(portal: Client, operator: Operator) -> None:
    ScheduleException.objects.create(operator=operator, day=datetime(2026, 12, 19, tzinfo=UTC).date())
    with clock.using(lambda: NOON):
        assert "None planned." in words(portal.get(PAGE))
    assert "Dec 19" not in sees()


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"day": "", "starts": "", "ends": ""}, "This field is required."),
        ({"day": "2026-12-19"}, "That day is in the past."),
        ({"day": "2026-12-24", "starts": "19:00"}, "Enter both times, or neither for a day off."),
    ],
)
def test_a_date_that_cannot_be_is_refused_beside_the_form(
    portal: Client, form: dict[str, str], said: str
) -> None:
    with clock.using(lambda: NOON):
        answer = portal.post(f"{PAGE}dates/", form)
    assert answer.status_code == 400
    assert said in words(answer)
    assert not ScheduleException.objects.exists()


def test_the_switches_are_saved(portal: Client) -> None:
    posts(portal, f"{PAGE}plan/", reminds="on", remind_minutes="30", follows_hours="on")
    plan = WorkPlan.objects.get()
    assert (plan.reminds, plan.remind_minutes, plan.follows_hours, plan.acted_at) == (True, 30, True, NOON)
    answer = portal.post(f"{PAGE}plan/", {"remind_minutes": "7"})
    assert answer.status_code == 400
    posts(portal, f"{PAGE}replies/", when_away="on", text="")
    plan.refresh_from_db()
    assert (plan.replies_when_away, plan.replies_on_vacation) == (True, False)
    assert "Our staff will check" in posts(portal, f"{PAGE}replies/", text="Back soon")


def test_a_break_from_the_console_shows_customers_when_she_is_back(
    portal: Client, operator: Operator
) -> None:
    assert "while you’re online" in posts(portal, "/break/", minutes="20")
    posts(portal, "/presence/", presence="online")
    console = posts(portal, "/break/", minutes="20")
    assert "On a break. You’re back online at 12:20 PM" in console
    assert "Away until 12:20 PM" in console
    assert "Back at 12:20 PM" in sees()
    assert "Back at 12:20 PM" in sees("/operators/")
    with clock.using(lambda: NOON):
        listed = Client(headers={"host": BRAND_HOST}).get(f"/api/operators/{operator.pk}/").json()
    assert datetime.fromisoformat(listed["back_at"]) == datetime(2026, 12, 20, 17, 20, tzinfo=UTC)
    posts(portal, "/presence/", presence="online")
    assert "Back at" not in sees()


def test_a_vacation_shows_customers_the_day_she_is_back(portal: Client, operator: Operator) -> None:
    page = posts(portal, f"{PAGE}vacation/", first="2026-12-20", last="2026-12-26")
    assert "You’re on vacation. Customers see that you’re back on Dec 27, 2026." in page
    assert "Back on Dec 27" in sees()
    assert "Back on Dec 27" in sees("/operators/")
    assert "End your vacation first." in posts(portal, "/presence/", presence="online")
    assert "Your vacation is over." in posts(portal, "/vacation/end/")
    assert "Back on" not in sees()


def test_a_planned_vacation_can_be_canceled(portal: Client, operator: Operator) -> None:
    page = posts(portal, f"{PAGE}vacation/", first="2026-12-24", last="2026-12-26")
    assert "Your vacation begins on Dec 24, 2026. You’re back on Dec 27, 2026. Cancel vacation" in page
    assert "Back on" not in sees()
    assert "Your vacation is canceled." in posts(portal, "/vacation/end/")
    assert "Cancel vacation" not in posts(portal, "/vacation/end/")


def test_texts_are_turned_off_and_on_in_one_press(portal: Client, operator: Operator) -> None:
    assert "Texts are off." in posts(portal, "/texts/", takes_messages="0")
    assert "Calls only" in sees("/operators/")
    assert "Sarah isn’t taking messages right now." in sees()
    assert "Sarah isn’t taking messages right now." in sees("/messages/sarah/")
    with clock.using(lambda: NOON):
        listed = Client(headers={"host": BRAND_HOST}).get(f"/api/operators/{operator.pk}/").json()
    assert listed["takes_messages"] is False
    assert "Texts are on." in posts(portal, "/texts/", takes_messages="1")
    assert "Calls only" not in sees("/operators/")
