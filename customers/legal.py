"""Which edition of which text a customer has to agree to. A new one is asked for before anything more is spent.

The product ships a text of each kind; a brand may publish its own instead (`publish_legal_edition`). An edition's name is given once for
each kind: one of a brand's own begins with the brand's slug, so agreeing to it says nothing about other brands.
"""

from dataclasses import dataclass

from django.db.models import Value

from brands.models import Brand
from customers.models import Consent, LegalEdition
from customers.states import ConsentKind

# Raised when the meaning of a shipped text changes; a test knows the text of each edition.
SHIPPED_EDITIONS = {
    ConsentKind.ADULT: "2026-01",
    ConsentKind.TERMS: "2026-11c",
    ConsentKind.PRIVACY: "2026-11j",
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
    """What the customer has to agree to before spending on this brand; empty: nothing new. One query: many pages ask.

    That they are an adult is asked of whoever never said it here, such as who moved in from another system.
    """
    own = LegalEdition.objects.filter(brand=brand).values_list("kind", "edition", "id", Value(True))
    consents = Consent.objects.filter(customer=customer_id, kind__in=(ConsentKind.ADULT, *ASKED_AGAIN))
    rows = list(own.union(consents.values_list("kind", "version", "id", Value(False)), all=True))
    editions = dict(SHIPPED_EDITIONS)
    for kind, edition, _, _ in sorted((row for row in rows if row[3]), key=lambda row: row[2]):
        editions[ConsentKind(kind)] = edition
    given = {(kind, edition) for kind, edition, _, is_own in rows if not is_own}
    is_adult = any(kind == ConsentKind.ADULT for kind, _ in given)
    never_said = [] if is_adult else [ConsentKind.ADULT]
    return never_said + [kind for kind in ASKED_AGAIN if (kind, editions[kind]) not in given]
