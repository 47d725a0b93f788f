"""The picture of an operator: the photo that staff approved, or a drawn portrait."""

from collections.abc import Sequence
from dataclasses import dataclass

from operators.drawn_portraits import Drawing, drawing_of
from operators.pages import PHOTO
from operators.photo_processing import WIDTHS

_DEFAULT_WIDTH = WIDTHS[1]


@dataclass(frozen=True, slots=True)
class Portrait:
    """What `templates/components/portrait.html` needs: a drawing, or the addresses of a photo.

    `color` is the photo's own, as `#rrggbb`, shown while it loads; empty where it isn't known.
    """

    alt: str
    url: str = ""
    srcset: str = ""
    color: str = ""
    drawing: Drawing | None = None


def portrait_of(
    name: str, *, photo: str, seed: str, color: str = "", drawn_as: str = "", topics: Sequence[str] = ()
) -> Portrait:
    """Of the operator called `name`. `photo` is the digest of an approved photo, or empty: then a portrait is drawn."""
    if photo:
        return photo_portrait(photo, alt=f"Photo of {name}", color=color)
    drawing = drawing_of(seed, drawn_as=drawn_as, topics=topics)
    return Portrait(alt=drawing.words, drawing=drawing)


def photo_portrait(digest: str, *, alt: str, color: str = "") -> Portrait:
    """A photo by the digest of its content, in all its sizes."""
    return Portrait(
        alt=alt,
        url=photo_url(digest, _DEFAULT_WIDTH),
        srcset=", ".join(f"{photo_url(digest, width)} {width}w" for width in WIDTHS),
        color=color,
    )


def photo_url(digest: str, width: int) -> str:
    """Where one file of a photo is served (`operators.photo_views`), on every site."""
    return PHOTO.path(digest, width)
