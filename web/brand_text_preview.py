"""A link to a brand's home page with a version of its texts that isn't published: staff make it, the brand's site reads it."""

from urllib.parse import urlencode

from django.core import signing
from django.http import Http404

from brands.models import Brand, BrandText

PARAMETER = "text"
GOOD_FOR_SECONDS = 3600
_SALT = "brand text preview"


def preview_query(text: BrandText) -> str:
    """What the address of the home page ends with to show this version, to whoever has the link, for an hour."""
    return urlencode({PARAMETER: signing.dumps(text.pk, salt=_SALT)})


def previewed_text(brand: Brand, token: str) -> BrandText:
    """The version of a link. Raises Http404 for one that is too old, of another brand, or not ours."""
    try:
        number = signing.loads(token, salt=_SALT, max_age=GOOD_FOR_SECONDS)
    except signing.BadSignature:
        number = 0
    text = BrandText.objects.filter(pk=number, brand=brand).first()
    if text is None:
        raise Http404
    return text
