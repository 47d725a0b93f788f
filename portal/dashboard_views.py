"""The dashboard: what was done and earned, per site and in all, how it goes, and where the operator is in the directory."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from billing import conf
from billing.earnings import balance_of_operator
from billing.services.count_hours import WEEKS
from core import clock
from operators.directory_place import MOST_COUNTED, places_of, standing_of
from operators.models import Operator
from operators.statistics import Dashboard, dashboard_of, views_of
from operators.trends import weeks_of
from portal.chart import Chart, count_chart, money_chart
from portal.dashboard_rows import compared, heat_of
from portal.decorators import operator_page
from portal.own_link import own_link_of
from portal.payouts import next_payout


@require_GET
@operator_page
def dashboard(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Figures of today, the week and the month, comparisons, best hours, place in the directory, and charts of 30 days."""
    at = clock.now()
    figures, currency = dashboard_of(operator, at), conf.currency()
    weeks = weeks_of(figures.days)
    views, views_before = (views_of(operator, *days) for days in (weeks.last_days, weeks.before_days))
    context = {
        "operator": operator,
        "figures": figures,
        "columns": [figures.everywhere, *figures.brands],
        "charts": _charts(figures),
        "balance": balance_of_operator(operator.pk),
        "next_payout": next_payout(operator.pk, at),
        "weeks": weeks,
        "compared": compared(weeks, views, views_before, currency),
        "heat": heat_of(list(operator.hours.all()), currency),
        "heat_weeks": WEEKS,
        "places": places_of(operator, at),
        "places_counted": MOST_COUNTED,
        "standing": standing_of(operator, at),
        "own_link": own_link_of(operator, at),
    }
    return render(request, "portal/dashboard.html", context)


def _charts(figures: Dashboard) -> list[Chart]:
    return [
        money_chart("Earned", [(day, sums.earned_minor) for day, sums in figures.days]),
        count_chart("Calls", [(day, sums.calls) for day, sums in figures.days]),
        count_chart("Texts", [(day, sums.messages) for day, sums in figures.days]),
    ]
