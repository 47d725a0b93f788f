"""Documentation and monitoring are where they are meant to be, and nowhere else."""

from typing import Any

import pytest
from django.test import Client

from tests.factories import BrandFactory, StaffFactory
from tests.scenario import BRAND_HOST, logged_in

pytestmark = pytest.mark.django_db
ADMIN, PORTAL, INTERNAL = "admin.localhost", "portal.localhost", "localhost"


@pytest.mark.parametrize("path", ["/api/docs/", "/api/schema/"])
def test_the_staffs_site_has_no_documentation_of_the_api(path: str) -> None:
    BrandFactory()
    assert Client(headers={"Host": BRAND_HOST}).get(path).status_code == 200
    assert Client(headers={"Host": PORTAL}).get(path).status_code == 200
    assert Client(headers={"Host": ADMIN}).get(path).status_code == 404
    assert logged_in(StaffFactory(), ADMIN).get(path).status_code == 404


def test_what_is_not_well_is_told_to_our_own_processes_alone() -> None:
    BrandFactory()
    for host in (BRAND_HOST, PORTAL, ADMIN):
        assert Client(headers={"Host": host}).get("/readyz").json() == {"ok": True}
        assert Client(headers={"Host": host}).get("/health").status_code in (302, 404)
    assert "degraded" in Client(headers={"Host": INTERNAL}).get("/readyz").json()


def test_production_does_not_list_its_sites(settings: Any) -> None:
    BrandFactory()
    assert Client(headers={"Host": INTERNAL}).get("/").status_code == 200
    settings.IS_PRODUCTION = True
    assert Client(headers={"Host": INTERNAL}).get("/").status_code == 404


def test_nobody_reaches_an_internal_host_by_the_proxy(settings: Any) -> None:
    settings.IS_PRODUCTION = True
    directly, by_proxy = {"Host": INTERNAL}, {"Host": INTERNAL, "X-Forwarded-For": "203.0.113.7"}
    for path in ("/livez", "/readyz", "/health", "/api/telephony/events/"):
        assert Client(headers=directly).get(path).status_code in (200, 401, 405)
        assert Client(headers=by_proxy).get(path).status_code == 404


@pytest.mark.parametrize(
    ("domain", "status"),
    [(BRAND_HOST, 200), (PORTAL, 200), (ADMIN, 200), (INTERNAL, 404), ("nobody.example", 404), ("", 404)],
)
def test_the_proxy_gets_a_certificate_for_our_hosts_alone(domain: str, status: int) -> None:
    BrandFactory()
    asked = Client(headers={"Host": INTERNAL}).get("/hosts/served", {"domain": domain})
    assert asked.status_code == status
    assert Client(headers={"Host": PORTAL}).get("/hosts/served", {"domain": domain}).status_code == 404


def test_the_proxy_learns_without_tls_which_hosts_get_a_certificate(settings: Any) -> None:
    """It asks inside, over plain HTTP; it takes a redirect for a no, and no host would get one."""
    settings.SECURE_SSL_REDIRECT = True
    asking = Client(headers={"Host": INTERNAL})
    assert asking.get("/hosts/served", {"domain": PORTAL}).status_code == 200
    assert asking.get("/livez").status_code == 200
    assert Client(headers={"Host": PORTAL}).get("/accounts/login/").status_code == 301
