"""A page as it reads: how its template was wrapped does not matter."""

import re

from django.http import HttpResponseBase


def compact(response: HttpResponseBase) -> str:
    """The page with one space for every run of whitespace, and none between two tags or at the edges of an element."""
    html = " ".join(response.content.decode().split())  # type: ignore[attr-defined]
    return re.sub(r" ?(</?(?:td|th|tr|dd|dt|p|li|div|span|svg|use|button)\b[^>]*>) ?", r"\1", html)
