"""What every page has around it: theme, dark or light, headers, errors in the look of the site, the gallery."""

import gzip
import json
import re
from io import BytesIO

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from PIL import Image

from brands.themes import THEMES
from core.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from storefront.call_panel import CallPanelState
from tests.factories import BrandFactory
from tests.scenario import BRAND_HOST, customer_client, given_customer, given_operator
from tools.environment import ROOT
from web import errors

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor() -> Client:
    BrandFactory()
    return Client(headers={"Host": BRAND_HOST})


def test_each_host_has_its_theme_and_its_faces() -> None:
    BrandFactory()
    BrandFactory(slug="nycflirts")
    for host, theme, face in (
        ("flirts.localhost", "flirts", "fraunces"),
        ("nycflirts.localhost", "nycflirts", "newsreader"),
        ("portal.localhost", "portal", "inter"),
    ):
        html = Client(headers={"Host": host}).get("/accounts/login/").content.decode()
        assert f'data-theme="{theme}"' in html
        assert f"fonts/{face}-latin.woff2" in html


def test_the_content_policy_allows_nothing_inline_and_nobody_else(visitor: Client) -> None:
    policy = visitor.get("/").headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert re.search(r"https?:", policy) is None


def test_dark_or_light_is_remembered(visitor: Client) -> None:
    assert 'data-scheme="auto"' in visitor.get("/").content.decode()
    response = visitor.post("/scheme/", {"scheme": "light", "next": "/help/"})
    assert response.headers["Location"] == "/help/"
    assert 'data-scheme="light"' in visitor.get("/").content.decode()


@pytest.mark.parametrize(
    "target", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"]
)
def test_the_choice_leads_nowhere_else(visitor: Client, target: str) -> None:
    assert visitor.post("/scheme/", {"scheme": "dark", "next": target}).headers["Location"] == "/"


def test_a_word_that_is_no_scheme_is_not_kept(visitor: Client) -> None:
    assert "scheme" not in visitor.post("/scheme/", {"scheme": "<b>"}).cookies


def test_the_balance_is_a_slot_that_pushes_fill_and_no_snapshot_travels_in_the_page() -> None:
    given_operator()
    html = customer_client(given_customer()).get("/operators/").content.decode()
    assert '<span data-slot="balance">$45.00</span>' in html
    assert "application/json" not in html


def test_a_missing_page_looks_like_the_site(visitor: Client) -> None:
    response = visitor.get("/nothing/here/")
    assert response.status_code == 404
    assert 'data-theme="flirts"' in response.content.decode()


def test_a_missing_api_address_answers_in_the_apis_shape(visitor: Client) -> None:
    response = visitor.get("/api/nothing/")
    assert response.status_code == 404
    assert response.json()["code"] == "not_found"
    assert response.json()["success"] is False


def test_when_all_is_broken_the_page_asks_nobody(
    django_assert_num_queries: "pytest.FixtureRequest",
) -> None:
    request = RequestFactory().get("/dashboard/")
    with django_assert_num_queries(0):  # type: ignore[operator]
        response = errors.server_error(request)
    assert response.status_code == 500
    assert "You weren’t charged for this." in response.content.decode()


@pytest.mark.parametrize("theme", THEMES)
def test_the_gallery_shows_every_state_of_the_call_module(visitor: Client, theme: str) -> None:
    html = visitor.get(f"/_gallery/?theme={theme}&scheme=light").content.decode()
    assert f'data-theme="{theme}"' in html
    assert set(re.findall(r'<call-module[^>]* data-state="([a-z]+)"', html)) == set(CallPanelState)


def test_the_login_form_puts_errors_beside_the_field(visitor: Client) -> None:
    html = visitor.post("/accounts/login/", {"login": "", "password": ""}).content.decode()
    assert 'id="id_login_error"' in html
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_login_error"' in html


def test_each_brand_has_its_manifest_and_its_card(visitor: Client) -> None:
    html = visitor.get("/help/").content.decode()
    assert '<link rel="manifest" href="/manifest.webmanifest">' in html
    assert 'content="http://flirts.localhost/card.png"' in html
    answer = visitor.get("/manifest.webmanifest")
    assert answer.headers["Content-Type"] == "application/manifest+json"
    content = json.loads(answer.content)
    assert (content["name"], content["start_url"]) == ("Inbox", "/operators/")
    assert content["background_color"] == THEMES["flirts"].colors.background
    for icon in content["icons"]:
        assert size_of(visitor.get(icon["src"])) == icon["sizes"]
    assert size_of(visitor.get("/card.png")) == "1200x630"
    assert visitor.get("/icon-63.png").status_code == 404
    assert (
        "manifest"
        not in Client(headers={"Host": "portal.localhost"}).get("/accounts/login/").content.decode()
    )


def size_of(response: HttpResponse) -> str:
    """Of the picture in it, as a manifest writes sizes."""
    width, height = Image.open(BytesIO(response.content)).size
    return f"{width}x{height}"


def test_the_icon_is_drawn_from_the_name_of_the_brand(visitor: Client) -> None:
    BrandFactory(slug="velvet", name="Velvet")
    BrandFactory(slug="violet", name="Violet")
    BrandFactory(slug="amber", name="Amber")
    icons = {
        slug: Client(headers={"Host": f"{slug}.localhost"}).get("/icon-180.png").content
        for slug in ("flirts", "velvet", "violet", "amber")
    }
    assert icons["velvet"] == icons["violet"] != icons["amber"], "one theme: the letter makes the difference"
    assert len(set(icons.values())) == 3


@pytest.mark.parametrize("site", ["flirts", "nycflirts", "portal"])
def test_every_site_has_an_icon_for_phones_and_for_clients_that_read_no_pages(site: str) -> None:
    BrandFactory(slug=site if site != "portal" else "flirts")
    client = Client(headers={"Host": f"{site}.localhost"})
    address = client.get("/favicon.ico").headers["Location"]
    page = client.get("/accounts/login/").content.decode()
    assert f'<link rel="apple-touch-icon" href="{address}">' in page
    if site == "portal":
        assert (ROOT / address.removeprefix("/")).is_file()
    else:
        assert size_of(client.get(address)) == "180x180"


def test_pages_travel_compressed_and_answers_of_the_api_as_they_are(visitor: Client) -> None:
    accepts = {"Accept-Encoding": "gzip"}
    page = visitor.get("/help/", headers=accepts)
    assert page.headers["Content-Encoding"] == "gzip"
    assert b"How a call works" in gzip.decompress(page.content)
    assert "Content-Encoding" not in visitor.get("/api/operators/", headers=accepts).headers


@pytest.mark.parametrize(
    ("error", "status", "title"),
    [
        (Invalid("Choose a date in this century."), 400, "That didn’t work"),
        (NotAllowed("Not yours."), 403, "You can’t see this page"),
        (Conflict("It is over."), 409, "That didn’t work"),
    ],
)
def test_an_expected_failure_is_a_page_with_its_status_and_its_words(
    error: DomainError, status: int, title: str
) -> None:
    request = Client(headers={"Host": "portal.localhost"}).get("/accounts/login/").wsgi_request
    page = errors.error_page(request, error)
    html = page.content.decode()
    assert (page.status_code, title in html, error.message in html) == (status, True, True)


def test_what_is_not_found_on_a_customer_site_leads_on(visitor: Client) -> None:
    request = visitor.get("/help/").wsgi_request
    html = errors.error_page(request, NotFound("Conversation not found.")).content.decode()
    assert "It may have moved, or it may belong to someone else." in html
