"""Every path of a site, made from its URL table: with values that exist, or with odd ones."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from tests.fuzz import values

_PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")
_GROUP = re.compile(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")


@dataclass(frozen=True, slots=True)
class Address:
    """One entry of a URL table, as Django writes it: `calls/<str:call_id>/`."""

    route: str

    def path(self, chance: Random, existing: dict[str, list[str]], odd: float) -> str:
        """A path that it may match; a part is odd with this probability."""

        def part(match: re.Match[str]) -> str:
            name = match[match.lastindex or 0]
            kind = match[1] or ""
            choices = existing.get(name) or existing.get(kind) or existing["int"]
            return chance.choice(values.PATH_PARTS) if chance.random() < odd else chance.choice(choices)

        return "/" + _PARAMETER.sub(part, self.route)


def of_site(site: str) -> list[Address]:
    """All of them, those of included tables too."""
    resolver = get_resolver(settings.SITE_URLCONFS[site])
    return sorted(set(_walk(resolver, "")), key=lambda address: address.route)


def _walk(resolver: URLResolver, prefix: str) -> Iterator[Address]:
    for entry in resolver.url_patterns:
        route = prefix + _plain(str(entry.pattern))
        if isinstance(entry, URLResolver):
            yield from _walk(entry, route)
        elif isinstance(entry, URLPattern):
            yield Address(route)


def _plain(pattern: str) -> str:
    """A regular expression as a route: named groups become parameters, the rest is read as written."""
    return (
        _GROUP.sub(r"<\1>", pattern)
        .replace("\\.", ".")
        .replace("\\Z", "")
        .replace("^", "")
        .replace("$", "")
        .replace("/?", "/")
    )
