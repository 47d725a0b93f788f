"""Which modules can open a connection to another machine is a short list, the same as that of docs/connections.md."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from billing.gateways import GATEWAYS as PROCESSORS
from billing.gateways import gateway_named
from messaging.gateways import GATEWAYS
from tests.project.test_repository import PACKAGES, text_of
from tools.environment import ROOT

# What can connect. Django's database and cache are settings, named in the page.
CLIENTS = re.compile(
    r"^(requests|aiohttp|urllib\.request|http\.client|smtplib|ftplib|socket|ssl|telnetlib|twilio|httpx|websockets|redis|asyncio\.streams)\b"
)
# Module → what it connects to, in the words of the page.
ALLOWED = {
    "aeims/serving/gunicorn_worker.py": "web",  # listens
    "aeims/serving/probe.py": "web",  # by a Unix socket
    "backoffice/doctor/web.py": "`manage.py doctor`",
    "billing/gateways/sandbox/webhook.py": "web",  # not in production, where this processor isn't
    "core/cache.py": "Redis",
    "core/redis_layer.py": "Redis",
    "notices/services/send.py": "the mail server",  # only names its errors; Django connects
    "notices/push_client.py": "push services of browsers",
    "notices/services/push.py": "push services of browsers",  # only names their errors
    "telephony/adapter_client.py": "the adapter",
    "telephony/adapter/ami.py": "Asterisk",
    "telephony/adapter/ari.py": "Asterisk",
    "telephony/adapter/ari_recordings.py": "Asterisk",
    "telephony/adapter/config.py": "the adapter",  # only asks for the host's own name
    "telephony/adapter/main.py": "the adapter",  # listens
    "telephony/adapter/reporter.py": "web",
    "telephony/adapter/server.py": "the adapter",  # listens
    "telephony/adapter/sound_files.py": "web",
    "telephony/adapter/tls.py": "the adapter",  # certificates for the others
}


# Providers may connect to the hosts that they declare (tests/messaging/test_provider_declarations.py and
# tests/billing/test_processor_declarations.py).
PROVIDERS = {
    "messaging/gateways/": set(GATEWAYS),
    "billing/gateways/": {name for name in PROCESSORS if gateway_named(name).declaration},
}


def clients_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(text_of(path))):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names if CLIENTS.match(alias.name))
            case ast.ImportFrom(module=str(module)) if CLIENTS.match(module):
                yield module
            case ast.Attribute(attr="open_connection" | "create_connection" | "urlopen"):
                yield node.attr


def test_only_modules_on_the_list_can_connect() -> None:
    connecting = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if next(clients_of(path), None)
    }
    of_providers = {
        path
        for path in connecting
        for folder, names in PROVIDERS.items()
        if path.startswith(folder) and path.removeprefix(folder).split("/")[0].removesuffix(".py") in names
    }
    assert connecting - of_providers == set(ALLOWED)


def test_the_page_names_all_that_they_connect_to() -> None:
    page = (ROOT / "docs/connections.md").read_text()
    assert {target for target in ALLOWED.values() if target not in page} == set()
