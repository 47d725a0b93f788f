"""Pages and API for a WSGI server; sockets need `aeims.asgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aeims.settings")
os.environ.setdefault("AEIMS_PROCESS", "web")
application = get_wsgi_application()

from aeims.checks import refuse_unsafe  # noqa: E402

refuse_unsafe()
