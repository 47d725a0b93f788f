"""What customers see of an operator, shown to the operator and to staff: the sites' own templates, to look at alone."""

import re

import pytest
from django.test import Client

from operators.models import Operator
from operators.services.photos import upload_photo
from operators.services.profile_texts import change_profile
from tests.factories import BrandFactory, StaffFactory
from tests.operators.photographs import encoded, halves
from tests.scenario import BRAND_HOST, given_customer, given_operator, logged_in
from tests.support.html import compact

pytestmark = pytest.mark.django_db
PAGE = "/settings/preview/"


@pytest.fixture
def operator() -> Operator:
    return given_operator(
        stage_name="Sarah", slug="sarah", headline="Day person", brands=[BrandFactory(slug="flirts")]
    )


@pytest.fixture
def portal(operator: Operator) -> Client:
    return logged_in(operator.user, "portal.localhost")


def frame_of(portal: Client, query: str = "") -> str:
    """What the frame of the preview shows."""
    page = portal.get(f"{PAGE}{query}").content.decode()
    [source] = re.findall(r'<iframe src="([^"]+)"', page)
    return compact(portal.get(source.replace("&amp;", "&")))


def test_the_preview_is_the_page_that_visitors_see(portal: Client, operator: Operator) -> None:
    frame = frame_of(portal)
    for words in ("<h1>Sarah</h1>", "Day person", "$3.99", 'data-theme="flirts"', "$0.99"):
        assert words in frame
    assert " inert" in re.search(r"<body[^>]*>", frame)[0]  # type: ignore[index]
    assert "<script" not in frame
    assert 'class="brand-mark" src="data:image/png;base64,' in frame, "no site but the brand's has its icon"
    assert '<meta name="robots" content="noindex">' in frame


def test_the_card_is_that_of_the_directory(portal: Client, operator: Operator) -> None:
    frame = frame_of(portal, "?part=card")
    assert f'<article class="operator-card" data-operator-id="{operator.pk}">' in frame
    assert "<h3><a" in frame
    seen = compact(logged_in(given_customer().user, BRAND_HOST).get("/operators/"))
    price = re.search(r'<p class="call-pricing.*?</p>', seen)
    assert price is None or price[0] in frame


def test_what_waits_for_review_is_shown_by_choice(portal: Client, operator: Operator) -> None:
    assert "With my changes" not in portal.get(PAGE).content.decode()
    change_profile(operator_id=operator.pk, headline="Night owl", bio="", languages=[], specialties=[])
    upload_photo(operator_id=operator.pk, data=encoded(halves()))
    digest = operator.photos.get().digest
    assert "With my changes" in portal.get(PAGE).content.decode()
    now, changed = frame_of(portal), frame_of(portal, "?version=changes")
    assert ("Day person" in now, "Night owl" in now, digest in now) == (True, False, False)
    assert ("Day person" in changed, "Night owl" in changed, digest in changed) == (False, True, True)
    operator.refresh_from_db()
    assert operator.headline == "Day person"


def test_each_site_that_lists_the_operator_has_its_look(portal: Client, operator: Operator) -> None:
    assert "NYCFlirts" not in portal.get(PAGE).content.decode()
    other = BrandFactory(slug="nycflirts", name="NYCFlirts")
    operator.listings.create(brand=other)
    assert "NYCFlirts" in portal.get(PAGE).content.decode()
    assert 'data-theme="nycflirts"' in frame_of(portal, "?site=nycflirts")
    operator.listings.filter(brand=other).update(is_active=False)
    assert portal.get(f"{PAGE}frame/?site=nycflirts").status_code == 404


def test_only_the_operator_and_staff_see_it_and_only_in_our_own_frame(
    portal: Client, operator: Operator
) -> None:
    answer = portal.get(f"{PAGE}frame/")
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in answer["Content-Security-Policy"]
    assert (answer["X-Robots-Tag"], "no-store" in answer["Cache-Control"]) == ("noindex", True)
    assert portal.get(PAGE)["X-Frame-Options"] == "DENY"
    another = logged_in(given_operator(stage_name="Vera").user, "portal.localhost")
    assert "Sarah" not in another.get(PAGE).content.decode()
    assert Client(headers={"Host": "portal.localhost"}).get(f"{PAGE}frame/").status_code == 302
    address = f"/backoffice/operators/{operator.pk}/preview/?site=flirts&version=changes"
    change_profile(operator_id=operator.pk, headline="Night owl", bio="", languages=[], specialties=[])
    assert "Night owl" in logged_in(StaffFactory(), "admin.localhost").get(address).content.decode()
    assert logged_in(given_customer().user, "admin.localhost").get(address).status_code != 200


def test_who_is_on_no_site_is_led_to_where_they_are_chosen(portal: Client, operator: Operator) -> None:
    operator.listings.update(is_active=False)
    page = portal.get(PAGE).content.decode()
    assert "No site shows you" in page
    assert "<iframe" not in page
