"""Everything over ASGI: pages, API and websockets (daphne)."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aeims.settings")
os.environ.setdefault(
    "AEIMS_PROCESS", "web"
)  # people wait here: aeims.database_settings bounds what they wait for
http = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter  # noqa: E402

from aeims.checks import refuse_unsafe  # noqa: E402
from aeims.request_completion import CompleteRequests  # noqa: E402
from aeims.sockets import SiteSockets  # noqa: E402

refuse_unsafe()
application = ProtocolTypeRouter(
    {
        "http": CompleteRequests(http),
        "websocket": AuthMiddlewareStack(SiteSockets()),
    }
)
