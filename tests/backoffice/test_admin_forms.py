"""Forms of the admin that once crashed: what is left empty or misspelled is a word beside the field, or fine."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client

from customers.models import User
from customers.user_admin import time_zones
from operators.models import Operator
from tests.factories import StaffFactory, UserFactory
from tests.fuzz.forms import read
from tests.scenario import given_operator, logged_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Client:
    return logged_in(StaffFactory(), "admin.localhost")


def shown(client: Client, path: str) -> dict[str, Any]:
    """The form of an admin page as it would be sent unchanged."""
    forms, _ = read(client.get(path).content.decode(), path)
    [form] = [form for form in forms if form.method == "post" and "_save" in form.fields]
    data: dict[str, Any] = {name: values[0] for name, values in form.fields.items()}
    return {name: value for name, value in data.items() if not name.startswith("_") or name == "_save"}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", []),
        (" , ,", []),
        ("English", ["English"]),
        ("English, New York , [1]", ["English", "New York", "[1]"]),
    ],
)
def test_an_operators_languages_and_specialties_may_be_empty(
    staff: Client, typed: str, kept: list[str]
) -> None:
    operator = given_operator(languages=["English", "Spanish"])
    path = f"/operators/operator/{operator.pk}/change/"
    form = shown(staff, path)
    assert form["languages"] == "English, Spanish"
    answer = staff.post(path, {**form, "languages": typed, "specialties": typed})
    assert answer.status_code == 302, answer.context and answer.context["errors"]
    operator = Operator.objects.get(pk=operator.pk)
    assert (operator.languages, operator.specialties) == (kept, kept)


def test_too_many_languages_are_refused_beside_the_field(staff: Client) -> None:
    path = f"/operators/operator/{given_operator().pk}/change/"
    answer = staff.post(path, {**shown(staff, path), "languages": ",".join("abcdefghijk")})
    assert answer.status_code == 200
    assert "At most 10" in answer.content.decode()


@pytest.mark.parametrize(
    ("column", "typed", "words"),
    [
        ("rate_per_minute_minor", "199", "The rate per minute must be between $2.00 and $8.00."),
        ("rate_per_minute_minor", "801", "The rate per minute must be between $2.00 and $8.00."),
        ("connect_fee_minor", "301", "The connection fee must be between $0.00 and $3.00."),
        ("rate_per_message_minor", "101", "The price of a text must be between $0.00 and $1.00."),
        ("max_rate_minor", "150", "The highest rate must be at least the lowest."),
    ],
)
def test_a_price_outside_of_the_operators_bounds_is_refused_beside_the_field(
    staff: Client, column: str, typed: str, words: str
) -> None:
    operator = given_operator(
        rate_per_minute_minor=400, connect_fee_minor=99, rate_per_message_minor=50, min_rate_minor=200,
        max_rate_minor=800, max_connect_fee_minor=300, max_message_minor=100,
    )  # fmt: skip
    path = f"/operators/operator/{operator.pk}/change/"
    answer = staff.post(path, {**shown(staff, path), column: typed})
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert Operator.objects.get(pk=operator.pk).rate_per_minute_minor == 400
    assert staff.post(path, {**shown(staff, path), "rate_per_minute_minor": "800"}).status_code == 302


@pytest.mark.parametrize(
    "zone", ["Atlantis/Poseidonis", "", "../UTC", "EST5EDT4,M3.2.0,M11.1.0", "localtime"]
)
def test_a_time_zone_that_nobody_knows_is_refused_beside_the_field(staff: Client, zone: str) -> None:
    user = UserFactory()
    path = f"/customers/user/{user.pk}/change/"
    answer = staff.post(path, {**shown(staff, path), "time_zone": zone})
    assert answer.status_code == 200
    assert "Select a valid choice" in answer.content.decode() or "required" in answer.content.decode()


@pytest.mark.parametrize(
    "table", ["customers/customer", "operators/operator", "auth/group", "account/emailaddress"]
)
@pytest.mark.parametrize("key", ["x", "", "-1", "1.5", "1,2", "9" * 30])
def test_an_action_on_rows_that_are_none_is_a_bad_request(staff: Client, table: str, key: str) -> None:
    form = {"action": "delete_selected", "index": "0", "_selected_action": ["1", key]}
    assert staff.post(f"/{table}/", form).status_code == 400


def test_every_zone_that_is_offered_is_known_to_the_database(staff: Client) -> None:
    user = UserFactory()
    path = f"/customers/user/{user.pk}/change/"
    assert staff.post(path, {**shown(staff, path), "time_zone": "Europe/Berlin"}).status_code == 302
    assert User.objects.get(pk=user.pk).time_zone == "Europe/Berlin"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM unnest(%s::text[]) zone WHERE timezone(zone, now()) IS NULL", [time_zones()]
        )
        assert cursor.fetchone() == (0,)
