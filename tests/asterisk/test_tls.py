"""ARI over TLS with a certificate of this installation, and a trunk's password answered with a strong hash."""

import base64
import ssl
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.lab.asterisk import ARI_PASSWORD, ARI_USER, Asterisk
from tests.lab.ports import free_ports
from tools.environment import ROOT

pytestmark = pytest.mark.asterisk


def test_ari_over_tls_and_a_strong_digest(tmp_path: Path) -> None:
    made = subprocess.run(
        ["sh", str(ROOT / "deploy/containers/make_certificates.sh"), str(tmp_path)], check=False
    )
    assert made.returncode == 0
    port = str(free_ports().http)
    node = Asterisk("tls", ports=free_ports())
    place = node.places() / "tls-certificates"
    place.mkdir(parents=True, exist_ok=True)
    seen_as = "/" / place.relative_to(node.root)
    for part in ("key", "certificate"):
        (place / part).write_bytes((tmp_path / f"asterisk_tls_{part}").read_bytes())
    node.values = {
        "TRUNK_USERNAME": "somebody", "TRUNK_PASSWORD": "of-nobody", "ASTERISK_TLS_KEY": f"{seen_as}/key",
        "ASTERISK_TLS_CERTIFICATE": f"{seen_as}/certificate", "ASTERISK_HTTPS_BIND": "127.0.0.1", "ASTERISK_HTTPS_PORT": port,
    }  # fmt: skip
    login = base64.b64encode(f"{ARI_USER}:{ARI_PASSWORD}".encode()).decode()
    request = urllib.request.Request(
        f"https://localhost:{port}/ari/asterisk/info", headers={"Authorization": f"Basic {login}"}
    )
    with node:
        ours = ssl.create_default_context(cafile=tmp_path / "internal_ca")
        with urllib.request.urlopen(request, context=ours, timeout=10) as answer:
            assert answer.status == 200
        with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
            urllib.request.urlopen(request, context=ssl.create_default_context(), timeout=10)
        assert "SHA-512-256,SHA-256,MD5" in node.cli("pjsip show auth carrier")
