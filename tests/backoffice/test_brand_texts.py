"""What staff write for a brand's home page: versions that stay, a preview, publishing, and back to an older one."""

import re
from html import unescape

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, transaction
from django.test import Client

from brands.models import Brand, BrandText
from core.models import AuditRecord
from customers.models import User
from tests.factories import BrandFactory, StaffFactory
from tests.scenario import BRAND_HOST, logged_in
from web.brand_text_preview import preview_query

pytestmark = pytest.mark.django_db
TEXTS = {
    "headline": "New York’s late-night line",
    "promise": "Someone to talk to.",
    "contact": "Velvet LLC\n1 Main Street, New York",
    "question_1": "Is it <b>private</b>?",
    "answer_1": "Yes.",
}


def staff(role: str) -> Client:
    person: User = StaffFactory(is_superuser=False)
    person.groups.add(Group.objects.get(name=role))
    return logged_in(person, "admin.localhost")


@pytest.fixture
def brand() -> Brand:
    made: Brand = BrandFactory()
    return made


@pytest.fixture
def visitor(brand: Brand) -> Client:
    client = Client(headers={"Host": BRAND_HOST})
    client.post("/enter/", {"next": "/"})
    return client


def home(visitor: Client, path: str = "/") -> str:
    return unescape(visitor.get(path).content.decode())


def save(desk: Client, brand: Brand, **changes: str) -> BrandText:
    answer = desk.post(f"/backoffice/home-pages/{brand.pk}/", TEXTS | changes)
    assert answer.status_code == 302, answer.content.decode()
    return BrandText.objects.latest("id")


def publish(desk: Client, text: BrandText) -> None:
    path = f"/backoffice/home-pages/versions/{text.pk}/publish/"
    asked = desk.post(path)
    assert "Publish this version?" in asked.content.decode()
    assert desk.post(path, {"confirmed": "1"}).status_code == 302


def test_a_version_is_saved_looked_at_published_and_an_older_one_restored(
    brand: Brand, visitor: Client
) -> None:
    desk = staff("Administrator")
    first = save(desk, brand)
    assert TEXTS["headline"] not in home(visitor), "saving shows it to nobody"
    page = desk.get(f"/backoffice/home-pages/{brand.pk}/").content.decode()
    [preview] = re.findall(rf'href="http://{BRAND_HOST}(/\?text=[^"]+)"', page)
    assert TEXTS["headline"] in home(visitor, preview)
    assert "noindex" in home(visitor, preview)

    publish(desk, first)
    shown = visitor.get("/").content.decode()
    assert "New York’s late-night line" in unescape(shown)
    assert "&lt;b&gt;private&lt;/b&gt;" in shown, "plain text"
    assert "Velvet LLC" in shown

    second = save(desk, brand, headline="Something else")
    publish(desk, second)
    assert "Something else" in home(visitor)
    publish(desk, first)
    assert TEXTS["headline"] in home(visitor)
    history = desk.get(f"/backoffice/home-pages/{brand.pk}/").content.decode()
    assert history.count("Published before") == 2
    assert history.count("Draft") == 2
    assert AuditRecord.objects.filter(action="brand_text.publish").count() == 3


def test_no_version_is_ever_changed(brand: Brand) -> None:
    text = save(staff("Administrator"), brand)
    with pytest.raises(DatabaseError), transaction.atomic():
        BrandText.objects.filter(pk=text.pk).update(headline="Another")
    with pytest.raises(DatabaseError), transaction.atomic():
        text.delete()


def test_what_is_shown_already_is_not_published_again(brand: Brand) -> None:
    desk = staff("Administrator")
    text = save(desk, brand)
    publish(desk, text)
    publish(desk, text)
    assert BrandText.objects.filter(is_published=True).count() == 1


def test_a_preview_is_of_one_brand_and_made_by_us(brand: Brand, visitor: Client) -> None:
    other = BrandText.objects.create(brand=BrandFactory(slug="nycflirts"), headline="Elsewhere")
    assert visitor.get(f"/?{preview_query(other)}").status_code == 404
    assert visitor.get("/?text=1").status_code == 404


def test_a_question_needs_an_answer(brand: Brand) -> None:
    desk = staff("Administrator")
    answer = desk.post(f"/backoffice/home-pages/{brand.pk}/", TEXTS | {"answer_1": ""})
    assert answer.status_code == 400
    assert "Answer the question, or remove it." in answer.content.decode()
    assert not BrandText.objects.exists()


def test_who_may_only_read_changes_nothing(brand: Brand) -> None:
    text = BrandText.objects.create(brand=brand, headline="Ours")
    desk = staff("Operations")
    page = desk.get(f"/backoffice/home-pages/{brand.pk}/")
    assert page.status_code == 200
    assert "Save as a new version" not in page.content.decode()
    assert desk.post(f"/backoffice/home-pages/{brand.pk}/", TEXTS).status_code == 403
    assert desk.post(f"/backoffice/home-pages/versions/{text.pk}/publish/").status_code == 403
    assert BrandText.objects.count() == 1
    assert staff("Support").get("/backoffice/home-pages/").status_code == 403
