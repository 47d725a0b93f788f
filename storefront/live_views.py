"""What the live regions of a page show now, for a page whose socket was lost, refused, or told it to look."""

from django.http import HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from customers.models import Customer
from storefront.decorators import adult_page
from storefront.live import KINDS, customer_state, visitor_state
from web.live import Audience, Region, Viewer
from web.requests import BrandRequest


@require_safe
@never_cache
@adult_page
def live(request: BrandRequest, customer: Customer | None) -> HttpResponse:
    """`?region=call-panel.22&region=…`, and `call=` for the call whose end the page shows."""
    regions = Region.parse_all(request.GET.getlist("region"), KINDS)
    if customer is None:
        updates = visitor_state(regions, Audience.of_request(request, Viewer.VISITOR))
    else:
        audience = Audience.of_request(request, Viewer.CUSTOMER)
        updates = list(customer_state(customer, regions, audience, call_id=request.GET.get("call") or None))
    return JsonResponse({"updates": [update.as_json() for update in updates]})
