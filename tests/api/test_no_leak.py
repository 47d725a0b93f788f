"""Neither side ever sees the other's number: every page, answer and log line of a whole call is searched for it.

`tests.lab.leaks` knows the spellings. The same search must find a number that was planted.
"""

import logging
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, URLResolver

from core.log_redaction import RedactPersonal, redact
from customers.models import Customer
from operators.models import Operator
from telephony.models import Call
from tests.factories import StaffFactory
from tests.lab.leaks import mentions
from tests.scenario import (
    api,
    customer_client,
    given_customer,
    given_operator,
    logged_in,
    tell,
    the_call,
)
from tests.support.phone_system import PhoneSystem

pytestmark = pytest.mark.django_db(transaction=True)

_PARAMETER = re.compile(r"<(?:[a-z]+:)?(\w+)>")
# Reading these is an act of its own, or no page of a call.
_LEFT_OUT = re.compile(r"^(accounts/|api/schema|api/docs|scheme/|readyz|leave|.*reveal|phones/|.*/number/)")


class Story:
    """One call, the three people who may look at it, and where they may look."""

    def __init__(self, phone_system: PhoneSystem) -> None:
        self.customer: Customer = given_customer(balance="45.00")
        self.operator: Operator = given_operator()
        answer = api(self.customer).post("/api/calls/initiate/", {"operator_id": self.operator.pk})
        self.answers = [("initiate", answer.content)]
        self.call = Call.objects.get()
        phone_system.says(self.call.call_id)
        self.customers_page = customer_client(self.customer)
        self.operators_page = logged_in(self.operator.user, "portal.localhost")
        self.staffs_page = logged_in(StaffFactory(), "admin.localhost")

    @property
    def customers_number(self) -> str:
        return self.customer.phones.get().number

    @property
    def operators_number(self) -> str:
        return self.operator.phone

    def goes_on(self) -> Iterator[str]:
        """Stage by stage."""
        tell(self.call, "ringing", at=1, leg="customer")
        tell(self.call, "answered", at=4, leg="customer")
        tell(self.call, "ringing", at=5, leg="operator")
        yield "ringing"
        tell(self.call, "started", at=10)
        yield "joined"
        tell(self.call, "ended", at=70, why="hangup", ended_by="operator")
        yield "ended"

    def leaks(self, *, in_whole_admin: bool = True) -> list[str]:
        """Pages that show the other side's number, and pages of staff that show any; those that Django's admin makes if asked."""
        values = self.values()
        found = []
        for path in pages("aeims.urls.storefront", values):
            found += self.search("customer", self.customers_page, path, [self.operators_number])
        for path in pages("aeims.urls.portal", values):
            found += self.search("operator", self.operators_page, path, [self.customers_number])
        both = [self.customers_number, self.operators_number]
        for path in (*pages("aeims.urls.backoffice", values), *(admin_pages() if in_whole_admin else ())):
            found += self.search("staff", self.staffs_page, path, both)
        return found

    def values(self) -> dict[str, str]:
        """What stands for the parameters of addresses."""
        return {
            "slug": self.operator.slug,
            "call_id": self.call.call_id,
            "operator_id": str(self.operator.pk),
            "number": str(self.customer.pk),
            "conversation_id": "1",
            "rating_id": "1",
            "seed": "sarah",
        }

    def search(self, who: str, client: Client, path: str, numbers: list[str]) -> list[str]:
        response = client.get(path, {"call_id": self.call.call_id, "operator_id": self.operator.pk})
        content = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[arg-type]
        said = content.decode(errors="replace") + str(dict(response.items())) + str(response.cookies)
        return [f"{who} at {path}" for number in numbers if mentions(said, number)]


def pages(urlconf: str, values: dict[str, str]) -> list[str]:
    """Every address of a site that can be read, its parameters filled in."""
    found = []
    for route in _routes(import_module(urlconf).urlpatterns):
        if _LEFT_OUT.match(route) or not set(_PARAMETER.findall(route)) <= set(values):
            continue
        found.append("/" + _PARAMETER.sub(lambda match: values[match[1]], route))
    assert len(found) >= 15
    return found


def _routes(patterns: list[Any], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = before + str(getattr(pattern.pattern, "_route", "^"))
        if isinstance(pattern, URLResolver) and pattern.app_name != "admin":
            yield from _routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and "^" not in route:
            yield route


def admin_pages() -> list[str]:
    """The list of every model, and the page of its newest row."""
    found = []
    for model in admin.site._registry:
        place = f"/{model._meta.app_label}/{model._meta.model_name}/"
        found.append(place)
        newest = model._default_manager.order_by("-pk").first()
        if newest is not None:
            found.append(f"{place}{newest.pk}/change/")
    assert len(found) >= 15
    return found


@pytest.fixture
def story(phone_system: PhoneSystem) -> Story:
    return Story(phone_system)


@pytest.mark.slow
@pytest.mark.parametrize("at_each_stage", [False, pytest.param(True, marks=pytest.mark.long)])
def test_no_page_no_answer_and_no_log_line_of_a_whole_call_holds_a_number(
    story: Story, caplog: pytest.LogCaptureFixture, at_each_stage: bool
) -> None:
    """The many pages that Django's admin makes are asked at the end, or at each stage."""
    caplog.set_level(logging.DEBUG)
    for chatty in ("django.db.backends", "django.template"):  # thousands of lines that no process writes
        caplog.set_level(logging.INFO, logger=chatty)
    for stage in story.goes_on():
        assert story.leaks(in_whole_admin=at_each_stage or stage == "ended") == [], stage
    assert not the_call(story.call).is_live
    lines = "\n".join(record.getMessage() for record in caplog.records)
    for number in (story.customers_number, story.operators_number):
        assert not mentions(lines, number)
        assert not any(mentions(content, number) for _, content in story.answers)


@pytest.mark.parametrize(
    "spelling",
    [
        str,
        lambda digits: f"({digits[:3]}) {digits[3:6]}-{digits[6:]}",
        " ".join,
        lambda digits: ".".join(re.findall("..?", digits)),
        lambda digits: digits[::-1],
        lambda digits: "".join(chr(0x660 + int(d)) for d in digits),
    ],
    ids=["plain", "as people write it", "spaced", "dotted", "reversed", "in another script"],
)
def test_a_number_that_is_planted_on_a_page_is_found(story: Story, spelling: Any) -> None:
    story.operator.headline = f"Call me: {spelling(story.operators_number[2:])}"
    story.operator.save()
    for path in (f"/operators/{story.operator.slug}/", f"/api/operators/{story.operator.pk}/"):
        assert story.search("customer", story.customers_page, path, [story.operators_number])


@pytest.mark.slow
def test_a_customers_number_that_is_planted_in_the_portal_is_found(story: Story) -> None:
    story.customer.alias = story.customers_number
    story.customer.save()
    found = story.leaks(in_whole_admin=False)
    assert "operator at /" in found
    assert any(place.startswith("staff at ") for place in found)


def test_a_number_in_a_failing_log_line_is_masked(story: Story) -> None:
    number = story.customers_number
    for text in (number, f"({number[2:5]}) {number[5:8]}-{number[8:]}", f"tel:{number}", f"{number} busy"):
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "dialled %s", (text,), None)
        RedactPersonal().filter(record)
        assert not mentions(record.getMessage(), number), text


def test_the_mask_leaves_ids_times_and_amounts_readable(story: Story) -> None:
    line = f"{story.call.call_id} 2026-11-22T14:26:29.123456 settled 12.96 after 127000 ms at 127.0.0.1:8000"
    assert redact(line) == line
