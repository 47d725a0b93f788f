"""The dashboard: what was done and earned, per site and in all."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from billing.earnings import balance_of_operator
from core import clock
from operators.models import Operator
from operators.statistics import dashboard_of
from portal.chart import count_chart, money_chart
from portal.decorators import operator_page


@require_GET
@operator_page
def dashboard(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Figures of today, the week and the month, and charts of 30 days."""
    figures = dashboard_of(operator, clock.now())
    charts = [
        money_chart("Earned", [(day, sums.earned_minor) for day, sums in figures.days]),
        count_chart("Calls", [(day, sums.calls) for day, sums in figures.days]),
        count_chart("Texts", [(day, sums.messages) for day, sums in figures.days]),
    ]
    context = {
        "operator": operator,
        "figures": figures,
        "columns": [figures.everywhere, *figures.brands],
        "charts": charts,
        "balance": balance_of_operator(operator.pk),
    }
    return render(request, "portal/dashboard.html", context)
