"""Help pages: each lists all of them, and the long ones their parts."""

import re

import pytest
from django.test import Client

from tests.factories import BrandFactory
from tests.scenario import BRAND_HOST

pytestmark = pytest.mark.django_db
PAGES = [
    "/help/",
    "/help/funds/",
    "/help/pricing/",
    "/help/privacy/",
    "/help/discretion/",
    "/help/terms/",
    "/help/safety/",
]


def html_of(path: str) -> str:
    BrandFactory()
    return Client(headers={"host": BRAND_HOST}).get(path).content.decode()


@pytest.mark.parametrize("path", PAGES)
def test_each_page_lists_all_help_pages_and_marks_itself(path: str) -> None:
    html = html_of(path)
    listed = html.split('<nav class="help-topics"')[1].split("</nav>")[0]
    assert re.findall(r'href="([^"]+)"', listed) == [*PAGES, "/complaints/"]
    assert re.findall(r'href="([^"]+)" aria-current="page"', listed) == [path]


@pytest.mark.parametrize("path", ["/help/pricing/", "/help/privacy/", "/help/terms/"])
def test_a_long_text_links_to_each_of_its_headings_in_order(path: str) -> None:
    html = html_of(path)
    text, contents = html.split('<nav class="help-contents"')
    links = re.findall(r'<a href="#(part-\d+)">(.*?)</a>', contents.split("</nav>")[0], re.DOTALL)
    headings = re.findall(r'<h2 id="(part-\d+)">(.*?)</h2>', text, re.DOTALL)
    assert [anchor for anchor, _ in headings] == [f"part-{number + 1}" for number in range(len(links))]
    assert [(anchor, words.strip()) for anchor, words in headings] == links
    assert len(links) >= 4
