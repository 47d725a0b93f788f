"""A photo as it came in becomes the few files we serve: turned upright, cropped, and nothing else of it kept.

Pure: bytes in, bytes out; called by `operators.services.photos` and `operators.services.documents`. What came in is never stored and never
served: the files are drawn anew from its pixels, so no place, no camera, no hidden second document survives.
"""

import hashlib
import io
import threading
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from core.errors import Invalid

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 30_000_000
WIDTHS = (160, 320, 640)  # pixels: a name's side, a card, the operator's page, each on a sharp screen
RATIO = (4, 5)  # width to height, as every portrait of the sites
_LARGEST = (WIDTHS[-1], WIDTHS[-1] * RATIO[1] // RATIO[0])
MIN_SIDE = 320
DOCUMENT_SIDE = 2000  # pixels at most, of a photo of a document: its small print can be read
_VERTICAL_CENTERING = 0.4  # of what is cut from a tall photo, so much from above: faces are in the upper half
_FORMATS = ("JPEG", "PNG", "WEBP")
_MAX_SCANS = 100  # of a JPEG; each is a walk over all pixels, and costs its maker a few bytes
_START_OF_SCAN = b"\xff\xda"
_QUALITY = 80
# Looks as WebP at 80 does, a third smaller; 0.1 s of one core for the largest.
_AVIF_QUALITY, _AVIF_SPEED = 60, 6
_BACKGROUND = "#ffffff"  # behind what was transparent

# A photo of the largest size takes some 100 MB while it is read: one at a time in each process.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True)
class ProcessedPhoto:
    """WebP files by width, the name their content gives them, and the color that most of the picture has."""

    digest: str
    color: str  # #rrggbb
    files: dict[int, bytes]


def render_sizes(data: bytes) -> ProcessedPhoto:
    """The files of a JPEG, PNG or WebP, whatever its name says. Raises Invalid in words for who sent it."""
    _check_bytes(data)
    with _one_at_a_time:
        upright = _open_and_shape(data, 2 * _LARGEST[1], _crop)
        files = {width: _encode_webp(upright, width) for width in WIDTHS}
        color = _dominant_color(upright)
    return ProcessedPhoto(hashlib.sha256(files[WIDTHS[-1]]).hexdigest()[:32], color, files)


def redraw_document(data: bytes) -> bytes:
    """All of a photo of a document as WebP, upright, at most `DOCUMENT_SIDE` long. Raises Invalid as `render_sizes` does."""
    _check_bytes(data)
    with _one_at_a_time:
        whole = _open_and_shape(data, 2 * DOCUMENT_SIDE, _shrink)
        return _encode_bare(whole)


def smaller_as_avif(webp: bytes) -> bytes:
    """The same picture as AVIF, of a file of ours; empty if that is not smaller."""
    with _one_at_a_time, Image.open(io.BytesIO(webp), formats=("WEBP",)) as image:
        out = io.BytesIO()
        image.convert("RGB").save(out, "AVIF", quality=_AVIF_QUALITY, speed=_AVIF_SPEED, max_threads=1)
    avif = out.getvalue()
    return avif if len(avif) < len(webp) else b""


def _check_bytes(data: bytes) -> None:
    if len(data) > MAX_BYTES:
        raise Invalid(f"The file is larger than {MAX_BYTES // 1024**2} MB.", code="photo_too_large")
    if data.count(_START_OF_SCAN) > _MAX_SCANS:
        raise _unreadable()


def _crop(image: Image.Image) -> Image.Image:
    return ImageOps.fit(image, _LARGEST, Image.Resampling.LANCZOS, centering=(0.5, _VERTICAL_CENTERING))


def _shrink(image: Image.Image) -> Image.Image:
    image.thumbnail((DOCUMENT_SIDE, DOCUMENT_SIDE), Image.Resampling.LANCZOS)
    return image


def _open_and_shape(data: bytes, draft_side: int, shape: Callable[[Image.Image], Image.Image]) -> Image.Image:
    """The pixels, upright, in sRGB and shaped. Sizes are judged before any pixel is read; a JPEG is read no larger than `draft_side`
    needs, in pixels.
    """
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            _check_size(image.size)
            # A JPEG can be read at a half, a quarter, an eighth; twice the size leaves room to turn and to crop.
            image.draft("RGB", (draft_side, draft_side))
            upright = ImageOps.exif_transpose(image)
            return _in_srgb(shape(_without_transparency(upright)), image.info.get("icc_profile"))
    except Invalid:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels() from None
    except UnidentifiedImageError:
        raise Invalid("Use a JPEG, PNG, or WebP file.", code="photo_unreadable") from None
    except MemoryError:
        raise
    except Exception:  # a decoder of what strangers made fails in every way there is
        raise _unreadable() from None


def _check_size(size: tuple[int, int]) -> None:
    width, height = size
    if width * height > MAX_PIXELS:
        raise _too_many_pixels()
    if min(size) < MIN_SIDE:
        raise Invalid(
            f"The photo is too small: at least {MIN_SIDE} pixels on each side.", code="photo_too_small"
        )


def _without_transparency(image: Image.Image) -> Image.Image:
    """Plain colours without transparency."""
    if image.mode == "RGB":
        return image
    if image.mode.startswith("I"):  # sixteen bits of grey
        return image.convert("F").point(lambda value: value / 256).convert("L").convert("RGB")
    if image.has_transparency_data:
        over = image.convert("RGBA")
        paper = Image.new("RGB", over.size, _BACKGROUND)
        paper.paste(over, mask=over.getchannel("A"))
        return paper
    return image.convert("RGB")


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The colours as meant: without the profile, which we drop, those of a phone would look pale."""
    if not profile:
        return image
    try:
        source_profile = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(
            image, source_profile, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError):
        return image  # a profile for other inks, or none at all
    return converted or image


def _dominant_color(image: Image.Image) -> str:
    """Of the few colors that the picture is made of, the one with most pixels: behind it while it loads."""
    few = image.resize((40, 50)).quantize(6)
    counts = few.histogram()[:6]
    index = 3 * counts.index(max(counts))
    red, green, blue = (few.getpalette() or [])[index : index + 3]
    return f"#{red:02x}{green:02x}{blue:02x}"


def _encode_webp(image: Image.Image, width: int) -> bytes:
    height = width * RATIO[1] // RATIO[0]
    small = (
        image if image.size == (width, height) else image.resize((width, height), Image.Resampling.LANCZOS)
    )
    return _encode_bare(small)


def _encode_bare(image: Image.Image) -> bytes:
    """Pixels alone: no profile, no EXIF, no comment."""
    out = io.BytesIO()
    bare = Image.frombytes("RGB", image.size, image.tobytes())
    bare.save(out, "WEBP", quality=_QUALITY)
    return out.getvalue()


def _unreadable() -> Invalid:
    return Invalid(
        "The file is damaged, or not a photo we can read. Please try another.", code="photo_unreadable"
    )


def _too_many_pixels() -> Invalid:
    return Invalid(
        f"The photo has more than {MAX_PIXELS // 1_000_000} million pixels. Please make it smaller.",
        code="photo_too_large",
    )
