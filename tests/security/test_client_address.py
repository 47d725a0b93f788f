"""Whose request it is: behind a proxy of ours the address that it wrote, else the peer's; never what a client claims."""

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from rest_framework.throttling import BaseThrottle

from aeims.client_address import address_of, is_proxy
from tests.factories import BrandFactory
from tests.scenario import BRAND_HOST


@pytest.mark.parametrize(
    ("header", "count", "address"),
    [
        ("203.0.113.7", 1, "203.0.113.7"),
        ("1.1.1.1, 203.0.113.7", 1, "203.0.113.7"),
        ("1.1.1.1, 203.0.113.7, 10.0.0.2", 2, "203.0.113.7"),
        ("1.1.1.1,[2001:db8::7]", 1, "2001:db8::7"),
        ("203.0.113.7", 2, ""),
        ("", 1, ""),
        ("1.1.1.1, unknown", 1, ""),
    ],
)
def test_the_address_is_the_count_th_from_the_right(header: str, count: int, address: str) -> None:
    assert address_of(header, count) == address


def refusals(claimed: str, attempts: int) -> int:
    """How many of so many failed logins, each with another claimed address, were stopped by a limit."""
    BrandFactory()
    cache.clear()
    client = Client(headers={"Host": BRAND_HOST})
    answers = [
        client.post(
            "/accounts/login/",
            {"login": f"nobody{n}@example.test", "password": "not the password"},
            headers={"X-Forwarded-For": claimed.format(n=n)},
        ).status_code
        for n in range(attempts)
    ]
    return answers.count(429)


@pytest.mark.django_db
@pytest.mark.parametrize(("proxies", "claimed"), [(0, "10.9.8.{n}"), (1, "10.9.8.{n}, 203.0.113.7")])
def test_failed_logins_are_counted_whatever_address_a_client_claims(
    settings: Any, proxies: int, claimed: str
) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies
    assert refusals(claimed, 60) > 0


@pytest.mark.django_db
def test_people_behind_one_proxy_are_told_apart(settings: Any) -> None:
    settings.TRUSTED_PROXY_COUNT = 1
    assert refusals("10.9.8.{n}", 40) == 0


@pytest.mark.django_db
def test_an_anonymous_reader_of_the_api_has_one_allowance_whatever_they_claim() -> None:
    requests = [
        Client().get("/", headers={"Host": BRAND_HOST, "X-Forwarded-For": f"10.9.8.{n}"}).wsgi_request
        for n in range(3)
    ]
    assert len({BaseThrottle().get_ident(request) for request in requests}) == 1


@pytest.mark.parametrize(
    ("peer", "is_ours"),
    [
        ("127.0.0.1", True), ("172.18.0.1", True), ("10.1.2.3", True), ("::1", True), ("::ffff:10.1.2.3", True), ("fd00::2", True),
        ("", True), ("203.0.113.7", False), ("172.32.0.1", False), ("2001:db8::7", False), ("::ffff:203.0.113.7", False), ("nobody", False),
    ],
)  # fmt: skip
def test_proxies_are_on_this_machine_or_in_private_networks(peer: str, is_ours: bool) -> None:
    assert is_proxy(peer) is is_ours


@pytest.mark.django_db
@pytest.mark.parametrize(("peer", "status"), [("203.0.113.7", 301), ("10.0.0.2", 200)])
def test_only_a_proxy_of_ours_is_believed_that_a_request_came_by_https(
    settings: Any, peer: str, status: int
) -> None:
    settings.SECURE_SSL_REDIRECT, settings.TRUSTED_PROXY_COUNT = True, 1
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    BrandFactory()
    claims = {"Host": BRAND_HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.9"}
    answer = Client(headers=claims, REMOTE_ADDR=peer).get("/help/")
    assert answer.status_code == status
    believed = answer.wsgi_request.META["REMOTE_ADDR"]
    assert believed == ("198.51.100.9" if status == 200 else peer)
    assert ("HTTP_X_FORWARDED_PROTO" in answer.wsgi_request.META) == (status == 200)
