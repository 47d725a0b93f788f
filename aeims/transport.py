"""Only https from outside. A page over http is redirected; a program is refused, so that its error is noticed."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.security import SecurityMiddleware
from django.utils.translation import gettext as _

from core.api import error_body


class TransportMiddleware(SecurityMiddleware):
    """Django's, which answers the API over http with 403: what was sent in the open is not to be sent so again."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:  # type: ignore[override]
        redirect = super().process_request(request)
        if redirect is not None and request.path.startswith(settings.API_PREFIX):
            return JsonResponse(
                error_body(_("The API is only available over HTTPS."), "https_required"), status=403
            )
        return redirect
