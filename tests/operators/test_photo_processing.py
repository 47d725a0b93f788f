"""What becomes of a photo: upright, cropped, small, and nothing else of what was sent."""

import io

import pytest
from PIL import Image, ImageCms

from core.errors import Invalid
from operators import photo_processing
from operators.photo_processing import WIDTHS, ProcessedPhoto, render_sizes
from tests.operators import photographs
from tests.operators.photographs import BLUE, GPS, RED, encoded, from_a_phone, halves


def shown(picture: ProcessedPhoto, width: int = WIDTHS[-1]) -> Image.Image:
    image = Image.open(io.BytesIO(picture.files[width]))
    image.load()
    return image


def is_about(colour: tuple[int, ...], expected: tuple[int, ...]) -> bool:
    return all(abs(one - other) < 12 for one, other in zip(colour, expected, strict=True))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_each_kind_becomes_three_small_files_four_by_five(kind: str) -> None:
    picture = render_sizes(encoded(halves(), kind))
    assert {width: shown(picture, width).size for width in WIDTHS} == {
        160: (160, 200), 320: (320, 400), 640: (640, 800),
    }  # fmt: skip
    assert {shown(picture, width).format for width in WIDTHS} == {"WEBP"}
    assert sum(len(data) for data in picture.files.values()) < 200_000


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_that_lies_on_its_side_stands_and_tells_no_place(kind: str) -> None:
    sent = from_a_phone(kind)
    assert GPS in sent
    picture = render_sizes(sent)
    image = shown(picture)
    assert is_about(image.getpixel((320, 20)), RED)
    assert is_about(image.getpixel((320, 780)), BLUE)
    assert not image.getexif()
    assert not set(image.info) & {"exif", "icc_profile", "xmp"}
    for data in picture.files.values():
        for told in (GPS, b"EXIF", b"Exif", b"XMP", b"Lumen", b"ICCP"):
            assert told not in data


def test_a_wide_photo_keeps_its_middle_and_a_tall_one_leans_up() -> None:
    wide = Image.new("RGB", (3000, 1000), BLUE)
    wide.paste(RED, (1200, 0, 1800, 1000))
    assert is_about(shown(render_sizes(encoded(wide))).getpixel((320, 400)), RED)
    tall = Image.new("RGB", (800, 3000), BLUE)
    tall.paste(RED, (0, 0, 800, 1300))
    image = shown(render_sizes(encoded(tall)))  # 1000 of 3000 rows are kept, 800 are cut above
    assert is_about(image.getpixel((320, 380)), RED)
    assert is_about(image.getpixel((320, 420)), BLUE)


@pytest.mark.parametrize(
    "image",
    [
        Image.new("RGBA", (800, 1000), (200, 30, 30, 0)),
        Image.new("LA", (800, 1000), (0, 0)),
        Image.new("P", (800, 1000)),
        Image.new("I;16", (800, 1000), 65_535),
        Image.new("1", (800, 1000), 1),
        Image.new("L", (800, 1000), 255),
    ],
    ids=lambda image: image.mode,
)
def test_every_way_to_keep_colours_is_read(image: Image.Image) -> None:
    colour = shown(render_sizes(encoded(image, "PNG"))).getpixel((320, 400))
    assert is_about(colour, (0, 0, 0) if image.mode == "P" else (255, 255, 255))


def test_a_photo_for_print_is_read() -> None:
    assert (
        shown(render_sizes(encoded(Image.new("CMYK", (800, 1000), (0, 0, 0, 0))))).getpixel((320, 400))
        == (255,) * 3
    )


def test_colours_are_shown_as_they_were_meant() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    assert render_sizes(encoded(halves(), icc_profile=profile))  # one that fits no photo is left aside
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert is_about(shown(render_sizes(encoded(halves(), icc_profile=srgb))).getpixel((320, 20)), RED)
    assert render_sizes(encoded(halves(), icc_profile=b"no profile at all"))


def test_the_same_photo_has_the_same_name_and_another_has_another() -> None:
    assert render_sizes(encoded(halves())).digest == render_sizes(encoded(halves())).digest
    assert render_sizes(encoded(halves())).digest != render_sizes(encoded(halves().rotate(180))).digest


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 5000,
        photographs.SVG,
        b"GIF89a" + b"\0" * 500,
        encoded(halves(800, 1000), "GIF"),
        encoded(halves(800, 1000), "BMP"),
        encoded(halves(800, 1000), "TIFF"),
        encoded(halves(800, 1000), "PDF"),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 800 1000\n",
        b"<html><body>" + encoded(halves(800, 1000)),
    ],
    ids=[
        "empty",
        "zeros",
        "svg",
        "gif head",
        "gif",
        "bmp",
        "tiff",
        "pdf",
        "postscript",
        "html before a photo",
    ],
)
def test_what_is_no_photo_is_refused_whatever_it_is_called(data: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        render_sizes(data)
    assert refused.value.error_code == "photo_unreadable"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("part", [0.02, 0.3, 0.7, 0.95])
def test_a_file_that_broke_off_is_refused(kind: str, part: float) -> None:
    noisy = Image.effect_noise((800, 1000), 80).convert("RGB")  # so that pixels are most of the file
    whole = encoded(noisy, kind)
    with pytest.raises(Invalid) as refused:
        render_sizes(whole[: int(len(whole) * part)])
    assert refused.value.error_code == "photo_unreadable"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_second_document_inside_a_photo_does_not_come_through(kind: str) -> None:
    evil = b"<script>alert(1)</script>PK\x03\x04%PDF-1.7"
    whole = encoded(halves(), kind)
    picture = render_sizes(whole + evil)
    assert not any(b"script" in data or b"PK\x03\x04" in data for data in picture.files.values())
    assert picture.digest == render_sizes(whole).digest


def test_a_bomb_is_known_by_its_head_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    def touched(*_: object) -> None:
        raise AssertionError("pixels were read")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", touched)
    for width, height in ((6000, 5001), (9600, 9600), (50_000, 50_000), (65_535, 65_535)):
        with pytest.raises(Invalid, match="30 million pixels"):
            render_sizes(photographs.png_that_claims(width, height))


def test_a_comment_that_swells_is_refused() -> None:
    with pytest.raises(Invalid, match="damaged"):
        render_sizes(photographs.png_with_a_swollen_text())


def test_a_photo_of_a_thousand_passes_is_refused() -> None:
    progressive = encoded(halves(), progressive=True)
    assert render_sizes(progressive)
    with pytest.raises(Invalid, match="damaged"):
        render_sizes(progressive[:-2] + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x00" * 200 + b"\xff\xd9")


def test_a_small_photo_and_a_large_file_are_refused_in_words() -> None:
    with pytest.raises(Invalid, match="at least 320 pixels on each side"):
        render_sizes(encoded(halves(319, 900)))
    assert render_sizes(encoded(halves(900, 320)))
    with pytest.raises(Invalid, match="larger than 10 MB"):
        render_sizes(encoded(halves()) + b"\0" * photo_processing.MAX_BYTES)
