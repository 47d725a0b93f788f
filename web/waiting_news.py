"""What every page of a customer shows of those they wait for: who is free now."""

from dataclasses import dataclass
from datetime import datetime

from core import clock
from core.money import format_money
from core.push import time_sequence
from customers.models import Customer
from operators.pages import PROFILE
from telephony.models import AvailabilityWatch
from telephony.waiting import free_operator_news

REGION, OBJECT = "waiting-news", "waiting"


@dataclass(frozen=True, slots=True)
class WaitingNews:
    """`watch`: of an operator who is free now; None: there is no news, and nothing is shown."""

    sequence: int
    watch: AvailabilityWatch | None = None
    currency: str = "USD"

    @property
    def name(self) -> str:
        return self.watch.operator.stage_name if self.watch else ""

    @property
    def url(self) -> str:
        """The page from which the operator is called."""
        return PROFILE.path(self.watch.operator.slug) if self.watch else ""

    @property
    def rate_words(self) -> str:
        return f"{format_money(self.watch.operator.rate_now_minor, self.currency)}/min" if self.watch else ""

    @property
    def said(self) -> str:
        """What a screen reader is told."""
        return f"{self.name} is free now" if self.watch else ""


def waiting_news(customer: Customer, currency: str, at: datetime | None = None) -> WaitingNews:
    """As things stand now. One query."""
    sequence = time_sequence()
    return WaitingNews(sequence, free_operator_news(customer.pk, at or clock.now()), currency)
