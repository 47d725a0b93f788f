"""What needs somebody about payouts: runs that wait for approval, files that the bank hasn't paid, and what is in transit."""

from django.conf import settings
from django.urls import reverse

from backoffice.checks import Check
from billing.payouts.selectors import (
    APPROVED_WITHIN,
    PAID_WITHIN_BUSINESS_DAYS,
    in_transit,
    is_late,
    open_files,
    waiting_runs,
)
from core import clock
from core.money import format_money
from web.requests import Site

_MOST = 100


def payout_checks() -> list[Check]:
    """Three queries, of rows that are open alone."""
    url = reverse("backoffice:payouts", urlconf=settings.SITE_URLCONFS[Site.ADMIN])
    return [_runs(url), _files(url), _transit(url)]


def _runs(url: str) -> Check:
    prepared = list(waiting_runs().values_list("prepared_at", flat=True)[:_MOST])
    late = sum(at < clock.now() - APPROVED_WITHIN for at in prepared)
    words = f"{len(prepared)} waiting for approval" if prepared else "None waiting for approval"
    if late:
        words += f", {late} of them for more than {APPROVED_WITHIN.days} days"
    return Check("Payout runs", not late, words, url, late)


def _files(url: str) -> Check:
    files = list(open_files().only("made_at")[:_MOST])
    late = sum(is_late(file, clock.now()) for file in files)
    words = f"{len(files)} not marked as paid" if files else "All marked as paid"
    if late:
        words += f", {late} of them for more than {PAID_WITHIN_BUSINESS_DAYS} business days"
    return Check("Payout files", not late, words, url, late)


def _transit(url: str) -> Check:
    count, total_minor = in_transit()
    return Check("Payouts in transit", True, f"{count:,}, {format_money(total_minor)}.", url)
