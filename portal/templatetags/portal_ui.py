"""How the operators' pages write times that came as numbers, and which page is shown."""

from datetime import UTC, datetime

from django import template
from django.utils import timezone

from core.money import BPS

register = template.Library()


@register.filter
def from_ms(epoch_ms: int | None) -> datetime | None:
    """Epoch milliseconds of a snapshot as a time where the operator lives; for the `date` filter."""
    if epoch_ms is None:
        return None
    return timezone.localtime(datetime.fromtimestamp(epoch_ms / 1000, UTC))


@register.filter
def percent(bps: int) -> str:
    """8000 → "80 %", 1250 → "12.5 %"."""
    return f"{bps * 100 / BPS:g} %"


@register.filter
def stars(count: float | None) -> str:
    """4.6 → "4.6 of 5"; nothing yet → "not rated yet"."""
    return f"{count:g} of 5" if count else "not rated yet"
