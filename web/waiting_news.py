"""What every page of a customer shows of those they wait for: a callback to accept, or who is free now."""

from dataclasses import dataclass
from datetime import datetime
from math import ceil

from django.utils.translation import gettext as _

from core import clock
from core.clock import epoch_ms
from core.money import format_money
from core.push import time_sequence
from customers.models import Customer
from operators.models import Operator
from operators.pages import PROFILE
from telephony.callbacks import offer_to
from telephony.models import AvailabilityWatch, CallbackRequest
from telephony.services.offer_callback import OFFERED_FOR
from telephony.waiting import free_operator_news

REGION, OBJECT = "waiting-news", "waiting"


@dataclass(frozen=True, slots=True)
class WaitingNews:
    """`offer`: a callback that can be accepted; else `watch`: of an operator who is free now; neither: nothing is shown."""

    sequence: int
    at: datetime
    offer: CallbackRequest | None = None
    watch: AvailabilityWatch | None = None
    currency: str = "USD"

    @property
    def operator(self) -> Operator | None:
        about = self.offer or self.watch
        return about.operator if about else None

    @property
    def name(self) -> str:
        return self.operator.stage_name if self.operator else ""

    @property
    def slug(self) -> str:
        return self.operator.slug if self.operator else ""

    @property
    def url(self) -> str:
        """The page from which the operator is called."""
        return PROFILE.path(self.slug) if self.operator else ""

    @property
    def price_words(self) -> str:
        """The whole price in one line: "$3.99/min + $0.99"."""
        if self.operator is None:
            return ""
        rate = f"{format_money(self.operator.rate_now_minor, self.currency)}/min"
        fee = self.operator.connect_fee_minor
        return f"{rate} + {format_money(fee, self.currency)}" if fee else rate

    @property
    def said(self) -> str:
        """What a screen reader is told."""
        if self.offer:
            return _("%(name)s can talk now. You have two minutes.") % {"name": self.name}
        return _("%(name)s is free now") % {"name": self.name} if self.watch else ""

    @property
    def server_ms(self) -> int | None:
        return epoch_ms(self.at)

    @property
    def starts_ms(self) -> int | None:
        """Where the timer of the offer counts from."""
        until = self.offer.offered_until if self.offer else None
        return epoch_ms(until - OFFERED_FOR) if until else None

    @property
    def length_seconds(self) -> int:
        return int(OFFERED_FOR.total_seconds())

    @property
    def seconds_left(self) -> int:
        until = self.offer.offered_until if self.offer else None
        return max(0, ceil((until - self.at).total_seconds())) if until else 0


def waiting_news(customer: Customer, currency: str) -> WaitingNews:
    """As things stand now. Two queries at most."""
    sequence, at = time_sequence(), clock.now()
    offer = offer_to(customer.pk, at)
    watch = None if offer else free_operator_news(customer.pk, at)
    return WaitingNews(sequence, at, offer, watch, currency)
