"""An operator's photo: offered in the portal, decided at the desk, then and only then seen by customers."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from core.errors import NotFound
from core.models import AuditRecord
from operators.drawn_portraits import drawing_of
from operators.models import Operator, Photo, PhotoFile
from operators.portrait_urls import photo_url
from operators.services import photos
from operators.services.photos import approve_photo, refuse_photo, upload_photo
from operators.states import ApprovalStatus, ReviewState
from tests.factories import StaffFactory, UserFactory
from tests.operators.photographs import GPS, SVG, encoded, from_a_phone, halves, png_that_claims
from tests.scenario import BRAND_HOST, given_customer, given_operator, logged_in

pytestmark = pytest.mark.django_db

PORTAL, ADMIN = "portal.localhost", "admin.localhost"
SETTINGS = "/settings/photo/"


@pytest.fixture
def operator() -> Operator:
    return given_operator(stage_name="Sarah", slug="sarah")


@pytest.fixture
def portal(operator: Operator) -> Client:
    return logged_in(operator.user, PORTAL)


@pytest.fixture
def desk() -> Client:
    return logged_in(StaffFactory(), ADMIN)


@pytest.fixture
def customer() -> Client:
    return logged_in(given_customer().user, BRAND_HOST)


def sent(portal: Client, data: bytes, name: str = "me.jpg", **more: str) -> Any:
    return portal.post(SETTINGS, {"photo": SimpleUploadedFile(name, data, "image/jpeg"), **more})


def waiting() -> Photo:
    return Photo.objects.get(state=ReviewState.WAITING)


def test_a_photo_is_seen_by_customers_once_staff_approved_it(
    portal: Client, desk: Client, customer: Client, operator: Operator
) -> None:
    assert sent(portal, from_a_phone()).status_code == 302
    url = photo_url(waiting().digest, 640)
    assert "Waiting for review" in portal.get("/settings/profile/").content.decode()
    for site, status in ((portal, 200), (desk, 200), (customer, 404)):
        assert site.get(url).status_code == status
    assert Client(headers={"Host": BRAND_HOST}).get(url).status_code == 404
    page = customer.get("/operators/sarah/").content.decode()
    assert "Drawing: " in page
    assert url not in page

    assert "New, " in desk.get("/backoffice/photos/").content.decode()
    desk.post(f"/backoffice/photos/{waiting().pk}/approve/")
    for address in ("/operators/", "/operators/sarah/"):
        page = customer.get(address).content.decode()
        assert f"{url} 640w" in page
        assert 'alt="Photo of Sarah"' in page
        assert "Drawing: " not in page
    answer = customer.get(url)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
    assert answer["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert GPS not in answer.content
    assert "No photos to review" in desk.get("/backoffice/photos/").content.decode()
    records = AuditRecord.objects.filter(action__startswith="photo.").order_by("id")
    assert list(records.values_list("action", flat=True)) == ["photo.offer", "photo.approve"]


def test_until_the_next_one_is_approved_the_former_photo_stays(
    portal: Client, desk: Client, customer: Client, operator: Operator
) -> None:
    sent(portal, encoded(halves()))
    first = waiting()
    desk.post(f"/backoffice/photos/{first.pk}/approve/")
    sent(portal, encoded(halves().rotate(180)))
    second = waiting()
    page = customer.get("/operators/sarah/").content.decode()
    assert first.digest in page
    assert second.digest not in page
    desk.post(f"/backoffice/photos/{second.pk}/approve/")
    assert second.digest in customer.get("/operators/sarah/").content.decode()
    assert customer.get(photo_url(first.digest, 320)).status_code == 404
    assert PhotoFile.objects.count() == 3  # nothing of the first is left


def test_a_refused_photo_is_deleted_and_the_operator_reads_why(
    portal: Client, desk: Client, operator: Operator
) -> None:
    sent(portal, encoded(halves()))
    address = f"/backoffice/photos/{waiting().pk}/refuse/"
    assert "Enter a reason of at most" in desk.post(address, {"reason": " "}, follow=True).content.decode()
    desk.post(address, {"reason": "somebody else is in it"})
    assert not PhotoFile.objects.exists()
    page = portal.get("/settings/profile/").content.decode()
    assert "somebody else is in it" in page
    assert "Waiting for review" not in page
    assert AuditRecord.objects.get(action="photo.refuse").reason == "somebody else is in it"
    sent(portal, encoded(halves()))
    assert "somebody else is in it" not in portal.get("/settings/profile/").content.decode()


def test_what_was_replaced_meanwhile_cannot_be_approved(
    portal: Client, desk: Client, operator: Operator
) -> None:
    sent(portal, encoded(halves()))
    seen_by_staff = waiting().pk
    sent(portal, encoded(halves().rotate(180)))
    answer = desk.post(f"/backoffice/photos/{seen_by_staff}/approve/", follow=True)
    assert "replaced, withdrawn, or decided" in answer.content.decode()
    operator.refresh_from_db()
    assert operator.photo == ""
    assert Photo.objects.count() == 1


def test_an_operator_takes_back_and_removes(portal: Client, desk: Client, operator: Operator) -> None:
    sent(portal, encoded(halves()))
    desk.post(f"/backoffice/photos/{waiting().pk}/approve/")
    sent(portal, encoded(halves().rotate(180)))
    portal.post("/settings/photo/away/", {"which": "waiting"})
    assert Photo.objects.get().state == ReviewState.SHOWN
    portal.post("/settings/photo/away/", {"which": "shown"})
    operator.refresh_from_db()
    assert operator.photo == ""
    assert not Photo.objects.exists()
    assert "Drawing: " in portal.get("/settings/profile/").content.decode()
    again = portal.post("/settings/photo/away/", {"which": "shown"}, follow=True)
    assert "no photo to remove" in again.content.decode()


def test_staff_take_a_photo_down_with_a_reason(portal: Client, desk: Client, operator: Operator) -> None:
    sent(portal, encoded(halves()))
    desk.post(f"/backoffice/photos/{waiting().pk}/approve/")
    address = f"/backoffice/operators/{operator.pk}/photo/remove/"
    assert "Enter a reason of at most" in desk.post(address, {"reason": ""}, follow=True).content.decode()
    assert Photo.objects.exists()
    desk.post(address, {"reason": "a complaint"})
    assert not Photo.objects.exists()
    assert AuditRecord.objects.get(action="photo.remove").reason == "a complaint"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (SVG, "Use a JPEG, PNG, or WebP file."),
        (encoded(halves())[:900], "damaged, or not a photo"),
        (png_that_claims(20_000, 20_000), "30 million pixels"),
        (encoded(halves(300, 300)), "at least 320 pixels"),
        (encoded(halves()) + b"\0" * 10 * 1024 * 1024, "larger than 10 MB"),
        (b"", "The file is empty."),
    ],
    ids=["svg", "truncated", "bomb", "small", "large", "empty"],
)
def test_a_refusal_stands_beside_the_field(portal: Client, data: bytes, words: str) -> None:
    answer = sent(portal, data)
    assert answer.status_code == 400
    page = answer.content.decode()
    beside = page.split('id="id_photo_error"')[1].split("</div>")[0]
    assert words in beside
    assert 'aria-invalid="true"' in page
    assert not Photo.objects.exists()


def test_without_a_file_the_form_says_so(portal: Client) -> None:
    answer = portal.post(SETTINGS, {})
    assert answer.status_code == 400
    assert "Choose a photo first." in answer.content.decode()


def test_a_body_of_any_size_is_turned_away_before_it_is_read(portal: Client) -> None:
    answer = portal.post(
        SETTINGS, b"--x\r\n", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=str(26 * 1024**2)
    )
    assert answer.status_code in (400, 413)
    assert not Photo.objects.exists()


def test_twenty_photos_a_day_are_enough(
    operator: Operator, portal: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photos, "MAX_UPLOADS_PER_DAY", 1)
    sent(portal, encoded(halves()))
    kept = waiting().pk
    answer = sent(portal, encoded(halves()))
    assert answer.status_code == 429
    assert "a lot of photos for one day" in answer.content.decode()
    assert waiting().pk == kept


def test_another_operator_and_staff_without_the_right_see_no_photo_that_waits(operator: Operator) -> None:
    upload_photo(operator_id=operator.pk, data=encoded(halves()))
    url = photo_url(waiting().digest, 320)
    assert logged_in(given_operator().user, PORTAL).get(url).status_code == 404
    clerk = logged_in(UserFactory(is_staff=True), ADMIN)
    assert clerk.get(url).status_code == 404
    assert clerk.get("/backoffice/photos/").status_code == 403
    assert clerk.post(f"/backoffice/photos/{waiting().pk}/approve/").status_code == 403
    assert logged_in(operator.user, PORTAL).get(url)["Cache-Control"] == "private, no-store"


def test_the_photo_of_a_suspended_operator_is_gone_for_customers(
    operator: Operator, customer: Client
) -> None:
    upload_photo(operator_id=operator.pk, data=encoded(halves()))
    approve_photo(photo_id=waiting().pk, actor=None)
    url = photo_url(Photo.objects.get().digest, 320)
    assert customer.get(url).status_code == 200
    Operator.objects.filter(pk=operator.pk).update(approval_status=ApprovalStatus.SUSPENDED)
    assert customer.get(url).status_code == 404


@pytest.mark.parametrize(
    "url", ["/photos/x-320.webp", f"/photos/{'a' * 32}-320.webp", f"/photos/{'a' * 32}-999.webp"]
)
def test_there_is_nothing_at_an_address_of_no_photo(customer: Client, url: str) -> None:
    assert customer.get(url).status_code == 404


def test_photos_ask_the_directory_for_no_further_query(
    operator: Operator, customer: Client, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(100) as before:
        customer.get("/operators/")
    upload_photo(operator_id=operator.pk, data=encoded(halves()))
    approve_photo(photo_id=waiting().pk, actor=None)
    with django_assert_max_num_queries(len(before)):
        assert "/photos/" in customer.get("/operators/").content.decode()


def test_two_operators_may_send_the_same_and_nothing_is_decided_twice(operator: Operator) -> None:
    for who in (operator, given_operator()):
        upload_photo(operator_id=who.pk, data=encoded(halves()))
    for photo in Photo.objects.all():
        approve_photo(photo_id=photo.pk, actor=None)
    assert Photo.objects.filter(state=ReviewState.SHOWN).count() == 2
    with pytest.raises(NotFound, match="decided in the meantime"):
        refuse_photo(photo_id=operator.photos.get().pk, reason="late", actor=None)


def test_the_color_of_a_photo_is_behind_it_while_it_loads(
    portal: Client, desk: Client, customer: Client, operator: Operator
) -> None:
    sent(portal, from_a_phone())
    color = waiting().color
    desk.post(f"/backoffice/photos/{waiting().pk}/approve/")
    assert f'<rect width="4" height="5" fill="{color}"/>' in customer.get("/operators/").content.decode()
    portal.post("/settings/photo/away/", {"which": "shown"})
    operator.refresh_from_db()
    assert (operator.photo, operator.photo_color) == ("", "")


def test_an_operator_says_whom_the_drawing_shows(
    portal: Client, customer: Client, operator: Operator
) -> None:
    assert portal.post("/settings/drawing/", {"drawn_as": "man"}).status_code == 302
    operator.refresh_from_db()
    words = drawing_of(
        operator.portrait_seed or operator.slug, drawn_as="man", topics=operator.specialties
    ).words
    assert words in customer.get("/operators/").content.decode()
    assert portal.post("/settings/drawing/", {"drawn_as": "cat"}).status_code == 400
    assert '<option value="man" selected>' in portal.get("/settings/profile/").content.decode()
