"""Filters to tap with how many they leave, and ways out of an empty result."""

import re
from collections.abc import Callable
from html import unescape
from urllib.parse import parse_qs

import pytest
from django.core.cache import cache
from django.test import Client

from operators import directory_counts
from operators.states import Presence
from tests.factories import OperatorFactory
from tests.scenario import BRAND_HOST

pytestmark = pytest.mark.django_db


@pytest.fixture
def page() -> Callable[[str], str]:
    """A visitor's directory, by its query."""
    cache.clear()
    OperatorFactory(
        stage_name="Mira", specialties=["Books", "Art"], languages=["English", "Italian"], rate_per_minute_minor=299,
        rating_count=20, rating_sum=100,
    )  # fmt: skip
    OperatorFactory(
        stage_name="Theo", specialties=["Books"], languages=["English"], rate_per_minute_minor=599,
        presence=Presence.OFFLINE,
    )  # fmt: skip
    OperatorFactory(
        stage_name="Noor", specialties=["Poetry"], languages=["English"], rate_per_minute_minor=399
    )
    visitor = Client(headers={"Host": BRAND_HOST})
    visitor.cookies["adult"] = "yes"
    return lambda query: " ".join(visitor.get(f"/operators/{query}").content.decode().split())


def chips_in(html: str) -> dict[str, str]:
    """What a chip says → its query."""
    found = re.findall(r'<a class="chip[^"]*" href="([^"]*)"> ?(.*?) ?</a>', html)
    return {re.sub(r"<[^>]+>", "", words): unescape(url) for url, words in found}


def names_in(html: str) -> list[str]:
    return re.findall(r"<h3><a [^>]*>([^<]+)</a></h3>", html)


def test_each_chip_says_how_many_it_leaves_and_leaves_as_many(page: Callable[[str], str]) -> None:
    html = page("")
    assert "<h2>3 people</h2>" in html
    chips = chips_in(html)
    assert {
        "Available now 2",
        "$3 or less 1",
        "$4 or less 2",
        "4 stars or more 1",
        "Books 2",
        "Speaks Italian 1",
    } <= set(chips)
    assert "Speaks English 3" not in chips, "a filter that leaves everyone is none"
    for words, query in chips.items():
        assert len(names_in(page(query))) == int(words.rsplit(" ", 1)[1]), words


def test_a_chip_that_is_set_is_taken_away_by_a_tap_and_others_narrow_further(
    page: Callable[[str], str],
) -> None:
    chips = chips_in(page("?specialty=Books&sort=price"))
    assert parse_qs(chips["Clear Books ×"].removeprefix("?")) == {"sort": ["price"]}
    narrower = parse_qs(chips["Available now 1"].removeprefix("?"))
    assert narrower == {"specialty": ["Books"], "sort": ["price"], "online": ["on"]}


def test_a_typing_error_shows_who_was_meant(page: Callable[[str], str]) -> None:
    html = page("?q=poerty")
    assert names_in(html) == ["Noor"]
    assert "No matches for those words. Here’s who matches “poetry”." in html


def test_an_empty_result_offers_what_finds_somebody(page: Callable[[str], str]) -> None:
    html = page("?specialty=Poetry&rating=4")
    assert "No matches" in html
    ways = chips_in(html[html.index("No matches") :])
    assert set(ways) == {"Clear “Poetry” 1", "Clear “4 stars or more” 1", "See everyone"}
    for words in set(ways) - {"See everyone"}:
        assert len(names_in(page(ways[words]))) == int(words.rsplit(" ", 1)[1])


def test_a_typing_error_behind_a_filter_offers_the_word_alone(page: Callable[[str], str]) -> None:
    html = page("?q=poerty&rating=4")
    ways = chips_in(html[html.index("No matches") :])
    assert ways["Did you mean “poetry”? 1"] == "?q=poetry"


def test_no_more_than_a_hundred_are_counted(
    page: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory_counts, "MOST", 2)
    html = page("")
    assert "<h2>2+ people</h2>" in html


def test_the_list_says_how_it_is_sorted_and_that_nobody_pays_for_it(page: Callable[[str], str]) -> None:
    assert "No one can pay for a place." in page("")
    visitor = Client(headers={"Host": BRAND_HOST})
    assert '<h2 id="order">' in visitor.get("/help/").content.decode()
    assert 'href="/help/#order"' in page("")
