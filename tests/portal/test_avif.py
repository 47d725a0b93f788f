"""Photos as AVIF: made by the worker, offered once each size is smaller; until then, and where not, pages show WebP."""

from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from PIL import Image
from procrastinate.contrib.django.models import ProcrastinateJob

from operators.models import Operator, Photo, PhotoFile
from operators.photo_processing import WIDTHS, smaller_as_avif
from operators.portrait_urls import photo_url
from operators.services import make_avif
from operators.services.make_avif import MAKE_AVIF, make_missing_avif
from operators.services.photos import approve_photo, remove_photo, upload_photo
from operators.tasks import make_avif_of_photo
from tests.operators.photographs import detailed, encoded, halves
from tests.scenario import BRAND_HOST, given_customer, given_operator, logged_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator() -> Operator:
    return given_operator(stage_name="Sarah", slug="sarah")


@pytest.fixture
def customer() -> Client:
    return logged_in(given_customer().user, BRAND_HOST)


def offered(operator: Operator, data: bytes | None = None) -> Photo:
    upload_photo(operator_id=operator.pk, data=data or detailed())
    return Photo.objects.latest("pk")


def run_jobs() -> None:
    """What the worker does with the jobs that wait, each of them twice."""
    for job in ProcrastinateJob.objects.filter(task_name=MAKE_AVIF).order_by("id"):
        for _ in range(2):
            make_avif_of_photo(**job.args)


def sources(customer: Client, address: str = "/operators/") -> list[str]:
    """The AVIF files that a page names."""
    page = customer.get(address).content.decode()
    parts = page.split('<source type="image/avif" srcset="')[1:]
    return [url for part in parts for url in part.split('"')[0].split(", ")]


@pytest.mark.parametrize("is_approved_first", [True, False])
def test_a_photo_is_offered_as_avif_once_the_worker_made_it(
    operator: Operator, customer: Client, is_approved_first: bool
) -> None:
    photo = offered(operator)
    if is_approved_first:
        approve_photo(photo_id=photo.pk, actor=None)
        assert sources(customer) == []
        assert f"{photo_url(photo.digest, 320)} 320w" in customer.get("/operators/").content.decode()
        assert customer.get(photo_url(photo.digest, 320, "avif")).status_code == 404
    run_jobs()
    if not is_approved_first:
        assert customer.get(photo_url(photo.digest, 320, "avif")).status_code == 404
        approve_photo(photo_id=photo.pk, actor=None)
    for address in ("/operators/", "/operators/sarah/"):
        expected = [f"{photo_url(photo.digest, width, 'avif')} {width}w" for width in WIDTHS]
        assert sources(customer, address)[:3] == expected
        assert set(sources(customer, address)) == set(expected)
    for width in WIDTHS:
        answers: list[Any] = [
            customer.get(photo_url(photo.digest, width, ending)) for ending in ("webp", "avif")
        ]
        assert [answer["Content-Type"] for answer in answers] == ["image/webp", "image/avif"]
        assert len(answers[1].content) < len(answers[0].content)
        assert answers[1]["Cache-Control"] == "private, max-age=31536000, immutable"
        with Image.open(BytesIO(answers[1].content)) as image:
            assert (image.format, image.size) == ("AVIF", (width, width * 5 // 4))


def test_photos_of_before_get_theirs_a_few_at_a_time(customer: Client) -> None:
    operators = [given_operator() for _ in range(3)]
    for operator in operators:
        approve_photo(photo_id=offered(operator, encoded(halves())).pk, actor=None)
    ProcrastinateJob.objects.all().delete()  # they had no job
    PhotoFile.objects.filter(photo__operator=operators[0], width=WIDTHS[0]).update(
        avif=b""
    )  # cut off half-way
    assert [make_missing_avif(most=2), make_missing_avif(most=2), make_missing_avif(most=2)] == [2, 1, 0]
    assert not PhotoFile.objects.filter(avif=None).exists()


def test_a_file_that_cannot_be_read_is_logged_once_and_keeps_nobody_waiting(
    caplog: pytest.LogCaptureFixture,
) -> None:
    broken, whole = given_operator(), given_operator()
    for operator, data in ((broken, encoded(halves())), (whole, detailed())):
        approve_photo(photo_id=offered(operator, data).pk, actor=None)
    ProcrastinateJob.objects.all().delete()
    PhotoFile.objects.filter(photo__operator=broken).update(data=b"RIFF no photo")
    assert [make_missing_avif(most=1) for _ in range(3)] == [1, 1, 0]
    assert [record.levelname for record in caplog.records].count("ERROR") == len(WIDTHS)
    offers = dict(Operator.objects.values_list("pk", "avif_photo"))
    assert (offers[broken.pk], bool(offers[whole.pk])) == ("", True)


def test_where_one_size_is_not_smaller_pages_show_webp(
    operator: Operator, customer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        make_avif, "smaller_as_avif", lambda webp: smaller_as_avif(webp) if len(webp) > 10_000 else b""
    )
    photo = offered(operator)
    approve_photo(photo_id=photo.pk, actor=None)
    run_jobs()
    assert {bool(file.avif) for file in PhotoFile.objects.all()} == {True, False}
    assert sources(customer) == []
    assert make_missing_avif(most=9) == 0, "it is not tried again and again"


def test_another_photo_is_not_shown_by_the_files_of_the_last(operator: Operator, customer: Client) -> None:
    approve_photo(photo_id=offered(operator).pk, actor=None)
    run_jobs()
    assert sources(customer)
    second = offered(operator, encoded(halves()))
    approve_photo(photo_id=second.pk, actor=None)
    assert sources(customer) == []
    # As the release before this one approves a photo: it knows nothing of AVIF.
    Operator.objects.filter(pk=operator.pk).update(avif_photo="a" * 32)
    assert sources(customer) == []
    remove_photo(operator_id=operator.pk, actor=operator.user)
    run_jobs()
    assert not PhotoFile.objects.exists()


def test_what_is_not_smaller_is_not_kept() -> None:
    tiny = BytesIO()
    Image.new("RGB", (16, 20)).save(tiny, "WEBP")
    assert smaller_as_avif(tiny.getvalue()) == b""
