"""The page where people ask for a copy of their data and download it: what both sites do alike."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from brands.models import Brand
from core.errors import DomainError
from customers.models import User
from privacy.services.export_data import download_export, request_export
from web.recent_login import ask_for_login


def post_export(request: HttpRequest, user: User, *, brand: Brand | None, back: str) -> HttpResponse:
    """Ask for a copy, with a password or code that was given lately; then back to the page."""
    if login := ask_for_login(request, _("Please log in again to get a copy of your data.")):
        return login
    try:
        request_export(user=user, actor=user, brand=brand)
        messages.success(request, _("We’re putting it together. We’ll email you when it’s ready."))
    except DomainError as error:
        messages.error(request, error.message)
    return HttpResponseRedirect(back)


def zip_response(reference: str, actor: User) -> HttpResponse:
    """The file, for the person who requested it alone. Raises NotFound."""
    response = HttpResponse(download_export(reference=reference, actor=actor), content_type="application/zip")
    response["Content-Disposition"] = 'attachment; filename="your-data.zip"'
    return response
