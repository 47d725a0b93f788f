"""The markup of a region and its updates name the same state of the same object, else a page took no later update."""

import re
from typing import Any

import pytest
from django.test import Client

from operators.models import Operator
from tests.scenario import BRAND_HOST, given_customer, given_operator, logged_in, when_called, when_talked

pytestmark = pytest.mark.django_db
REGION = re.compile(
    r'data-region="(?P<region>[^"]+)"\s+data-object="(?P<object>[^"]*)"\s+data-sequence="(?P<sequence>\d+)"'
)
LARGEST = 2048


def regions_of(html: str) -> dict[str, str]:
    """The regions of a page or fragment, each with the object it shows."""
    return {match["region"]: match["object"] for match in REGION.finditer(html)}


def sequences_of(html: str) -> dict[str, int]:
    """The regions of a page or fragment, each with the sequence of what it shows."""
    return {match["region"]: int(match["sequence"]) for match in REGION.finditer(html)}


def state_of(client: Client, regions: dict[str, str]) -> list[dict[str, Any]]:
    """What the page is told when it asks how its regions stand."""
    return list(client.get("/live/", {"region": list(regions)}).json()["updates"])


@pytest.fixture
def operator(db: None) -> Operator:
    return given_operator(slug="sarah")


@pytest.mark.parametrize("is_joined", [None, False, True])
@pytest.mark.parametrize("path", ["/operators/", "/operators/sarah/", "/dashboard/"])
def test_a_customers_page_and_its_state_agree(operator: Operator, path: str, is_joined: bool | None) -> None:
    customer = given_customer()
    if is_joined is not None:
        call = when_called(customer, operator)
        if is_joined:
            type(call).objects.filter(pk=call.pk).update(status="answered", joined_at=call.initiated_at)
    assert_page_and_state_agree(logged_in(customer.user, BRAND_HOST), path)


@pytest.mark.parametrize("has_call", [False, True])
def test_an_operators_console_and_its_state_agree(operator: Operator, has_call: bool) -> None:
    customer = given_customer()
    when_talked(when_called(customer, operator), 61_000)
    if has_call:
        when_called(customer, operator)
    assert_page_and_state_agree(logged_in(operator.user, "portal.localhost"), "/")


def assert_page_and_state_agree(client: Client, path: str) -> None:
    """Every region of the page is answered, about the same object, in little markup without a token or a style."""
    page = client.get(path).content.decode()
    shown, sequences = regions_of(page), sequences_of(page)
    assert shown
    updates = [update for update in state_of(client, shown) if "html" in update]
    assert {update["region"]: update["object"] for update in updates} == shown
    for update in updates:
        assert regions_of(update["html"]) == {update["region"]: update["object"]}
        for sequence in (sequences[update["region"]], sequences_of(update["html"])[update["region"]]):
            assert sequence <= update["sequence"], "it would keep later updates out"
        assert "csrfmiddlewaretoken" not in update["html"]
        assert "style=" not in update["html"]
        assert len(update["html"].encode()) <= LARGEST or update["region"] in (
            "console-inbox",
            "console-callbacks",
        )
