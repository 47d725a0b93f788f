"""An operator's greeting: recorded in the portal, prepared by the worker, decided at the desk, then and only then heard."""

from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from core.errors import NotFound
from core.models import AuditRecord
from notices.models import Notice
from notices.states import NoticeKind
from operators.models import Greeting, GreetingFile, Operator
from operators.services import greetings
from operators.services.greetings import PREPARE_GREETING, approve_greeting, refuse_greeting
from operators.states import ApprovalStatus, ReviewState
from operators.tasks import prepare_greeting
from privacy.services.erase_person import erase
from privacy.services.request_erasure import request_erasure
from tests.factories import StaffFactory, UserFactory
from tests.operators.recordings import encoded, wav
from tests.scenario import BRAND_HOST, INTERNAL_HOST, given_customer, given_operator, logged_in

pytestmark = pytest.mark.django_db

PORTAL, ADMIN = "portal.localhost", "admin.localhost"
PAGE = "/settings/greeting/"
RECORDING = wav(1.2)


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


def sent(portal: Client, data: bytes, name: str = "greeting.webm") -> Any:
    return portal.post(PAGE, {"recording": SimpleUploadedFile(name, data, "audio/webm")})


def run_jobs() -> None:
    """What the worker does with the jobs that wait, each of them twice."""
    for job in ProcrastinateJob.objects.filter(task_name=PREPARE_GREETING).order_by("id"):
        for _ in range(2):
            prepare_greeting(**job.args)


def waiting() -> Greeting:
    return Greeting.objects.get(state=ReviewState.WAITING)


def recorded(portal: Client, data: bytes = RECORDING) -> Greeting:
    assert sent(portal, data).status_code == 302
    run_jobs()
    return waiting()


def approved(portal: Client, data: bytes = RECORDING) -> Greeting:
    greeting = recorded(portal, data)
    approve_greeting(greeting_id=greeting.pk, actor=None)
    return greeting


def page_of(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def urls_of(greeting: Greeting) -> list[str]:
    return [f"/greetings/{greeting.digest}.{ending}" for ending in ("ogg", "m4a")]


def sound_for_nodes(greeting: Greeting) -> Any:
    key = f"Bearer {django_settings.AEIMS_API_KEY}"
    node = Client(headers={"Host": INTERNAL_HOST, "Authorization": key})
    return node.get(f"/api/telephony/sounds/{greeting.digest}")


def test_a_greeting_is_heard_by_customers_once_staff_approved_it(
    portal: Client, desk: Client, customer: Client
) -> None:
    assert sent(portal, RECORDING).status_code == 302
    assert "preparing your new recording" in page_of(portal, PAGE)
    assert "No greetings to review" in page_of(desk, "/backoffice/greetings/")
    run_jobs()
    greeting = waiting()
    assert 1150 <= greeting.duration_ms <= 1250
    assert "waiting for review" in page_of(portal, PAGE)
    visitor = Client(headers={"Host": BRAND_HOST})
    for url in urls_of(greeting):
        assert url in page_of(desk, "/backoffice/greetings/")
        for site, status in ((portal, 200), (desk, 200), (customer, 404), (visitor, 404)):
            assert site.get(url).status_code == status
    assert "greeting-player" not in page_of(customer, "/operators/sarah/")
    assert sound_for_nodes(greeting).status_code == 404

    desk.post(f"/backoffice/greetings/{greeting.pk}/approve/")
    for address in ("/operators/", "/operators/sarah/"):
        page = page_of(customer, address)
        assert all(url in page for url in urls_of(greeting))
        assert "Play Sarah’s greeting, 2 seconds" in page
        assert 'preload="none"' in page
    assert "customers hear this one" in page_of(portal, PAGE)
    for url, content_type in zip(urls_of(greeting), ("audio/ogg", "audio/mp4"), strict=True):
        answer = visitor.get(url)
        assert (answer.status_code, answer["Content-Type"]) == (200, content_type)
        assert answer["Cache-Control"] == "private, max-age=31536000, immutable"
    sound = sound_for_nodes(greeting)
    assert (sound.status_code, sound["Content-Type"]) == (200, "audio/wav")
    assert sound.content.startswith(b"RIFF")
    records = AuditRecord.objects.filter(action__startswith="greeting.").order_by("id")
    assert list(records.values_list("action", flat=True)) == ["greeting.offer", "greeting.approve"]
    assert Notice.objects.filter(kind=NoticeKind.GREETING_APPROVED).count() == 1


def test_a_job_that_is_repeated_has_one_effect_and_keeps_nothing_of_what_came_in(portal: Client) -> None:
    greeting = recorded(portal)
    assert sorted(GreetingFile.objects.values_list("format", flat=True)) == ["aac", "opus", "phone"]
    first = greeting.digest
    run_jobs()
    assert waiting().digest == first
    assert GreetingFile.objects.count() == 3


def test_a_job_of_a_recording_that_was_replaced_does_nothing(portal: Client) -> None:
    sent(portal, RECORDING)
    sent(portal, wav(1.5))
    run_jobs()
    assert waiting().duration_ms == pytest.approx(1500, abs=50)
    portal.post("/settings/greeting/away/", {"which": "waiting"})
    run_jobs()
    assert not Greeting.objects.exists()


def test_until_the_next_one_is_approved_the_former_greeting_stays(
    portal: Client, desk: Client, customer: Client
) -> None:
    first = approved(portal)
    second = recorded(portal, wav(1.5))
    assert first.digest in page_of(customer, "/operators/sarah/")
    assert second.digest not in page_of(customer, "/operators/sarah/")
    desk.post(f"/backoffice/greetings/{second.pk}/approve/")
    assert second.digest in page_of(customer, "/operators/sarah/")
    assert customer.get(urls_of(first)[0]).status_code == 404
    assert GreetingFile.objects.count() == 3  # nothing of the first is left


def test_a_refused_greeting_is_deleted_and_the_operator_reads_why(portal: Client, desk: Client) -> None:
    address = f"/backoffice/greetings/{recorded(portal).pk}/refuse/"
    assert "Enter a reason of at most" in desk.post(address, {"reason": " "}, follow=True).content.decode()
    desk.post(address, {"reason": "It says a phone number."})
    assert not GreetingFile.objects.exists()
    assert "It says a phone number." in page_of(portal, PAGE)
    assert AuditRecord.objects.get(action="greeting.refuse").reason == "It says a phone number."
    assert Notice.objects.get(kind=NoticeKind.GREETING_REFUSED).recipient == Operator.objects.get().user
    with pytest.raises(NotFound, match="decided in the meantime"):
        refuse_greeting(greeting_id=Greeting.objects.get().pk, reason="late", actor=None)
    sent(portal, RECORDING)
    assert "It says a phone number." not in page_of(portal, PAGE)


@pytest.mark.parametrize(
    ("data", "words"),
    [(wav(21), "at most 20 seconds"), (encoded("mp4", "aac")[:900], "damaged")],
    ids=["long", "broken"],
)
def test_a_recording_that_cannot_be_used_is_refused_by_the_worker(
    portal: Client, data: bytes, words: str
) -> None:
    assert sent(portal, data).status_code == 302
    run_jobs()
    assert words in page_of(portal, PAGE)
    assert Greeting.objects.get().state == ReviewState.REFUSED
    assert not GreetingFile.objects.exists()
    assert Notice.objects.filter(kind=NoticeKind.GREETING_REFUSED).count() == 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<html>not a sound</html>", "Use an audio file"),
        (RECORDING + bytes(4 * 1024 * 1024), "larger than 4 MB"),
        (b"", "The file is empty."),
    ],
    ids=["html", "large", "empty"],
)
def test_what_is_plainly_no_recording_is_refused_beside_the_field(
    portal: Client, data: bytes, words: str
) -> None:
    answer = sent(portal, data)
    assert answer.status_code == 400
    page = answer.content.decode()
    assert words in page.split('id="id_recording_error"')[1].split("</div>")[0]
    assert not Greeting.objects.exists()
    assert not ProcrastinateJob.objects.filter(task_name=PREPARE_GREETING).exists()


def test_an_operator_takes_back_and_removes(portal: Client, operator: Operator) -> None:
    approved(portal)
    recorded(portal, wav(1.5))
    portal.post("/settings/greeting/away/", {"which": "waiting"})
    assert Greeting.objects.get().state == ReviewState.SHOWN
    portal.post("/settings/greeting/away/", {"which": "shown"})
    operator.refresh_from_db()
    assert (operator.greeting, operator.greeting_ms) == ("", 0)
    assert not GreetingFile.objects.exists()
    assert not Notice.objects.filter(kind=NoticeKind.GREETING_REMOVED).exists()
    again = portal.post("/settings/greeting/away/", {"which": "shown"}, follow=True)
    assert "no greeting to remove" in again.content.decode()


def test_staff_take_a_greeting_down_with_a_reason(portal: Client, desk: Client, operator: Operator) -> None:
    greeting = approved(portal)
    address = f"/backoffice/operators/{operator.pk}/greeting/remove/"
    assert "Remove the greeting" in page_of(desk, f"/backoffice/operators/{operator.pk}/")
    assert "Enter a reason of at most" in desk.post(address, {"reason": ""}, follow=True).content.decode()
    desk.post(address, {"reason": "a complaint"})
    assert not GreetingFile.objects.exists()
    assert sound_for_nodes(greeting).status_code == 404
    assert AuditRecord.objects.get(action="greeting.remove").reason == "a complaint"
    assert Notice.objects.filter(kind=NoticeKind.GREETING_REMOVED).count() == 1


def test_a_days_recordings_are_bounded(portal: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(greetings, "MAX_UPLOADS_PER_DAY", 1)
    sent(portal, RECORDING)
    answer = sent(portal, RECORDING)
    assert answer.status_code == 429
    assert "a lot of recordings for one day" in answer.content.decode()
    assert Greeting.objects.count() == 1


def test_another_operator_and_staff_without_the_right_hear_no_greeting_that_waits(portal: Client) -> None:
    greeting = recorded(portal)
    url = urls_of(greeting)[0]
    another = logged_in(given_operator().user, PORTAL)
    assert another.get(url).status_code == 404
    assert another.get(url, headers={"Range": "bytes=0-99"}).status_code == 404
    clerk = logged_in(UserFactory(is_staff=True), ADMIN)
    assert clerk.get(url).status_code == 404
    assert clerk.get("/backoffice/greetings/").status_code == 403
    assert clerk.post(f"/backoffice/greetings/{greeting.pk}/approve/").status_code == 403
    assert portal.get(url)["Cache-Control"] == "private, no-store"
    another.post("/settings/greeting/away/", {"which": "waiting"})
    assert waiting().pk == greeting.pk


def test_the_greeting_of_a_suspended_operator_is_gone_for_customers_and_nodes(
    portal: Client, operator: Operator, customer: Client
) -> None:
    greeting = approved(portal)
    assert customer.get(urls_of(greeting)[0]).status_code == 200
    Operator.objects.filter(pk=operator.pk).update(approval_status=ApprovalStatus.SUSPENDED)
    assert customer.get(urls_of(greeting)[0]).status_code == 404
    assert sound_for_nodes(greeting).status_code == 404


def test_a_player_gets_the_part_it_asks_for(portal: Client, customer: Client) -> None:
    url = urls_of(approved(portal))[1]
    whole = customer.get(url)
    size = len(whole.content)
    assert whole["Accept-Ranges"] == "bytes"
    for asked, part in (
        ("bytes=0-1", slice(0, 2)),
        ("bytes=100-", slice(100, None)),
        ("bytes=-7", slice(-7, None)),
    ):
        answer = customer.get(url, headers={"Range": asked})
        assert (answer.status_code, answer.content) == (206, whole.content[part])
        start = part.indices(size)[0]
        assert answer["Content-Range"] == f"bytes {start}-{start + len(answer.content) - 1}/{size}"
    for asked, status in (
        (f"bytes={size}-", 416),
        ("bytes=9-2", 200),
        ("bytes=0-1,4-5", 200),
        ("lines=1-2", 200),
    ):
        assert customer.get(url, headers={"Range": asked}).status_code == status


def test_the_microphone_is_allowed_on_this_page_alone(portal: Client, customer: Client) -> None:
    assert "microphone=(self)" in portal.get(PAGE)["Permissions-Policy"]
    assert "camera=()" in portal.get(PAGE)["Permissions-Policy"]
    for site, address in ((portal, "/settings/"), (portal, "/"), (customer, "/operators/")):
        assert "microphone=()" in site.get(address)["Permissions-Policy"]


def test_greetings_ask_the_directory_for_no_further_query(
    portal: Client, customer: Client, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(100) as before:
        customer.get("/operators/")
    usual = len(before)
    approved(portal)
    with django_assert_max_num_queries(usual):
        assert "/greetings/" in page_of(customer, "/operators/")


def test_a_person_who_is_erased_leaves_no_voice(portal: Client, operator: Operator) -> None:
    greeting = approved(portal)
    recorded(portal, wav(1.5))
    erasure = request_erasure(user=operator.user, actor=operator.user)
    assert erase(erasure_id=erasure.pk)
    assert not Greeting.objects.exists()
    assert not GreetingFile.objects.exists()
    operator.refresh_from_db()
    assert operator.greeting == ""
    assert sound_for_nodes(greeting).status_code == 404
