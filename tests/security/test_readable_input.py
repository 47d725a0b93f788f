"""What no view could use is refused before any sees it: 400 in the shape of the page or the API."""

from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.core.cache import cache
from django.test import Client

from aeims.asgi import application
from core.parse import can_be_stored
from tests.factories import StaffFactory
from tests.scenario import customer_client, given_customer, given_operator, logged_in

PORTAL, ADMIN = "portal.localhost", "admin.localhost"


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "x\udfff"])
def test_what_cannot_be_stored(text: str) -> None:
    assert not can_be_stored(text)
    assert can_be_stored("é \U0001f600 \n")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        "/calls/%00/",
        "/calls/?before=%00",
        "/operators/?q=a%00",
        "/operators/?a%00=1",
        "/account/phones/code/%00/",
        "/%00",
    ],
)
def test_a_nul_in_an_address_is_a_bad_request(path: str) -> None:
    answer = customer_client(given_customer()).get(path)
    assert answer.status_code == 400
    assert "<h1" in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        "/backoffice/transactions/?customer=%00",
        "/customers/user/?q=%00",
        "/customers/user/?email=a%00",
        "/login/?next=%00",
    ],
)
def test_staff_queries_too(path: str) -> None:
    assert logged_in(StaffFactory(), ADMIN).get(path).status_code == 400


@pytest.mark.django_db
def test_the_api_says_so_in_its_own_shape() -> None:
    answer = customer_client(given_customer()).get("/api/calls/status/?call_id=%00")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/account/phones/", "number"),
        ("/ratings/", "comment"),
        ("/account/limits/break/", "length"),
        ("/funds/", "words"),
    ],
)
def test_a_nul_in_a_form_is_a_bad_request(path: str, field: str) -> None:
    assert customer_client(given_customer()).post(path, {field: "a\x00b"}).status_code == 400
    assert (
        logged_in(given_operator().user, PORTAL).post("/presence/", {"presence\x00": "x"}).status_code == 400
    )


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/accounts/login/code/", "/accounts/password/reset/"])
def test_an_address_that_is_longer_than_any_gets_the_page_of_every_unknown_one(path: str) -> None:
    cache.clear()
    client = Client(headers={"Host": PORTAL})
    answers = [client.post(path, {"email": email}) for email in ("nobody@example.test", "a" * 250 + "@b.co")]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert answers[0]["Location"] == answers[1]["Location"]


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["options", "post", "delete"])
def test_the_documents_of_the_api_can_only_be_read(method: str) -> None:
    assert getattr(Client(headers={"Host": PORTAL}), method)("/api/docs/").status_code == 405


@pytest.mark.parametrize("charset", ["utf-16", "utf-7", "hex", "x", "unicode_escape", "idna", "rot13", "\\"])
async def test_a_form_in_another_encoding_is_a_bad_request(charset: str) -> None:
    for path in ("/", "/api/calls/hangup/", "/accounts/login/"):
        assert await status_of(path, f"application/x-www-form-urlencoded; charset={charset}") == 400


async def status_of(path: str, content_type: str) -> int:
    """What a POST with a query gets, through the application as the server calls it."""
    headers = [(b"host", PORTAL.encode()), (b"content-type", content_type.encode())]
    scope: dict[str, Any] = {
        "type": "http", "method": "POST", "path": path, "query_string": b"q=%ff", "headers": headers, "http_version": "1.1",
    }  # fmt: skip
    request = ApplicationCommunicator(application, scope)
    await request.send_input({"type": "http.request", "body": b"login=\\ud800"})
    status = (await request.receive_output(10))["status"]
    await request.receive_output(10)
    await request.wait()
    return int(status)
