"""Webhooks of SMS providers: the name in the address says whose; each authenticates its own (`messaging/gateways`)."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from messaging.gateways import GATEWAYS, gateway_named
from messaging.gateways.base import Gateway


@csrf_exempt
def inbound(request: HttpRequest, gateway_name: str) -> HttpResponse:
    """An SMS to one of our numbers."""
    return _gateway(gateway_name).inbound(request)


@csrf_exempt
def status(request: HttpRequest, gateway_name: str, reference: str) -> HttpResponse:
    """What became of the SMS of this reference."""
    return _gateway(gateway_name).status(request, reference)


def _gateway(name: str) -> Gateway:
    if name not in GATEWAYS:
        raise Http404
    return gateway_named(name)
