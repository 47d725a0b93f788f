"""What an operator did and earned, out of the daily roll-ups: a fixed number of queries whatever has happened.

Days are calendar days where the operator lives; a week begins on Monday.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Count, F, Q, Sum

from operators.models import BrandContact, Interaction, Operator, OperatorDay, ProfileViews
from operators.selectors import today_of

CHART_DAYS = 30
REPEAT_FROM = 2  # contacts (joined calls and chats) that make a repeat customer


@dataclass(slots=True)
class Figures:
    """Sums over some days. Seconds of talk, earnings in cents."""

    calls: int = 0
    seconds: int = 0
    chats: int = 0
    messages: int = 0
    earned_minor: int = 0

    def add(self, day: OperatorDay) -> None:
        self.calls += day.calls
        self.seconds += day.seconds
        self.chats += day.chats
        self.messages += day.messages
        self.earned_minor += day.earned_minor


@dataclass(slots=True)
class SiteStats:
    """The figures of one brand, or of all."""

    name: str
    today: Figures = field(default_factory=Figures)
    week: Figures = field(default_factory=Figures)
    month: Figures = field(default_factory=Figures)
    customers: int = 0
    repeat_customers: int = 0


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Everything the dashboard shows. `days` are the last 30, the oldest first, days without work included."""

    everywhere: SiteStats
    brands: list[SiteStats]
    days: list[tuple[date, Figures]]


def dashboard_of(operator: Operator, at: datetime) -> Dashboard:
    """The figures at `at`: three queries. Needs the operator's user loaded."""
    today = today_of(operator, at)
    monday, first = today - timedelta(days=today.weekday()), today.replace(day=1)
    oldest = today - timedelta(days=CHART_DAYS - 1)
    rows = OperatorDay.objects.filter(operator=operator, day__gte=min(monday, first, oldest), day__lte=today)

    everywhere, by_brand = SiteStats("All sites"), dict[int | None, SiteStats]()
    by_day: defaultdict[date, Figures] = defaultdict(Figures)
    for row in rows.select_related("brand").order_by("brand_id", "day"):
        name = row.brand.name if row.brand else "Corrections"
        brand = by_brand.setdefault(row.brand_id, SiteStats(name))
        for column in (everywhere, brand):
            if row.day == today:
                column.today.add(row)
            if row.day >= monday:
                column.week.add(row)
            if row.day >= first:
                column.month.add(row)
        by_day[row.day].add(row)
    _count_customers(operator, everywhere, by_brand)
    days = [oldest + timedelta(days=offset) for offset in range(CHART_DAYS)]
    return Dashboard(everywhere, list(by_brand.values()), [(day, by_day[day]) for day in days])


def views_of(operator: Operator, first: date, last: date) -> int:
    """How often the operator's page was seen from `first` to `last`, both included, on all brands."""
    rows = ProfileViews.objects.filter(operator=operator, day__gte=first, day__lte=last)
    return rows.aggregate(total=Sum("views"))["total"] or 0


def _count_customers(
    operator: Operator, everywhere: SiteStats, by_brand: dict[int | None, SiteStats]
) -> None:
    """All time. A customer who came on two sites is one in all, and one on each."""
    totals = Interaction.objects.filter(operator=operator).aggregate(
        customers=Count("pk", filter=Q(calls__gt=0) | Q(chats__gt=0)),
        repeat=Count("pk", filter=Q(calls__gte=REPEAT_FROM - F("chats"))),
    )
    everywhere.customers, everywhere.repeat_customers = totals["customers"], totals["repeat"]
    contacts = BrandContact.objects.filter(operator=operator, contacts__gt=0)
    for row in contacts.values("brand_id", "brand__name").annotate(
        customers=Count("pk"), repeat=Count("pk", filter=Q(contacts__gte=REPEAT_FROM))
    ):
        column = by_brand.setdefault(row["brand_id"], SiteStats(row["brand__name"]))
        column.customers, column.repeat_customers = row["customers"], row["repeat"]
