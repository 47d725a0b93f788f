"""Photographs for tests, real files made on the spot: as phones make them, and as somebody who means harm would."""

import io
import struct
import zlib
from typing import Any

from PIL import Image, ImageFilter

GPS = b"52.5163N 13.3777E"  # stands in the EXIF of what a phone sends
RED, BLUE = (200, 30, 30), (30, 30, 200)


def halves(width: int = 640, height: int = 800) -> Image.Image:
    """Red above, blue below."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (0, height // 2, width, height))
    return image


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def from_a_phone(kind: str = "JPEG", *, orientation: int = 6) -> bytes:
    """Lying on its side, with where it was taken, by what, and a thumbnail of it all."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Lumen"  # the maker
    exif[0x927C] = GPS.decode()
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2] = "N", (52.0, 30.0, 58.7)
    gps[29] = GPS.decode()
    lying = halves().transpose(
        Image.Transpose.ROTATE_90
    )  # turned by 270 degrees, as orientation 6 asks, it stands
    return encoded(lying, kind, exif=exif)


def detailed() -> bytes:
    """As full of detail as photos are, which formats are compared by."""
    grain = Image.effect_noise((640, 800), 60).filter(ImageFilter.GaussianBlur(0.5))
    light = Image.linear_gradient("L").resize(grain.size)
    return encoded(Image.merge("RGB", [Image.blend(light, grain, 0.5)] * 3))


def png_that_claims(width: int, height: int) -> bytes:
    """A few bytes of PNG that promise so many pixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 100_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def png_with_a_swollen_text() -> bytes:
    """A comment that unpacks to 80 MB."""
    whole = encoded(halves(400, 500), "PNG")
    body = b"Comment\0\0" + zlib.compress(b"a" * 80_000_000, 9)
    swollen = struct.pack(">I", len(body)) + b"zTXt" + body + struct.pack(">I", zlib.crc32(b"zTXt" + body))
    return whole[:33] + swollen + whole[33:]


SVG = b"""<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="800" height="1000">
<script>alert(1)</script><rect width="800" height="1000" fill="red"/></svg>"""
