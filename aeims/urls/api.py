"""The HTTP API of docs/design.md section 6; the predecessor's `.php` paths stay as aliases."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import path, re_path
from django.views.decorators.http import require_safe
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.viewsets import ViewSet

from billing import webhooks as payments
from billing.api import BalanceViewSet
from core.routers import ApiRouter
from messaging import webhooks as sms
from messaging.api import MessageViewSet
from operators.api import OperatorViewSet
from telephony.api import CallViewSet
from telephony.sound_views import sound
from telephony.sounds import CONTENT_ID_PATTERN
from telephony.webhooks import CallEventView, EventBatchView, GreetingEventView
from web.requests import Site

router = ApiRouter()
router.register("calls", CallViewSet, basename="api-call")
router.register("operators", OperatorViewSet, basename="api-operator")
router.register("balance", BalanceViewSet, basename="api-balance")
router.register("messages", MessageViewSet, basename="api-message")


def _for_clients(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """The API's description is for those who use it: customers and operators. Staff's site has none (404)."""

    @wraps(view)
    def described(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if getattr(request, "site", None) is Site.ADMIN:
            raise Http404
        return view(request, *args, **kwargs)

    return described


schema = _for_clients(SpectacularAPIView.as_view())
docs = _for_clients(  # its script is an address of its own
    require_safe(SpectacularSwaggerSplitView.as_view(url_name="schema"))
)

urlpatterns = [
    path("telephony/events/", CallEventView.as_view()),
    path("telephony/event-batches/", EventBatchView.as_view()),
    path("telephony/greeting-calls/", GreetingEventView.as_view()),
    re_path(rf"^telephony/sounds/(?P<content_id>{CONTENT_ID_PATTERN})$", sound),
    *router.urls,
    path("sms/<slug:gateway_name>/inbound/", sms.inbound, name="sms-inbound"),
    path("sms/<slug:gateway_name>/status/<str:reference>/", sms.status, name="sms-status"),
    path("sms/inbound/", sms.inbound, {"gateway_name": "twilio"}, name="sms-inbound"),
    path("sms/status/<str:reference>/", sms.status, {"gateway_name": "twilio"}, name="sms-status"),
    path("pay/notices/<slug:gateway_name>/<str:secret>/", payments.notice, name="payment-notice"),
    path("schema/", schema, name="schema"),
    path("docs/", docs, name="api-docs"),
]

PREDECESSORS: dict[str, tuple[type[ViewSet], str]] = {
    "calls/initiate": (CallViewSet, "initiate"),
    "calls/status": (CallViewSet, "status"),
    "calls/hangup": (CallViewSet, "hangup"),
    "messages/send": (MessageViewSet, "send"),
    "messages/conversation": (MessageViewSet, "conversation"),
    "balance/check": (BalanceViewSet, "check"),
}


def _predecessor(viewset: type[ViewSet], name: str) -> Callable[..., HttpResponseBase]:
    """The view of one action, as the router makes it, but left out of the OpenAPI document."""
    action = getattr(viewset, name)
    return viewset.as_view(dict(action.mapping), **action.kwargs | {"schema": None})


urlpatterns += [
    path(f"{old}.php{slash}", _predecessor(viewset, name))
    for old, (viewset, name) in PREDECESSORS.items()
    for slash in ("", "/")
]
