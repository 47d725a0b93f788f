"""What the servers are started with: refused is what would serve wrongly."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.urls import reverse

from aeims.raw_answers import headers
from aeims.serving.forked import forget_connections
from aeims.uploads import MAX_BODY_BYTES
from tools.environment import ROOT
from tools.serving import CADDY

GUNICORN = [sys.executable, "-m", "gunicorn", "-c", "python:aeims.serving.gunicorn_config", "--check-config"]
SOUND = {"AEIMS_RUN_DIR": "/run/aeims", "TRUSTED_PROXY_COUNT": "1", "AEIMS_ENV": "test"}


def gunicorn(*arguments: str, **changes: str) -> "subprocess.CompletedProcess[str]":
    environment = {"PATH": os.environ["PATH"]} | SOUND | changes
    return subprocess.run(
        [*GUNICORN, *arguments, "aeims.wsgi:application"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"TRUSTED_PROXY_COUNT": "0"}, "TRUSTED_PROXY_COUNT must be 1 or more"),
        ({"AEIMS_RUN_DIR": ""}, "AEIMS_RUN_DIR must be set"),
        ({"AEIMS_RUN_DIR": "/" + "d" * 100}, "AEIMS_RUN_DIR is too long"),
        ({"WEB_TLS_KEY": "/run/key"}, "must both be set, or neither"),
        ({"WEB_EVENTS_LISTEN": "0.0.0.0:8443", "AEIMS_ENV": "production"}, "WEB_TLS_KEY must be set"),
        ({"WEB_WORKERS": "0"}, "WEB_WORKERS must be a number from 1 to 64"),
        ({"WEB_THREADS": "many"}, "WEB_THREADS must be a number from 1 to 64"),
    ],
)
def test_a_setting_that_would_serve_wrongly_is_refused_in_words(changes: dict[str, str], said: str) -> None:
    done = gunicorn(**changes)
    assert done.returncode != 0
    assert said in done.stderr


def test_sockets_are_refused_behind_a_proxy_that_nobody_counts() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "aeims.serving.sockets"],
        cwd=ROOT, env={"PATH": os.environ["PATH"]} | SOUND | {"TRUSTED_PROXY_COUNT": "0"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "logins would be answered 403" in done.stderr


@pytest.mark.slow
def test_no_header_of_a_client_says_where_the_application_is_or_how_it_was_reached() -> None:
    done = gunicorn("--print-config")
    assert done.returncode == 0, done.stderr
    shown = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    shown = {name.strip(): value.strip() for name, value in shown.items()}
    assert shown["forwarder_headers"] == "[]"
    assert shown["header_map"] == "drop"
    assert shown["secure_scheme_headers"] == "{'X-FORWARDED-PROTO': 'https'}"
    assert (shown["accesslog"], shown["control_socket_disable"]) == ("None", "True")


@pytest.fixture(scope="module")
def proxy() -> dict[str, Any]:
    """The proxy's configuration in production, as Caddy understands it."""
    environment = {
        "PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "AEIMS_RUN_DIR": "/run/aeims", "PROXY_SITES": "public"
    }  # fmt: skip
    done = subprocess.run(
        [CADDY, "adapt", "--config", ROOT / "deploy/Caddyfile", "--adapter", "caddyfile"],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    adapted: dict[str, Any] = json.loads(done.stdout)
    return adapted


def test_the_proxy_bounds_bodies_and_protects_answers_as_the_servers_do(proxy: dict[str, Any]) -> None:
    text = json.dumps(proxy)
    pages = ("portal:settings-photo", "portal:settings-greeting", "portal:apply-document")
    uploads = [reverse(name, urlconf=settings.SITE_URLCONFS["portal"]) for name in pages]
    assert f'"path": {json.dumps(uploads)}' in text
    for bound in (MAX_BODY_BYTES, settings.DATA_UPLOAD_MAX_MEMORY_SIZE):
        assert f'"max_size": {bound}' in text
        assert f"\\u003e {bound}" in text or f"> {bound}" in text
        assert f'"request_buffers": {bound + 1}' in text
    for name, value in headers():
        assert f'"{name}": ["{value}"]' in text
    assert '"Strict-Transport-Security": ["max-age=31536000; includeSubDomains"]' in text


def test_the_proxy_logs_no_request(proxy: dict[str, Any]) -> None:
    assert not any("logs" in server for server in proxy["apps"]["http"]["servers"].values())
    fields = proxy["logging"]["logs"]["errors"]["encoder"]["fields"]
    assert fields["request"] == {"filter": "delete"}
    assert proxy["logging"]["logs"]["default"]["exclude"] == ["http.log.error"]
    assert proxy["admin"]["disabled"]


def test_a_forked_process_has_no_connection_of_its_parent() -> None:
    kind: Any = type(connections["default"])
    kind._connection_pools["of the parent"] = object()
    connections["default"].connection, mine = object(), connections["default"].connection
    forget_connections()
    try:
        assert kind._connection_pools == {}
        assert connections["default"].connection is None
    finally:
        connections["default"].connection = mine
