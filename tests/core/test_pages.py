"""Addresses come from URL tables: domain code names a page, the site that serves it says where it is."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import override_settings
from django.urls import NoReverseMatch, set_urlconf

from core import pages
from core.pages import Page, each_page_is_registered
from messaging.pages import CUSTOMER_CONVERSATION, OPERATOR_CONVERSATION
from operators.pages import PHOTO, PROFILE, STAFF_PROFILE
from telephony.pages import RECEIPT

DIGEST = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def page_of_nobody(monkeypatch: pytest.MonkeyPatch) -> Page:
    monkeypatch.setattr(pages, "_pages", [*pages._pages])
    return Page("a page of nobody")


@pytest.fixture(params=["brand", "portal", "admin", "internal"])
def any_urlconf(request: pytest.FixtureRequest) -> Iterator[None]:
    set_urlconf(settings.SITE_URLCONFS[request.param])
    yield
    set_urlconf(None)


@pytest.mark.usefixtures("any_urlconf")
def test_a_page_has_the_same_address_whichever_site_asks() -> None:
    assert PROFILE.path("sarah") == "/operators/sarah/"
    assert RECEIPT.path("call_1_abcdef") == "/calls/call_1_abcdef/"
    assert CUSTOMER_CONVERSATION.path("sarah") == "/messages/sarah/"
    assert OPERATOR_CONVERSATION.path(7) == "/messages/7/"
    assert STAFF_PROFILE.path(7) == "/backoffice/operators/7/"
    assert PHOTO.path(DIGEST, 320, "webp") == f"/photos/{DIGEST}-320.webp"


def test_an_email_names_the_host_of_the_brand() -> None:
    with override_settings(IS_PRODUCTION=True):
        assert RECEIPT.url("call_1", host="flirts.nyc") == "https://flirts.nyc/calls/call_1/"
    with override_settings(PORT=8123):
        assert RECEIPT.url("call_1", host="flirts.localhost") == "http://flirts.localhost:8123/calls/call_1/"


def test_ids_that_no_page_has_are_refused() -> None:
    with pytest.raises(NoReverseMatch):
        OPERATOR_CONVERSATION.path("sarah")


def test_each_declared_page_is_registered() -> None:
    assert each_page_is_registered() == []


def test_a_page_that_no_site_registered_is_an_error_at_the_start_and_when_named(page_of_nobody: Page) -> None:
    assert [error.id for error in each_page_is_registered()] == ["core.E001"]
    with pytest.raises(NoReverseMatch, match="a page of nobody"):
        page_of_nobody.path()
