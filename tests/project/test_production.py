"""Production refuses to start with an unsafe setting, and says which."""

import os
import subprocess
import sys
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client

from aeims.checks import (
    nobody_pays_to_the_sandbox,
    production_is_safe,
    refuse_sandbox_payments,
    refuse_unsafe,
)
from billing.models import MerchantAccount
from tests.billing.sandbox import given_merchant_account
from tools.environment import ROOT

KEY = "0123456789abcdefghijklmnopqrstuvwxyz"
SAFE: dict[str, Any] = {
    "IS_PRODUCTION": True, "SECRET_KEY": KEY, "AEIMS_API_KEY": KEY, "DEBUG": False, "IS_DEMO": False,
    "DATA_KEYS": ["d" + KEY], "HASH_KEYS": ["h" + KEY], "DOCUMENT_KEYS": ["i" + KEY],
    "PORTAL_HOSTS": ["sexacomms.com"], "ADMIN_HOSTS": ["admin.sexacomms.com"], "SANDBOX_HOSTS": [],
    "ALLOWED_HOSTS": ["sexacomms.com", "admin.sexacomms.com", "localhost", "web", "[::1]"], "CSRF_TRUSTED_ORIGINS": ["https://flirts.nyc"],
    "DATABASE_IS_NAMED": True, "DATABASE_OWNER_IS_NAMED": False, "REDIS_URL": "redis://redis:6379/0", "TELEPHONY_LAB_PREFIXES": [],
    "TELEPHONY_ALLOWED_PREFIXES": ["+1"], "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
    "EMAIL_HOST": "mail.example", "EMAIL_USE_TLS": True, "EMAIL_USE_SSL": False,
    "SECRET_KEY_FALLBACKS": ["f" + KEY], "AEIMS_API_KEY_FALLBACKS": ["g" + KEY], "TRUSTED_PROXIES": ["10.0.0.0/8"],
    "THROTTLES_ON": True, "STAFF_SECOND_FACTOR": True, "STAFF_RECENT_LOGIN_SECONDS": 600, "STAFF_IDLE_SECONDS": 1800,
    "CUSTOMER_IDLE_SECONDS": 86_400, "OPERATOR_IDLE_SECONDS": 3600, "MAX_SESSIONS": 5,
}  # fmt: skip
UNSAFE = [
    ("SECRET_KEY", "short"), ("SECRET_KEY", "a" * 64), ("SECRET_KEY", "development-only-key-that-production-refuses"),
    ("AEIMS_API_KEY", ""), ("AEIMS_API_KEY", "short"), ("AEIMS_API_KEY", "a" * 64), ("DEBUG", True), ("IS_DEMO", True),
    ("DATA_KEYS", []), ("DATA_KEYS", ["short"]), ("DATA_KEYS", ["development-only-data-key-that-production-refuses"]), ("DATA_KEYS", [KEY]),
    ("HASH_KEYS", []), ("HASH_KEYS", ["a" * 64]), ("HASH_KEYS", ["development-only-hash-key-that-production-refuses"]), ("HASH_KEYS", ["d" + KEY]),
    ("DOCUMENT_KEYS", []), ("DOCUMENT_KEYS", ["short"]), ("DOCUMENT_KEYS", ["development-only-document-key-that-production-refuses"]), ("DOCUMENT_KEYS", ["d" + KEY]),
    ("PORTAL_HOSTS", []), ("PORTAL_HOSTS", ["portal.localhost", "sexacomms.com"]), ("PORTAL_HOSTS", ["*"]),
    ("ADMIN_HOSTS", []), ("ADMIN_HOSTS", ["admin.localhost"]), ("ADMIN_HOSTS", [".sexacomms.com"]),
    ("SANDBOX_HOSTS", ["pay.localhost"]),
    ("ALLOWED_HOSTS", ["sexacomms.com", "*"]), ("ALLOWED_HOSTS", [".localhost"]), ("CSRF_TRUSTED_ORIGINS", ["http://flirts.nyc"]), ("DATABASE_IS_NAMED", False),
    ("REDIS_URL", ""), ("TELEPHONY_LAB_PREFIXES", ["+1999"]), ("TELEPHONY_ALLOWED_PREFIXES", []),
    ("TELEPHONY_ALLOWED_PREFIXES", ["+"]), ("TELEPHONY_ALLOWED_PREFIXES", ["-1712550"]), ("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend"),
    ("THROTTLES_ON", False), ("STAFF_SECOND_FACTOR", False), ("STAFF_RECENT_LOGIN_SECONDS", 0), ("STAFF_IDLE_SECONDS", 0),
    ("STAFF_IDLE_SECONDS", 86_400), ("EMAIL_USE_TLS", False), ("SECRET_KEY_FALLBACKS", ["short"]),
    ("METRICS_KEY", "short"), ("METRICS_KEY", KEY), ("METRICS_KEY", "g" + KEY), ("SECRET_KEY_FALLBACKS", ["development-only-key-that-production-refuses"]), ("AEIMS_API_KEY_FALLBACKS", ["a" * 64]),
    ("TRUSTED_PROXIES", ["0.0.0.0/0"]), ("TRUSTED_PROXIES", ["::/0"]), ("TRUSTED_PROXIES", ["proxy"]),
    ("CUSTOMER_IDLE_SECONDS", 10**9), ("OPERATOR_IDLE_SECONDS", 1), ("MAX_SESSIONS", 0),
]  # fmt: skip
SAID = {
    "METRICS_KEY": "AEIMS_METRICS_KEY", "IS_DEMO": "AEIMS_DEMO", "DATA_KEYS": "AEIMS_DATA_KEYS", "HASH_KEYS": "AEIMS_HASH_KEYS", "DOCUMENT_KEYS": "AEIMS_DOCUMENT_KEYS", "DATABASE_IS_NAMED": "DATABASE_URL", "EMAIL_BACKEND": "EMAIL_URL", "EMAIL_USE_TLS": "EMAIL_URL",
    "PORTAL_HOSTS": "AEIMS_PORTAL_HOSTS", "ADMIN_HOSTS": "AEIMS_ADMIN_HOSTS", "ALLOWED_HOSTS": "AEIMS_INTERNAL_HOSTS",
    "SANDBOX_HOSTS": "AEIMS_SANDBOX_HOSTS",
    "THROTTLES_ON": "AEIMS_THROTTLES", "STAFF_SECOND_FACTOR": "AEIMS_STAFF_SECOND_FACTOR",
    "STAFF_RECENT_LOGIN_SECONDS": "AEIMS_STAFF_RECENT_LOGIN_SECONDS", "STAFF_IDLE_SECONDS": "AEIMS_STAFF_IDLE_SECONDS",
    "CUSTOMER_IDLE_SECONDS": "AEIMS_CUSTOMER_IDLE_SECONDS", "OPERATOR_IDLE_SECONDS": "AEIMS_OPERATOR_IDLE_SECONDS", "MAX_SESSIONS": "AEIMS_MAX_SESSIONS",
}  # fmt: skip


@pytest.fixture
def production(settings: Any) -> Any:
    """Settings as they must be."""
    for name, value in SAFE.items():
        setattr(settings, name, value)
    return settings


def test_safe_settings_start(production: Any) -> None:
    refuse_unsafe()
    assert production_is_safe() == []


def test_mail_by_a_server_on_this_machine_needs_no_tls(production: Any) -> None:
    production.EMAIL_USE_TLS, production.EMAIL_HOST = False, "localhost"
    refuse_unsafe()


@pytest.mark.parametrize(("name", "value"), UNSAFE)
def test_each_unsafe_setting_is_refused_by_its_name(production: Any, name: str, value: object) -> None:
    setattr(production, name, value)
    with pytest.raises(RuntimeError, match=rf"production: {SAID.get(name, name)} "):
        refuse_unsafe()
    assert [error.msg.split()[0] for error in production_is_safe()] == [SAID.get(name, name)]


def test_what_serves_must_not_know_the_login_of_the_owner(production: Any) -> None:
    """The command that migrates must."""
    production.DATABASE_OWNER_IS_NAMED = True
    with pytest.raises(RuntimeError, match="production: DATABASE_OWNER_URL must not be set for web"):
        refuse_unsafe()
    with pytest.raises(CommandError, match="DATABASE_OWNER_URL must not be set for web and worker"):
        call_command("run_worker")
    assert production_is_safe() == []


@pytest.mark.parametrize("server", ["aeims.asgi", "aeims.wsgi"])
@pytest.mark.slow
def test_the_login_of_the_owner_in_its_environment_ends_a_server(server: str) -> None:
    urls = {name: f"postgresql://{name}@127.0.0.1:9/none" for name in ("DATABASE_URL", "DATABASE_OWNER_URL")}
    done = subprocess.run(
        [sys.executable, "-c", f"import {server}"],
        cwd=ROOT, env={"PATH": os.environ["PATH"], "AEIMS_ENV": "production"} | urls, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "DATABASE_OWNER_URL must not be set" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ASK_AHEAD_SECONDS", 0),
        ("ASK_AHEAD_SECONDS", 3601),
        ("WARN_AT_SECONDS", [60, 0]),
        ("WARN_AT_SECONDS", [601]),
    ],
)
def test_a_call_plan_that_the_adapter_would_refuse_is_refused_at_the_start(
    production: Any, name: str, value: object
) -> None:
    production.BILLING = production.BILLING | {name: value}
    with pytest.raises(RuntimeError, match=f"production: AEIMS_{name} "):
        refuse_unsafe()


def test_a_gateway_of_sms_that_there_is_not_is_refused_at_the_start(
    production: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMS_GATEWAY", "pigeon")
    with pytest.raises(RuntimeError, match="production: SMS_GATEWAY "):
        refuse_unsafe()


@pytest.mark.parametrize("name", ["IS_DEMO", "DEBUG"])
def test_elsewhere_nothing_is_refused(production: Any, name: str) -> None:
    production.IS_PRODUCTION = False
    setattr(production, name, True)
    assert production_is_safe() == []


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"AEIMS_ENV": "prod"}, "AEIMS_ENV is 'prod': development, test or production."),
        ({"AEIMS_ENV": "test", "DATABASE_URL": "sqlite:////tmp/x"}, "DATABASE_URL: PostgreSQL always"),
    ],
)
def test_a_slip_of_the_pen_is_no_way_out(environment: dict[str, str], said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import aeims.settings"],
        cwd=ROOT, env={"PATH": os.environ["PATH"]} | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert said in done.stderr.splitlines()[-1]


@pytest.mark.django_db(transaction=True)
def test_payments_to_the_sandbox_are_refused(production: Any) -> None:
    refuse_sandbox_payments()
    assert nobody_pays_to_the_sandbox(["default"]) == []
    account = given_merchant_account()
    with pytest.raises(RuntimeError, match="at the sandbox takes new payments"):
        refuse_sandbox_payments()
    assert [error.id for error in nobody_pays_to_the_sandbox(["default"])] == ["aeims.E100"]
    MerchantAccount.objects.filter(pk=account.pk).update(is_active=False)
    refuse_sandbox_payments()
    assert nobody_pays_to_the_sandbox(["default"]) == []


@pytest.mark.django_db
def test_elsewhere_payments_to_the_sandbox_are_welcome() -> None:
    given_merchant_account()
    refuse_sandbox_payments()
    assert nobody_pays_to_the_sandbox(["default"]) == []


@pytest.mark.django_db
def test_a_server_starts_while_the_database_is_away(production: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connections["default"].settings_dict, "PORT", "9")
    refuse_sandbox_payments()


@pytest.mark.django_db
def test_in_production_the_sandbox_has_no_page(production: Any) -> None:
    production.SANDBOX_HOSTS, production.ALLOWED_HOSTS = ["pay.localhost"], ["pay.localhost"]
    production.IS_PRODUCTION = False
    assert Client(headers={"Host": "pay.localhost"}).get("/").status_code == 400  # its page, without an order
    production.IS_PRODUCTION = True
    assert Client(headers={"Host": "pay.localhost"}).get("/").status_code == 404


@pytest.mark.slow
def test_in_production_the_sandbox_is_no_processor() -> None:
    code = (
        "import django; django.setup(); from billing.gateways import GATEWAYS; print('sandbox' in GATEWAYS)"
    )
    for environment, is_there in (("production", "False"), ("development", "True")):
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True,
            env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "aeims.settings", "AEIMS_ENV": environment},
        )  # fmt: skip
        assert done.stdout.strip() == is_there
