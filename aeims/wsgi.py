"""Pages, API, and webhooks for gunicorn (aeims.serving.gunicorn_config); sockets need `aeims.asgi`."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aeims.settings")
os.environ.setdefault("AEIMS_PROCESS", "web")
django.setup(set_prefix=False)

from aeims.body_bounds import BoundedBodies  # noqa: E402
from aeims.checks import refuse_sandbox_payments, refuse_unsafe  # noqa: E402
from aeims.handlers import Utf8WsgiHandler  # noqa: E402

refuse_unsafe()
refuse_sandbox_payments()
application = BoundedBodies(Utf8WsgiHandler())
