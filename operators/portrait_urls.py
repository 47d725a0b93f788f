"""The picture of an operator: the photo that staff approved, or the portrait drawn from a seed."""

from dataclasses import dataclass

from operators.pages import GENERATED_PORTRAIT, PHOTO
from operators.photo_processing import WIDTHS

_DEFAULT_WIDTH = WIDTHS[1]


@dataclass(frozen=True, slots=True)
class Portrait:
    """What an `img` needs (templates/components/portrait.html); `srcset` is empty for drawings, which fit every size."""

    url: str
    srcset: str
    alt: str


def portrait_of(name: str, *, photo: str, seed: str) -> Portrait:
    """Of the operator called `name`. `photo` is the digest of an approved photo, or empty."""
    if photo:
        return photo_portrait(photo, alt=f"Photo of {name}")
    return Portrait(url=GENERATED_PORTRAIT.path(seed), srcset="", alt=f"Drawn portrait of {name}")


def photo_portrait(digest: str, *, alt: str) -> Portrait:
    """A photo by the digest of its content, in all its sizes."""
    return Portrait(
        url=photo_url(digest, _DEFAULT_WIDTH),
        srcset=", ".join(f"{photo_url(digest, width)} {width}w" for width in WIDTHS),
        alt=alt,
    )


def photo_url(digest: str, width: int) -> str:
    """Where one file of a photo is served (`operators.photo_views`), on every site."""
    return PHOTO.path(digest, width)
