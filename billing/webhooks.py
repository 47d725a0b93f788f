"""The webhook of card processors: the name in the address says whose, its unguessable part and each processor's own proof
that it is theirs (`billing/gateways`). A forged request is answered like an address that doesn't exist.
"""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from billing.gateways import GATEWAYS, gateway_named
from billing.gateways.base import Forged
from billing.services.receive_notice import receive_notice
from core.security_log import refused


@csrf_exempt
@require_POST
def notice(request: HttpRequest, gateway_name: str, secret: str) -> HttpResponse:
    """One event. Anything but 200 has the processor report it again."""
    if gateway_name not in GATEWAYS:
        raise Http404
    try:
        reported = gateway_named(gateway_name).verify(request, secret)
    except Forged:
        refused("payment.forged_notice", gateway=gateway_name)
        raise Http404 from None
    receive_notice(gateway_name=gateway_name, notice=reported)
    return HttpResponse(status=200)
