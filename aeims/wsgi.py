"""Pages and API for a WSGI server; sockets need `aeims.asgi`."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aeims.settings")
os.environ.setdefault("AEIMS_PROCESS", "web")
django.setup(set_prefix=False)

from aeims.checks import refuse_sandbox_payments, refuse_unsafe  # noqa: E402
from aeims.handlers import Utf8WsgiHandler  # noqa: E402

refuse_unsafe()
refuse_sandbox_payments()
application = Utf8WsgiHandler()
