"""An operator as a customer's page shows them: words and addresses made from the row. No query, no rule."""

from dataclasses import dataclass

from django.urls import reverse

from core.money import format_money
from operators.models import Operator
from operators.portrait_urls import Portrait, portrait_of
from operators.states import Availability


@dataclass(frozen=True, slots=True)
class OperatorCard:
    """Amounts in cents. `portrait_seed` decides the drawn portrait, shown until there is a `photo` (its digest)."""

    id: int
    name: str
    slug: str
    headline: str
    availability: Availability
    rate_minor: int
    portrait_seed: str
    photo: str = ""
    rating: float | None = None
    currency: str = "USD"
    is_favourite: bool = False
    fee_minor: int = 0  # paid once for each call

    @property
    def url(self) -> str:
        return reverse("operator", args=[self.slug])

    @property
    def call_url(self) -> str:
        return reverse("call", args=[self.slug])

    @property
    def favourite_url(self) -> str:
        return reverse("favourite", args=[self.slug])

    @property
    def portrait(self) -> Portrait:
        return portrait_of(self.name, photo=self.photo, seed=self.portrait_seed)

    @property
    def availability_words(self) -> str:
        return str(self.availability.label)

    @property
    def is_callable(self) -> bool:
        return self.availability == Availability.ONLINE

    @property
    def rate_words(self) -> str:
        return f"{format_money(self.rate_minor, self.currency)}/min"

    @property
    def fee_words(self) -> str:
        """The connection fee; empty where there is none."""
        return format_money(self.fee_minor, self.currency) if self.fee_minor else ""

    @property
    def price_words(self) -> str:
        """The whole price in one line: "$3.99/min + $0.99"."""
        return f"{self.rate_words} + {self.fee_words}" if self.fee_minor else self.rate_words


def card_of(operator: Operator, currency: str, *, is_favourite: bool = False) -> OperatorCard:
    """The card of `operator` on a brand whose prices are in `currency`; whether the customer marked them."""
    return OperatorCard(
        id=operator.pk,
        name=operator.stage_name,
        slug=operator.slug,
        headline=operator.headline,
        availability=operator.availability,
        rate_minor=operator.rate_now_minor,
        portrait_seed=operator.portrait_seed or operator.slug,
        photo=operator.photo,
        rating=operator.rating,
        currency=currency,
        is_favourite=is_favourite,
        fee_minor=operator.connect_fee_minor,
    )
