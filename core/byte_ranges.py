"""A file out of memory, or the part of it that a player asks for (RFC 9110 section 14): Safari plays nothing without it."""

import re

from django.http import HttpRequest, HttpResponse

_RANGE = re.compile(r"bytes=(\d{0,12})-(\d{0,12})", re.ASCII)


def answer_with_range(request: HttpRequest, data: bytes, content_type: str) -> HttpResponse:
    """200 with all of `data`, 206 with one part, 416 for one beyond its end. What asks for several parts gets all."""
    part = _part_asked_for(request.headers.get("Range", ""), len(data))
    if part is None:
        response = HttpResponse(data, content_type=content_type)
    elif not part:
        response = HttpResponse(status=416)
        response["Content-Range"] = f"bytes */{len(data)}"
    else:
        response = HttpResponse(data[part.start : part.stop], content_type=content_type, status=206)
        response["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{len(data)}"
    response["Accept-Ranges"] = "bytes"
    return response


def _part_asked_for(header: str, size: int) -> range | None:
    """None: the whole; empty: nothing of the file is in it."""
    match = _RANGE.fullmatch(header.replace(" ", ""))
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        return range(max(0, size - int(last)), size)
    if last and int(last) < int(first):
        return None
    return range(int(first), min(size, int(last) + 1) if last else size)
