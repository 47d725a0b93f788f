"""Which edition of which text a customer has to agree to. A new one is asked for before anything more is spent.

The product ships a text of each kind; a brand may publish its own instead (`publish_legal_edition`). An edition's name is given once for
each kind: one of a brand's own begins with the brand's slug, so agreeing to it says nothing about other brands.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Concat

from brands.models import Brand
from core.planned_query import PlannedQuery, parameter
from customers.models import Consent, Customer, LegalEdition
from customers.states import ConsentKind

# Raised when the meaning of a shipped text changes; a test knows the text of each edition.
SHIPPED_EDITIONS = {
    ConsentKind.ADULT: "2026-01",
    ConsentKind.TERMS: "2026-11c",
    ConsentKind.PRIVACY: "2026-11k",
    ConsentKind.PRICES: "2026-11b",
}
# What is asked again when there is a new edition. That somebody is an adult stays true.
ASKED_AGAIN = (ConsentKind.TERMS, ConsentKind.PRIVACY, ConsentKind.PRICES)
# What a brand may word itself. Prices are counted by the product, and the sign-up form says that one is an adult.
PUBLISHABLE = (ConsentKind.TERMS, ConsentKind.PRIVACY)


@dataclass(frozen=True, slots=True)
class Agreement:
    """What somebody agrees to. `text`: exactly what the page shows, HTML or plain."""

    kind: ConsentKind
    edition: str
    text: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an agreement came from: the network address and the browser as it named itself."""

    address: str | None = None
    user_agent: str = ""


def own_edition(brand: Brand, kind: ConsentKind) -> LegalEdition | None:
    """The newest text that the brand has published of this kind; None: the shipped one counts."""
    return LegalEdition.objects.filter(brand=brand, kind=kind).order_by("-id").first()


def pending_kinds(customer_id: int, brand: Brand) -> list[ConsentKind]:
    """What the customer has to agree to before spending on this brand; empty: nothing new. One query: many pages ask."""
    row = _AGREEMENTS.first(customer_id, brand.pk)
    return [] if row is None else still_to_agree(row.own_editions, row.agreed)  # type: ignore[attr-defined]


def agreements(customer: RawSQL, brand: RawSQL) -> dict[str, Any]:
    """Annotations of a query: `own_editions` of the brand, oldest first, and what the customer has `agreed` to. The arguments are ids."""
    own = LegalEdition.objects.filter(brand=brand).order_by("id")
    consents = Consent.objects.filter(customer=customer, kind__in=(ConsentKind.ADULT, *ASKED_AGAIN))
    return {
        "own_editions": ArraySubquery(own.values_list(Concat("kind", Value(" "), "edition"))),
        "agreed": ArraySubquery(consents.values_list(Concat("kind", Value(" "), "version"))),
    }


def still_to_agree(own_editions: Iterable[str], agreed: Iterable[str]) -> list[ConsentKind]:
    """What is missing, of both as `agreements` reads them: a kind, a space, an edition.

    That they are an adult is asked of whoever never said it here, such as who moved in from another system.
    """
    editions = dict(SHIPPED_EDITIONS)
    for kind, _, edition in (own.partition(" ") for own in own_editions):
        editions[ConsentKind(kind)] = edition
    given = set(agreed)
    is_adult = any(one.startswith(f"{ConsentKind.ADULT} ") for one in given)
    never_said = [] if is_adult else [ConsentKind.ADULT]
    return never_said + [kind for kind in ASKED_AGAIN if f"{kind} {editions[kind]}" not in given]


_AGREEMENTS = PlannedQuery(
    Customer.objects.only("pk").annotate(**agreements(parameter(1), brand=parameter(2))), "pk"
)
