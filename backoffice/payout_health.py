"""What needs somebody about payouts: runs that wait for approval, files that the bank hasn't paid, and what is in transit."""

from django.conf import settings
from django.urls import reverse

from backoffice.checks import Check
from billing.payouts.selectors import APPROVED_WITHIN, PAID_WITHIN_BUSINESS_DAYS, in_transit
from core.money import format_money
from web.requests import Site


def payout_checks(waiting: dict[str, int]) -> list[Check]:
    """`waiting`: how many `runs` and `files` wait, and how many of them are late (`late_runs`, `late_files`)."""
    url = reverse("backoffice:payouts", urlconf=settings.SITE_URLCONFS[Site.ADMIN])
    return [_runs(waiting, url), _files(waiting, url), _transit(url)]


def _runs(waiting: dict[str, int], url: str) -> Check:
    count, late = waiting["runs"], waiting["late_runs"]
    words = f"{count} waiting for approval" if count else "None waiting for approval"
    if late:
        words += f", {late} of them for more than {APPROVED_WITHIN.days} days"
    return Check("Payout runs", not late, words, url, late)


def _files(waiting: dict[str, int], url: str) -> Check:
    count, late = waiting["files"], waiting["late_files"]
    words = f"{count} not marked as paid" if count else "All marked as paid"
    if late:
        words += f", {late} of them for more than {PAID_WITHIN_BUSINESS_DAYS} business days"
    return Check("Payout files", not late, words, url, late)


def _transit(url: str) -> Check:
    count, total_minor = in_transit()
    return Check("Payouts in transit", True, f"{count:,}, {format_money(total_minor)}.", url)
