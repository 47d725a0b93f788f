"""Everything over ASGI: pages, API and websockets (daphne)."""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aeims.settings")
os.environ.setdefault(
    "AEIMS_PROCESS", "web"
)  # people wait here: aeims.database_settings bounds what they wait for
django.setup(set_prefix=False)

from channels.routing import ProtocolTypeRouter  # noqa: E402

from aeims.checks import refuse_sandbox_payments, refuse_unsafe  # noqa: E402
from aeims.handlers import Utf8AsgiHandler  # noqa: E402
from aeims.request_completion import CompleteRequests  # noqa: E402
from aeims.sockets import socket_application  # noqa: E402

refuse_unsafe()
refuse_sandbox_payments()
application = ProtocolTypeRouter(
    {
        "http": CompleteRequests(Utf8AsgiHandler()),
        "websocket": socket_application(),
    }
)
if "daphne.server" in sys.modules:  # it serves us
    from aeims import body_limits, collector, server_headers, slow_readers

    server_headers.install()
    body_limits.install()
    slow_readers.install()
    collector.spare_what_stays()
