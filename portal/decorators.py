"""Who may see a page of the portal: operators."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from operators.models import Operator
from operators.selectors import find_operator
from operators.services.presence import stay_online
from web.decorators import failures_as_pages
from web.requests import SiteRequest

OperatorView = Callable[Concatenate[SiteRequest, Operator, ...], HttpResponseBase]


def operator_page(view: OperatorView) -> Callable[..., HttpResponseBase]:
    """Pass the logged-in operator to `view`, whose times are theirs. Opening a page counts as activity.

    Anybody else who is logged in sees that this is not their site. What belongs to another operator is not found.
    """

    @wraps(view)
    @login_required
    @failures_as_pages
    def wrapper(request: SiteRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        operator = find_operator(request.user)
        if operator is None:
            return render(request, "portal/not_an_operator.html", status=403)
        stay_online(operator=operator)
        request.operator = operator  # for the page frame
        with timezone.override(ZoneInfo(operator.user.time_zone)):
            return view(request, operator, *args, **kwargs)

    return wrapper
