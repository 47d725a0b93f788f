"""An operator as a customer's page shows them: words and addresses made from the row. No query, no rule."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.urls import reverse

from billing.first_minutes import describe
from core import clock
from core.money import format_money
from operators.greeting_urls import PlayableGreeting
from operators.models import Operator
from operators.portrait_urls import Portrait, portrait_of
from operators.states import Availability

TOPICS = 2


@dataclass(frozen=True, slots=True)
class OperatorCard:
    """Amounts in cents. Hashable: parts of cards are kept by all that they show (`web.drawn_parts`).

    `portrait_seed`, `drawn_as` and the topics decide the drawn portrait, shown until there is a `photo` (its digest).
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
    takes_messages: bool = True
    back_at: datetime | None = None  # after a break
    back_on: date | None = None  # after a vacation
    first_minutes: int = 0  # free in the first call of whoever looks at it

    @property
    def for_everybody(self) -> "OperatorCard":
        """The same without what is the viewer's own."""
        return replace(self, is_favourite=False) if self.is_favourite else self

    @property
    def shows_times(self) -> bool:
        """Whether it shows a time of the day, which is the reader's."""
        return self.back_at is not None

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
    def first_words(self) -> str:
        """That the first minutes are free; empty where they aren't."""
        return describe(self.first_minutes)

    @property
    def price_words(self) -> str:
        """The whole price in one line: "$3.99/min + $0.99"."""
        return f"{self.rate_words} + {self.fee_words}" if self.fee_minor else self.rate_words


def card_of(
    operator: Operator, currency: str, *, is_favourite: bool = False, first_minutes: int = 0
) -> OperatorCard:
    """The card of `operator` on a brand whose prices are in `currency`; whether the customer marked them, and what is free in a
    first call (`billing.first_minutes`).
    """
    at = clock.now()
    return OperatorCard(
        id=operator.pk,
        name=operator.stage_name,
        slug=operator.slug,
        headline=operator.headline,
        availability=operator.availability,
        rate_minor=operator.rate_now_minor,
        portrait_seed=operator.portrait_seed or operator.slug,
        drawn_as=operator.drawn_as,
        specialties=tuple(operator.specialties),
        photo=operator.photo,
        photo_color=operator.photo_color,
        photo_has_avif=operator.photo_has_avif,
        greeting=operator.playable_greeting,
        rating=operator.rating,
        rating_count=operator.rating_count,
        is_new=operator.is_new(at),
        currency=currency,
        is_favourite=is_favourite,
        fee_minor=operator.connect_fee_minor,
        takes_messages=operator.takes_messages,
        back_at=operator.returns_at(at),
        back_on=operator.returns_on(at),
        first_minutes=first_minutes,
    )
