"""Follows the links of a site from page to page, as one person sees it."""

import re
from collections import Counter, deque
from html import unescape
from urllib.parse import urlsplit

from django.conf import settings
from django.test import Client
from django.urls import Resolver404, resolve

from aeims.hosts import site_of

_INERT = re.compile(r"<body\b[^>]*\sinert\b")  # a picture of a page, whose links nobody can follow
_LINK = re.compile(r'<a\b[^>]*?\bhref="([^"#]+)')
_NOT_FOLLOWED = ("/static/", "/accounts/logout/", "/api/")
SAMPLES = 2  # pages looked at of each kind, such as receipts


def statuses(client: Client, host: str) -> dict[str, int]:
    """Path → status of the pages that can be reached from the start page, at most `SAMPLES` of each address pattern."""
    waiting, results, visits = deque(["/"]), {}, Counter[str]()
    while waiting:
        path = waiting.popleft()
        if path in results:
            continue
        response = client.get(path, follow=True)
        results[path] = response.status_code
        if "text/html" not in response.headers["Content-Type"] or response.streaming:
            continue
        for link in _links(response.content.decode(), path, host):
            pattern = _pattern(link, host)
            if link not in results and link not in waiting and visits[pattern] < SAMPLES:
                visits[pattern] += 1
                waiting.append(link)
    return results


def _links(html: str, page: str, host: str) -> list[str]:
    """The links to pages of the same host."""
    links: list[str] = []
    if _INERT.search(html):
        return links
    for reference in _LINK.findall(html):
        parts = urlsplit(unescape(reference))
        if parts.scheme not in ("", "http", "https") or parts.netloc.partition(":")[0] not in ("", host):
            continue
        path = parts.path if parts.path.startswith("/") else page if not parts.path else page + parts.path
        if not path.startswith(_NOT_FOLLOWED):
            links.append(f"{path}?{parts.query}" if parts.query else path)
    return links


def _pattern(link: str, host: str) -> str:
    """The address pattern that serves this link; the link itself where none does."""
    site, _ = site_of(host)
    assert site is not None, f"no site at {host}"
    try:
        return resolve(urlsplit(link).path, settings.SITE_URLCONFS[site]).route
    except Resolver404:
        return link
