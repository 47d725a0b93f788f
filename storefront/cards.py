"""An operator as a customer's page shows them: words and addresses made from the row. No query, no rule."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from core import clock
from core.money import format_money
from operators.greeting_urls import PlayableGreeting
from operators.models import Operator
from operators.portrait_urls import Portrait, portrait_of
from operators.states import Availability

TOPICS = 2


@dataclass(frozen=True, slots=True)
class OperatorCard:
    """Amounts in cents. `portrait_seed`, `drawn_as` and the topics decide the drawn portrait, shown until there is a
    `photo` (its digest).
    """

    id: int
    name: str
    slug: str
    headline: str
    availability: Availability
    rate_minor: int
    portrait_seed: str
    drawn_as: str = ""
    specialties: Sequence[str] = ()
    photo: str = ""
    photo_color: str = ""
    photo_has_avif: bool = False
    greeting: PlayableGreeting | None = None
    rating: float | None = None
    rating_count: int = 0
    is_new: bool = False
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
        return portrait_of(
            self.name,
            photo=self.photo,
            color=self.photo_color,
            has_avif=self.photo_has_avif,
            seed=self.portrait_seed,
            drawn_as=self.drawn_as,
            topics=self.specialties,
        )

    @property
    def topics(self) -> Sequence[str]:
        """Those there is room for."""
        return self.specialties[:TOPICS]

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
        drawn_as=operator.drawn_as,
        specialties=operator.specialties,
        photo=operator.photo,
        photo_color=operator.photo_color,
        photo_has_avif=operator.photo_has_avif,
        greeting=operator.playable_greeting,
        rating=operator.rating,
        rating_count=operator.rating_count,
        is_new=operator.is_new(clock.now()),
        currency=currency,
        is_favourite=is_favourite,
        fee_minor=operator.connect_fee_minor,
    )
