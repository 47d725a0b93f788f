"""Our own processes: the event webhook at its old path too, and an index of the sites."""

from django.urls import path

from aeims import health, metrics
from aeims.served_hosts import is_served
from aeims.site_index import site_index
from aeims.urls import common
from aeims.urls.common import handler400, handler403, handler404, handler500  # noqa: F401
from telephony.webhooks import CallEventView

urlpatterns = [
    *common.urlpatterns,
    path("health", health.status),
    path("metrics", metrics.web),
    path("metrics/<slug:process>", metrics.other),
    path("hosts/served", is_served),
    path("events/call", CallEventView.as_view()),
    path("", site_index, name="site-index"),
]
