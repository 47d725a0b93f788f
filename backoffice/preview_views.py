"""An operator's page as customers of a site see it, with or without what waits for review. For staff who may see the operator."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from backoffice.decorators import staff_page
from customers.models import User
from operators.models import Listing
from operators.pending import with_pending_changes
from web.operator_preview import PreviewPart, preview_response


@require_GET
@staff_page("operators.view_operator")
def operator_preview(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """`?site=`, else the first; `?version=changes`: with what waits. A site that doesn't list the operator is not found."""
    rows = Listing.objects.filter(is_active=True).select_related("brand", "operator__user")
    asked = request.GET.get("site", "")
    found = rows.filter(operator=number, **({"brand__slug": asked} if asked else {}))
    listing = found.order_by("brand_id").first()
    if listing is None:
        raise Http404
    is_changed = request.GET.get("version") == "changes"
    shown = with_pending_changes(listing.operator) if is_changed else listing.operator
    return preview_response(shown, listing.brand, PreviewPart.PAGE)
