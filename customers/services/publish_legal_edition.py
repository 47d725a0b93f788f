"""Staff publish a brand's own terms or privacy notice: from then on customers of the brand are asked to agree to it."""

from django.contrib.auth.models import AbstractBaseUser

from brands.models import Brand
from core import audit, clock
from core.days import BOOKS_ZONE
from core.db import transactional
from core.errors import Invalid
from customers.legal import PUBLISHABLE
from customers.models import LegalEdition
from customers.states import ConsentKind


@transactional
def publish_legal_edition(
    *, brand: Brand, kind: str, text: str, summary: str, actor: AbstractBaseUser | None
) -> LegalEdition:
    """`text`: paragraphs with an empty line between, headings begin with `#`; `summary`: what is new, in a sentence.

    It can't be changed afterwards, only followed by another one. On record. Raises Invalid.
    """
    text = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if kind not in PUBLISHABLE:
        raise Invalid("Choose terms or the privacy notice.")
    if not text:
        raise Invalid("Write the text.")
    Brand.objects.select_for_update(no_key=True).get(pk=brand.pk)  # two at once get two names
    day = f"{brand.slug}:{clock.now().astimezone(BOOKS_ZONE).date()}"
    earlier = LegalEdition.objects.filter(brand=brand, kind=kind, edition__startswith=day).count()
    edition = LegalEdition.objects.create(
        brand=brand,
        kind=ConsentKind(kind),
        edition=f"{day}.{earlier + 1}" if earlier else day,
        text=text,
        summary=summary.replace("\x00", "").strip(),
        published_by_id=actor.pk if actor else None,
    )
    audit.record(
        actor=actor,
        action="legal.publish",
        subject=edition,
        brand=brand.slug,
        kind=kind,
        edition=edition.edition,
    )
    return edition
