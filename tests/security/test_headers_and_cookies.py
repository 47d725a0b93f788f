"""Every answer carries the content policy, programs are not redirected to https, and production's cookies keep to their host."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from csp.exceptions import CSPNonceError
from csp.utils import build_policy
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from aeims.content_security import ContentSecurityMiddleware
from tests.factories import BrandFactory
from tests.scenario import BRAND_HOST
from tools.environment import ROOT

SAFE_ENVIRONMENT = {"AEIMS_ENV": "production", "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("host", "path", "status"),
    [
        (BRAND_HOST, "/", 200),
        (BRAND_HOST, "/operators", 308),
        (BRAND_HOST, "/static/css/base.css", 200),
        (BRAND_HOST, "/api/docs/", 200),
        (BRAND_HOST, "/api/nothing/", 404),
        ("nobody.example", "/", 400),
        ("127.0.0.2", "/", 400),
    ],
)
def test_every_answer_carries_the_content_policy(host: str, path: str, status: int) -> None:
    BrandFactory()
    response = Client(headers={"Host": host}).get(path)
    assert response.status_code == status
    policy = response.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "Permissions-Policy" in response.headers
    response.close()


@pytest.mark.django_db
def test_the_documentation_of_the_api_has_nothing_inline() -> None:
    BrandFactory()
    visitor = Client(headers={"Host": BRAND_HOST})
    page = visitor.get("/api/docs/").content.decode()
    assert "<style" not in page
    assert page.count("<script") == page.count("<script src=")
    script = visitor.get("/api/docs/?script=")
    assert script.headers["Content-Type"].startswith("application/javascript")


@pytest.mark.django_db
def test_over_http_a_page_is_redirected_and_a_program_refused(settings: Any) -> None:
    BrandFactory()
    settings.SECURE_SSL_REDIRECT = True
    visitor = Client(headers={"Host": BRAND_HOST})
    assert visitor.get("/help/").headers["Location"] == f"https://{BRAND_HOST}/help/"
    refused = visitor.post("/api/calls/initiate/", {})
    assert (refused.status_code, refused.json()["code"]) == (403, "https_required")
    assert visitor.get("/help/", secure=True).status_code == 200


def test_cookies_of_production_keep_to_their_host() -> None:
    names = [
        "SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "MESSAGES_COOKIE_NAME", "AGE_COOKIE_NAME", "SCHEME_COOKIE_NAME", "DEVICE_COOKIE_NAME",
        "LINK_COOKIE_NAME",
    ]  # fmt: skip
    flags = ["SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "CSRF_COOKIE_HTTPONLY"]
    program = f"import json, aeims.settings as s; print(json.dumps([getattr(s, n) for n in {names + flags}]))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT, env={"PATH": os.environ["PATH"]} | SAFE_ENVIRONMENT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    values = json.loads(done.stdout)
    assert all(name.startswith("__Host-") for name in values[: len(names)])
    assert values[len(names) :] == [True] * len(flags)


@pytest.mark.django_db
def test_each_cookie_has_the_name_of_the_settings(settings: Any) -> None:
    settings.AGE_COOKIE_NAME, settings.SCHEME_COOKIE_NAME = "__Host-adult", "__Host-scheme"
    BrandFactory()
    visitor = Client(headers={"Host": BRAND_HOST})
    for path, form in (("/enter/", {"next": "/help/"}), ("/scheme/", {"scheme": "dark", "next": "/help/"})):
        response = visitor.post(path, form, secure=True)
        (cookie,) = response.cookies.values()
        assert cookie.key.startswith("__Host-")
        assert (bool(cookie["secure"]), cookie["path"], cookie["domain"]) == (True, "/", "")
    page = visitor.get("/operators/", secure=True).content.decode()
    assert 'data-scheme="dark"' in page
    assert 'data-cookie="__Host-scheme"' in page
    assert "web/age_gate" not in page


def test_the_policy_is_that_of_django_csp_with_the_nonce_of_its_page() -> None:
    response = HttpResponse()

    def page(request: HttpRequest) -> HttpResponse:
        if "nonce" in request.GET:
            nonces.append(str(vars(request)["csp_nonce"]))
        return response

    nonces: list[str] = []
    middleware = ContentSecurityMiddleware(page)
    for address in ("/", "/?nonce", "/?nonce", "/"):
        response = HttpResponse()
        request = RequestFactory().get(address)
        middleware(request)
        nonce = nonces[-1] if "nonce" in request.GET else None
        assert response.headers["Content-Security-Policy"] == build_policy(nonce=nonce)
        if nonce is None:
            with pytest.raises(CSPNonceError):  # one that the policy doesn't name would do nothing
                str(vars(request)["csp_nonce"])
    assert len(set(nonces)) == 2
