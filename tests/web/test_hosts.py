"""Hosts of brands: what staff may type, and that rows alone decide who is answered, on pages and on sockets."""

from typing import Any

import pytest
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.core.exceptions import ValidationError
from django.test import Client

from aeims.asgi import application
from brands import selectors
from brands.hosts import validate_host
from brands.models import Brand, BrandHost
from brands.selectors import MAX_AGE_SECONDS, brand_of_host, forget
from tests.factories import BrandFactory, CustomerFactory
from tests.scenario import customer_client

HOST = "www.velvet.example"


@pytest.fixture
def brand(db: None) -> Brand:
    brand: Brand = BrandFactory(slug="velvet", name="Velvet", host=HOST)
    return brand


@pytest.mark.django_db
@pytest.mark.parametrize(
    "typed",
    ["WWW.Velvet.Example", " www.velvet.example ", "www.velvet.example.", HOST, "xn--mnchen-3ya.example"],
)
def test_a_host_is_stored_as_browsers_send_it(typed: str) -> None:
    brand = BrandFactory()
    row = BrandHost(brand=brand, host=typed)
    row.full_clean()
    row.save()
    forget()
    stored = BrandHost.objects.get(pk=row.pk).host
    assert stored == typed.strip().lower().removesuffix(".")
    assert brand_of_host(typed.upper()) == brand
    with pytest.raises(ValidationError, match="already exists"):
        BrandHost(brand=brand, host=typed.upper()).full_clean()


@pytest.mark.parametrize(
    ("host", "complaint"),
    [
        ("https://velvet.example", "without https"), ("velvet.example/", "without https"), ("a@velvet.example", "without"),
        ("velvet.example:8000", "without a port"), ("[::1]", "without a port"), ("10.0.0.1", "not an IP address"),
        ("velvet.123", "not an IP address"), ("münchen.example", "ASCII form"), ("velvet", "between dots"),
        ("", "between dots"), ("velvet..example", "between dots"), ("-velvet.example", "between dots"),
        ("vel vet.example", "between dots"), ("*.velvet.example", "between dots"), (".velvet.example", "between dots"),
        (f"{'a' * 64}.example", "between dots"), ("xn--a.example", "not the ASCII form"),
        ("ab--cd.example", "not the ASCII form"), ("portal.localhost", "belongs to"), ("admin.localhost", "belongs to"),
    ],
)  # fmt: skip
def test_what_is_no_host_is_refused_with_what_to_type_instead(host: str, complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        validate_host(host)


@pytest.mark.parametrize("host", [HOST, HOST.upper(), f"{HOST}:8443", f"{HOST}."])
def test_the_host_of_an_active_brand_is_answered(brand: Brand, host: str) -> None:
    response = Client(headers={"Host": host}).get("/help/")
    assert response.status_code == 200
    assert "Velvet" in response.content.decode()


@pytest.mark.parametrize(
    "host", ["velvet.example", "a.www.velvet.example", "unknown.example", "x.localhost", ""]
)
def test_every_other_host_is_refused(brand: Brand, host: str) -> None:
    response = Client(headers={"Host": host}).get("/help/")
    assert response.status_code in (400, 404)
    assert "Velvet" not in response.content.decode()


def test_a_change_counts_after_five_seconds_at_most(brand: Brand, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(selectors.time, "monotonic", lambda: now)
    visitor = Client(headers={"Host": HOST})
    assert visitor.get("/help/").status_code == 200
    Brand.objects.update(is_active=False)
    BrandHost.objects.create(brand=BrandFactory(), host="new.example")
    forget()
    now += MAX_AGE_SECONDS
    assert MAX_AGE_SECONDS <= 5
    assert visitor.get("/help/").status_code == 400
    Brand.objects.update(is_active=True)
    now += MAX_AGE_SECONDS
    assert visitor.get("/help/").status_code == 200
    assert Client(headers={"Host": "new.example"}).get("/help/").status_code == 200


def test_a_redirect_to_https_stays_on_the_host_of_the_brand(brand: Brand, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    visitor = Client(headers={"Host": HOST})
    assert visitor.get("/help/").headers["Location"] == f"https://{HOST}/help/"
    assert Client(headers={"Host": "unknown.example"}).get("/help/").status_code == 400


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (f"https://{HOST}", 302), (f"http://{HOST}", 403), ("https://flirts.localhost", 403),
        ("https://unknown.example", 403), ("null", 403),
    ],
)  # fmt: skip
def test_a_form_is_taken_from_a_page_of_the_same_host_alone(brand: Brand, origin: str, status: int) -> None:
    BrandFactory()
    browser = Client(enforce_csrf_checks=True, headers={"Host": HOST, "Origin": origin})
    browser.get("/accounts/login/", secure=True)
    token = browser.cookies["csrftoken"].value
    response = browser.post("/scheme/", {"scheme": "dark", "csrfmiddlewaretoken": token}, secure=True)
    assert response.status_code == status


@pytest.mark.usefixtures("channel_layer")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("host", "is_open"), [(HOST, True), (HOST.upper(), True), ("www.gone.example", False), ("unknown.example", False)]
)  # fmt: skip
async def test_a_socket_opens_on_the_hosts_of_active_brands_alone(host: str, is_open: bool) -> None:
    def cookie() -> bytes:
        BrandFactory(slug="velvet", host=HOST)
        BrandFactory(slug="gone", host="www.gone.example", is_active=False)
        session = customer_client(CustomerFactory()).cookies["sessionid"]
        return f"sessionid={session.value}".encode()

    headers = [(b"host", host.encode()), (b"origin", f"https://{host}".encode())]
    headers.append((b"cookie", await database_sync_to_async(cookie)()))
    line = WebsocketCommunicator(application, "/ws/me/", headers=headers)
    connected, _ = await line.connect(timeout=10)
    assert connected is is_open
    await line.disconnect()
