"""The picture of an operator: the photo that staff approved, or a drawn portrait."""

from collections.abc import Sequence
from dataclasses import dataclass

from operators.drawn_portraits import Drawing, drawing_of
from operators.pages import PHOTO
from operators.photo_processing import WIDTHS

WEBP, AVIF = "webp", "avif"  # how addresses of files end
_DEFAULT_WIDTH = WIDTHS[1]


@dataclass(frozen=True, slots=True)
class Portrait:
    """What `templates/components/portrait.html` needs: a drawing, or the addresses of a photo.

    `color` is the photo's own, as `#rrggbb`, shown while it loads; empty where it isn't known. `avif_srcset`: the same sizes as AVIF,
    which is smaller; empty where there is none.
    """

    alt: str
    url: str = ""
    srcset: str = ""
    avif_srcset: str = ""
    color: str = ""
    drawing: Drawing | None = None


def portrait_of(
    name: str,
    *,
    photo: str,
    seed: str,
    color: str = "",
    has_avif: bool = False,
    drawn_as: str = "",
    topics: Sequence[str] = (),
) -> Portrait:
    """Of the operator called `name`. `photo` is the digest of an approved photo, or empty: then a portrait is drawn."""
    if photo:
        return photo_portrait(photo, alt=f"Photo of {name}", color=color, has_avif=has_avif)
    drawing = drawing_of(seed, drawn_as=drawn_as, topics=topics)
    return Portrait(alt=drawing.words, drawing=drawing)


def photo_portrait(digest: str, *, alt: str, color: str = "", has_avif: bool = False) -> Portrait:
    """A photo by the digest of its content, in all its sizes."""
    return Portrait(
        alt=alt,
        url=photo_url(digest, _DEFAULT_WIDTH),
        srcset=_srcset(digest, WEBP),
        avif_srcset=_srcset(digest, AVIF) if has_avif else "",
        color=color,
    )


def photo_url(digest: str, width: int, ending: str = WEBP) -> str:
    """Where one file of a photo is served (`operators.photo_views`), on every site."""
    return PHOTO.path(digest, width, ending)


def _srcset(digest: str, ending: str) -> str:
    return ", ".join(f"{photo_url(digest, width, ending)} {width}w" for width in WIDTHS)
