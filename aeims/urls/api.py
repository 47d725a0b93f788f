"""The HTTP API of docs/design.md section 6; the predecessor's `.php` paths stay as aliases."""

from csp.decorators import csp_update
from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from billing.api import BalanceCheckView
from messaging.api import (
    BlockView,
    ConversationView,
    DraftView,
    ReadView,
    ReplyView,
    ReportView,
    SendView,
)
from messaging.webhooks import inbound, status
from operators.api import OperatorDetailView, OperatorListView
from telephony.api import ActiveCallView, CallStatusView, HangupView, HistoryView, InitiateView
from telephony.webhooks import call_events

docs = csp_update(
    {"script-src": ["'unsafe-inline'"], "style-src": ["'unsafe-inline'"], "img-src": ["data:"]}
)(SpectacularSwaggerView.as_view(url_name="schema"))

urlpatterns = [
    path("telephony/events/", call_events),
    path("calls/", HistoryView.as_view(), name="api-calls"),
    path("calls/initiate/", InitiateView.as_view(), name="api-initiate"),
    path("calls/status/", CallStatusView.as_view(), name="api-status"),
    path("calls/hangup/", HangupView.as_view(), name="api-hangup"),
    path("calls/active/", ActiveCallView.as_view(), name="api-active"),
    path("operators/", OperatorListView.as_view(), name="api-operators"),
    path("operators/<int:operator_id>/", OperatorDetailView.as_view(), name="api-operator"),
    path("balance/check/", BalanceCheckView.as_view(), name="api-balance"),
    path("messages/send/", SendView.as_view(), name="api-send"),
    path("messages/reply/", ReplyView.as_view(), name="api-reply"),
    path("messages/conversation/", ConversationView.as_view(), name="api-conversation"),
    path("messages/read/", ReadView.as_view(), name="api-read"),
    path("messages/draft/", DraftView.as_view(), name="api-draft"),
    path("messages/block/", BlockView.as_view(), name="api-block"),
    path("messages/report/", ReportView.as_view(), name="api-report"),
    path("sms/inbound/", inbound, name="sms-inbound"),
    path("sms/status/<str:reference>/", status, name="sms-status"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", docs, name="api-docs"),
]

PREDECESSORS = {
    "calls/initiate": InitiateView,
    "calls/status": CallStatusView,
    "calls/hangup": HangupView,
    "messages/send": SendView,
    "messages/conversation": ConversationView,
    "balance/check": BalanceCheckView,
}
urlpatterns += [
    path(f"{old}.php{slash}", view.as_view(schema=None))
    for old, view in PREDECESSORS.items()
    for slash in ("", "/")
]
