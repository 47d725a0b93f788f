"""The guided first start: a page that answers only while nobody administers this installation."""

from allauth.core import ratelimit
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from backoffice.first_start import is_needed, is_token, set_up, try_out
from backoffice.first_start_form import FirstStartForm
from core.errors import DomainError


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def first_start(request: HttpRequest) -> HttpResponse:
    """Asks for the token that `manage.py setup --page` printed, and for everything else. Raises Http404 once it is done."""
    if not is_needed():
        raise Http404
    form = FirstStartForm(request.POST or None)
    wrong_token = False
    if request.method == "POST":
        wrong_token = not is_token(request.POST.get("token", ""))
        # Only those are counted: nobody can use up the tries of whoever has the token.
        if wrong_token and (
            refused := ratelimit.consume_or_429(request, action="login_failed", key="first start")
        ):
            return refused
        if form.is_valid() and not wrong_token:
            try:
                owner = set_up(form.cleaned_data)
            except DomainError as error:
                form.add_error(None, error.message)
            else:
                done = {"owner": owner, "findings": list(try_out(form.cleaned_data))}
                return render(request, "backoffice/first_start_done.html", done)
    page = {"form": form, "wrong_token": wrong_token, "token": request.POST.get("token", "")}
    return render(request, "backoffice/first_start.html", page)
