"""Save a version of a brand's home page texts, and publish one: a new one, or an older one again."""

from django.db import models

from brands.models import Brand, BrandText
from brands.selectors import published_text
from core import audit
from core.db import transactional
from core.errors import Conflict, NotFound


@transactional
def save_text(
    *,
    brand: Brand,
    headline: str,
    promise: str,
    questions: list[list[str]],
    contact: str,
    actor: models.Model,
) -> BrandText:
    """Keep it as a version that nobody is shown yet. On record."""
    text = BrandText.objects.create(
        brand=brand,
        headline=headline,
        promise=promise,
        questions=questions,
        contact=contact,
        created_by_id=actor.pk,
    )
    audit.record(actor=actor, action="brand_text.save", subject=brand, version=text.pk)
    return text


@transactional
def publish_text(*, text_id: int, actor: models.Model) -> BrandText:
    """Show what this version says from now on: as a new version, so that the history tells who did it and when. On record.

    Raises NotFound, Conflict `unchanged` if that is what is shown.
    """
    text = BrandText.objects.filter(pk=text_id).select_related("brand").first()
    if text is None:
        raise NotFound("Version not found.")
    Brand.objects.select_for_update(no_key=True).get(pk=text.brand_id)  # one after the other
    shown = published_text(text.brand)
    if shown is not None and shown.words == text.words:
        raise Conflict("The home page already says this.", code="unchanged")
    published = BrandText.objects.create(
        brand=text.brand, headline=text.headline, promise=text.promise, questions=text.questions,
        contact=text.contact, is_published=True, created_by_id=actor.pk,
    )  # fmt: skip
    audit.record(
        actor=actor, action="brand_text.publish", subject=text.brand, version=published.pk, text_of=text.pk
    )
    return published
