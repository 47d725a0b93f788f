"""What a first visit to a page costs before its photos: everything that the page and its scripts ask for, as it travels."""

import re
from urllib.parse import urljoin

import pytest
from django.test import Client

from tests.scenario import BRAND_HOST, given_operator

MAX_BYTES, MAX_REQUESTS = 170_000, 40
HEADERS = 800  # of an answer
FIRST = re.compile(
    r'<link[^>]+rel="(?:preload|stylesheet|icon|manifest|apple-touch-icon)"[^>]*>|<script[^>]+src=[^>]+>'
    r"|<img[^>]+src=[^>]+>|<use[^>]+href=[^>]+>"
)
ADDRESS = re.compile(r'(?:href|src)="([^"#]+)')
FURTHER = re.compile(r"""(?:^|\s)(?:import|from)\s+["']([^"']+)["']|url\(["']?([^"')#]+)""", re.MULTILINE)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/operators/", "/operators/sarah/"])
def test_a_first_visit_is_light_before_photos(path: str) -> None:
    for number in range(12):
        given_operator(slug="sarah" if number == 0 else f"operator{number}")
    client = Client(headers={"Host": BRAND_HOST, "Accept-Encoding": "gzip"})
    client.cookies["adult"] = "yes"
    sizes = first_visit(client, path)
    assert any(name.endswith(".woff2") for name in sizes)
    assert any(name.endswith("live-page.js") for name in sizes)
    assert sum(sizes.values()) < MAX_BYTES, sizes
    assert len(sizes) < MAX_REQUESTS, sizes


def first_visit(client: Client, path: str) -> dict[str, int]:
    """Bytes by address: the page and what it names, scripts that scripts import, what style sheets name."""
    sizes: dict[str, int] = {}
    waiting = [path]
    while waiting:
        address = waiting.pop()
        if address in sizes or address.startswith(("data:", "/photos/")):
            continue
        response = client.get(address)
        body = b"".join(response) if response.streaming else response.content
        sizes[address] = len(body) + HEADERS
        kind = response.get("Content-Type", "")
        if not kind.startswith(("text/html", "text/css", "text/javascript")):
            continue
        plain = client.get(address, headers={"Accept-Encoding": ""})
        text = (b"".join(plain) if plain.streaming else plain.content).decode()
        if kind.startswith("text/html"):
            tags = FIRST.findall(text)
            named = [match[1] for tag in tags if (match := ADDRESS.search(tag))]
        else:
            named = [one or other for one, other in FURTHER.findall(text)]
        waiting += [urljoin(address, name) for name in named]
    return sizes
