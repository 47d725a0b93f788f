"""The settings: a list that opens each section, a page for each, and addresses from before that."""

import re

import pytest
from django.test import Client

from operators.models import Operator
from operators.services.profile_texts import change_profile
from tests.scenario import given_operator, logged_in

pytestmark = pytest.mark.django_db
SECTIONS = ["profile", "prices", "phones", "hours", "channels", "greeting", "notifications", "privacy"]


@pytest.fixture
def operator() -> Operator:
    return given_operator(stage_name="Sarah")


@pytest.fixture
def page(operator: Operator) -> Client:
    return logged_in(operator.user, "portal.localhost")


def row(html: str, anchor: str) -> str:
    """What the list says of a section."""
    return " ".join(html.split(f'id="{anchor}"')[1].split("</li>")[0].split())


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_has_a_page_with_one_main_action_at_most(page: Client, section: str) -> None:
    address = f"/settings/{section}/"
    assert f'href="{address}"' in page.get("/settings/").content.decode()
    html = page.get(address).content.decode()
    menu, main = html.split("settings-section", 1)
    assert f'<a href="{address}" aria-current="page">' in menu
    shown = re.sub(r"<greeting-recorder.*?</greeting-recorder>", "", main, flags=re.DOTALL)
    assert shown.count("button--primary") <= 1


@pytest.mark.parametrize(
    "anchor", ["phone", "prices", "channels", "profile", "greeting", "schedule", "login"]
)
def test_links_of_letters_still_lead_to_their_section(page: Client, anchor: str) -> None:
    assert f'id="{anchor}"' in page.get("/settings/").content.decode()


@pytest.mark.parametrize(
    ("old", "new"),
    [("schedule", "hours"), ("phone", "phones"), ("photo", "profile"), ("drawing", "profile")],
)
def test_addresses_of_forms_lead_to_the_page_of_their_section(page: Client, old: str, new: str) -> None:
    assert page.get(f"/settings/{old}/")["Location"] == f"/settings/{new}/"


def test_a_page_that_was_open_still_saves_the_hours(page: Client, operator: Operator) -> None:
    assert page.post("/settings/schedule/", {"starts_0": "20:00", "ends_0": "02:00"}).status_code == 302
    assert operator.schedule.get().weekday == 0


def test_the_list_says_how_each_section_stands(page: Client, operator: Operator) -> None:
    html = page.get("/settings/").content.decode()
    assert "$3.99/min, $0.99 to connect, $0.50 a text" in row(html, "prices")
    assert "1 phone" in row(html, "phone")
    assert "Not set" in row(html, "schedule")
    assert "Calls and texts on 1 site" in row(html, "channels")
    assert "Not recorded yet" in row(html, "greeting")
    change_profile(operator_id=operator.pk, headline="Night owl", bio="", languages=[], specialties=[])
    page.post("/settings/hours/", {"starts_0": "20:00", "ends_0": "02:00"})
    html = page.get("/settings/").content.decode()
    assert "Waiting for review: headline" in row(html, "profile")
    assert "1 day a week" in row(html, "schedule")


def test_what_cannot_be_saved_is_said_on_the_page_of_its_section(page: Client) -> None:
    refused = page.post("/settings/prices/", {})
    assert refused.status_code == 400
    assert "<h1>Prices</h1>" in refused.content.decode()
    assert "field-error" in refused.content.decode()
