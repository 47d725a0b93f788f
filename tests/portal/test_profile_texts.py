"""What operators write about themselves: offered in the portal, decided at the desk, then and only then read by customers."""

from typing import Any

import pytest
from django.test import Client

from core.errors import NotAllowed, NotFound
from core.models import AuditRecord
from operators.models import Operator, ProfileText
from operators.services import profile_texts
from operators.services.profile_texts import approve_profile_text, change_profile
from tests.factories import StaffFactory, UserFactory
from tests.scenario import BRAND_HOST, given_customer, given_operator, logged_in
from tests.support.html import compact

pytestmark = pytest.mark.django_db

PORTAL, ADMIN = "portal.localhost", "admin.localhost"
BEFORE = {
    "headline": "Day person",
    "bio": "I like films.",
    "languages": ["English", "French"],
    "specialties": [],
}
FORM = {"headline": "Day person", "bio": "I like films.", "languages": "English, French", "specialties": ""}
QUEUE = "/backoffice/profile-texts/"


@pytest.fixture
def operator() -> Operator:
    return given_operator(stage_name="Sarah", slug="sarah", **BEFORE)


@pytest.fixture
def portal(operator: Operator) -> Client:
    return logged_in(operator.user, PORTAL)


@pytest.fixture
def desk() -> Client:
    return logged_in(StaffFactory(), ADMIN)


@pytest.fixture
def customer() -> Client:
    return logged_in(given_customer().user, BRAND_HOST)


def saved(portal: Client, **texts: str) -> str:
    return compact(portal.post("/settings/profile/", FORM | texts, follow=True))


def waiting(field: str = "headline") -> ProfileText:
    return ProfileText.objects.get(field=field, state="waiting")


def test_a_text_is_read_by_customers_once_staff_approved_it(
    portal: Client, desk: Client, customer: Client, operator: Operator
) -> None:
    page = saved(portal, headline="Night owl")
    assert "Sent to our staff" in page
    assert "Waiting for review since" in page
    assert "Customers see now</dt><dd>Day person</dd>" in page
    assert "You proposed</dt><dd>Night owl</dd>" in page
    assert 'value="Night owl"' in page  # what was sent is what one goes on with
    for address in ("/operators/", "/operators/sarah/", "/operators/?q=owl"):
        assert "Night owl" not in customer.get(address).content.decode()
    assert "Day person" in customer.get("/operators/sarah/").content.decode()

    queue = compact(desk.get(QUEUE))
    assert ("Day person" in queue, "Night owl" in queue) == (True, True)
    answer = desk.post(f"{QUEUE}{waiting().pk}/approve/", follow=True)
    assert "No profile texts to review" in answer.content.decode()
    assert "Night owl" in customer.get("/operators/sarah/").content.decode()
    page = compact(portal.get("/settings/profile/"))
    assert "Waiting for review" not in page
    assert "Customers see it." in page
    records = AuditRecord.objects.filter(action__startswith="profile_text.").order_by("id")
    assert [(row.action, row.details["field"], "Night" in str(row.details)) for row in records] == [
        ("profile_text.offer", "headline", False),
        ("profile_text.approve", "headline", False),
    ]


def test_a_refused_text_is_not_shown_and_the_operator_reads_why(
    portal: Client, desk: Client, customer: Client, operator: Operator
) -> None:
    saved(portal, bio="Meet me at the bar.")
    address = f"{QUEUE}{waiting('bio').pk}/refuse/"
    assert "Enter a reason of at most" in desk.post(address, {"reason": " "}, follow=True).content.decode()
    desk.post(address, {"reason": "No meetings in person"})
    page = compact(portal.get("/settings/profile/"))
    assert "Declined: No meetings in person" in page
    assert "You proposed</dt><dd>Meet me at the bar.</dd>" in page
    assert "Waiting for review" not in page
    assert "Meet me" not in customer.get("/operators/sarah/").content.decode()
    assert AuditRecord.objects.get(action="profile_text.refuse").reason == "No meetings in person"
    saved(portal, headline="Night owl")  # the other fields are as they are shown: nothing is offered again
    assert [text.state for text in operator.profile_texts.order_by("field")] == ["refused", "waiting"]
    saved(portal, bio="Talk to me.")
    assert "No meetings in person" not in compact(portal.get("/settings/profile/"))


def test_what_was_replaced_or_taken_back_cannot_be_approved(
    portal: Client, desk: Client, operator: Operator
) -> None:
    saved(portal, headline="Night owl")
    read_by_staff = waiting().pk
    saved(portal, headline="Call 1-2-3 and win")
    answer = desk.post(f"{QUEUE}{read_by_staff}/approve/", follow=True)
    assert "replaced, withdrawn, or decided" in answer.content.decode()
    last = waiting().pk
    saved(portal)
    assert not operator.profile_texts.exists()
    with pytest.raises(NotFound, match="decided in the meantime"):
        approve_profile_text(text_id=last, actor=None)
    operator.refresh_from_db()
    assert operator.headline == "Day person"


def test_saving_again_what_waits_keeps_its_place_in_the_queue(portal: Client) -> None:
    saved(portal, headline="Night owl")
    first = waiting().pk
    saved(portal, headline="Night owl", bio="More about me.")
    assert (waiting().pk, waiting("bio").words) == (first, "More about me.")


def test_taking_words_away_needs_nobody(portal: Client, operator: Operator) -> None:
    page = saved(portal, headline="", languages="French")
    assert "Saved. Your page shows it now." in page
    operator.refresh_from_db()
    assert (operator.headline, operator.languages) == ("", ["French"])
    saved(portal, headline="", languages="French, call me")
    assert waiting("languages").words == "French, call me"
    assert not ProfileText.objects.filter(field="headline").exists()


def test_a_setting_shows_texts_at_once(portal: Client, operator: Operator, settings: Any) -> None:
    saved(portal, bio="Wait for me.")
    settings.PROFILE_TEXTS_WAIT = False
    assert "Saved. Your page shows it now." in saved(portal, headline="Night owl", bio="New.")
    operator.refresh_from_db()
    assert (operator.headline, operator.bio) == ("Night owl", "New.")
    assert not operator.profile_texts.exists()


def test_staff_without_the_right_neither_read_nor_decide(portal: Client, operator: Operator) -> None:
    saved(portal, headline="Night owl")
    clerk = logged_in(UserFactory(is_staff=True), ADMIN)
    assert clerk.get(QUEUE).status_code == 403
    for deed in ("approve", "refuse"):
        assert clerk.post(f"{QUEUE}{waiting().pk}/{deed}/", {"reason": "x"}).status_code == 403
    assert waiting().words == "Night owl"


def test_nobody_approves_their_own_text() -> None:
    staff = StaffFactory()
    own = given_operator(user=staff, **BEFORE)
    change_profile(operator_id=own.pk, **{**BEFORE, "headline": "Mine"})
    with pytest.raises(NotAllowed):
        approve_profile_text(text_id=waiting().pk, actor=staff)


def test_sixty_changes_a_day_are_enough(
    portal: Client, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profile_texts, "MAX_OFFERS_PER_DAY", 1)
    saved(portal, headline="Night owl")
    answer = portal.post("/settings/profile/", FORM | {"headline": "Another"})
    assert (answer.status_code, "a lot of changes for one day" in answer.content.decode()) == (429, True)
    assert waiting().words == "Night owl"


def test_roles_that_decide_about_photos_decide_about_texts() -> None:
    from django.contrib.auth.models import Group

    for role in Group.objects.prefetch_related("permissions"):
        rights = {right.codename for right in role.permissions.all()}
        assert ("change_photo" in rights) == ("change_profiletext" in rights), role
        assert ("view_photo" in rights) == ("view_profiletext" in rights), role


@pytest.mark.parametrize("decided", [False, True])
def test_a_proposal_is_withdrawn_and_customers_see_what_they_saw(
    portal: Client, operator: Operator, decided: bool
) -> None:
    saved(portal, headline="Night owl", bio="More about me.")
    if decided:
        profile_texts.refuse_profile_text(text_id=waiting().pk, reason="Too short", actor=None)
    told = compact(portal.post("/settings/profile/withdraw/", FORM | {"withdraw": "headline"}, follow=True))
    assert 'value="Day person"' in told
    assert "Night owl" not in told
    assert [text.field for text in operator.profile_texts.all()] == ["bio"]
    portal.post("/settings/profile/withdraw/", {"withdraw": "nothing"})
    assert operator.profile_texts.exists()


def test_words_that_others_show_are_chosen_and_need_nobody(portal: Client, operator: Operator) -> None:
    brand = operator.listings.get().brand
    given_operator(brands=[brand], languages=["German"], specialties=["Books", "Jazz"])
    page = compact(portal.get("/settings/profile/"))
    assert 'name="specialties" value="Jazz"' in page
    assert 'name="languages" value="French" checked' in page
    portal.post("/settings/profile/", FORM | {"specialties": ["Jazz", "Books", ""]})
    operator.refresh_from_db()
    assert operator.specialties == ["Jazz", "Books"]
    assert not operator.profile_texts.exists()
    page = compact(
        portal.post("/settings/profile/", FORM | {"specialties": ["Jazz", "Books", "Chess"]}, follow=True)
    )
    assert waiting("specialties").value == ["Jazz", "Books", "Chess"]
    assert "You proposed</dt><dd>Jazz, Books, Chess</dd>" in page
    assert 'id="id_specialties" value="Chess"' in page
    operator.refresh_from_db()
    assert operator.specialties == ["Jazz", "Books"]
