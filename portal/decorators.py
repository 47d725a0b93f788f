"""Who may come in: pages of operators, and how a service's refusal becomes an answer."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from core.errors import DomainError
from operators.models import Operator
from operators.services.presence import stay_online
from web.requests import SiteRequest

_TITLES = {403: "This page is not yours to see", 404: "There is nothing at this address"}

OperatorView = Callable[Concatenate[SiteRequest, Operator, ...], HttpResponseBase]


def operator_page(view: OperatorView) -> Callable[..., HttpResponseBase]:
    """Hands the logged-in operator to `view`, whose times are theirs; being here counts as activity.

    Anybody else who is logged in is told, kindly, that this is not their site. An expected failure that the view
    does not catch becomes a page; what belongs to another operator is simply not found.
    """

    @wraps(view)
    @login_required
    def wrapper(request: SiteRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        operator = Operator.objects.select_related("user").filter(user=request.user.pk).first()
        if operator is None:
            return render(request, "portal/not_an_operator.html", status=403)
        stay_online(operator=operator)
        request.operator = operator  # for the page frame
        try:
            with timezone.override(ZoneInfo(operator.user.time_zone)):
                return view(request, operator, *args, **kwargs)
        except DomainError as error:
            words = {
                "status": error.status,
                "title": _TITLES.get(error.status, "That did not work"),
                "text": error.message,
            }
            return render(request, "errors/error.html", words, status=error.status)

    return wrapper
