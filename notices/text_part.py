"""The text part of a mail, read from the same MJML as its HTML. Pure.

Templates use `mj-text` (with `p`, `br`, `b`, `span`, `a`), `mj-button`, `mj-table`, and `mj-divider`; all else is layout.
"""

import re
from collections.abc import Iterator
from xml.etree import ElementTree

_BLOCKS = ("p", "div")
HEAD = "name"  # the class of the name at the top, which signs the text part instead


def text_of(mjml: str) -> str:
    """The mail as plain text, paragraphs apart. Raises ElementTree.ParseError if it is not well formed."""
    root = ElementTree.fromstring(mjml)  # noqa: S314 (our own template; values are escaped)
    body = root.find("mj-body")
    parts = [part for element in (root if body is None else body).iter() for part in _parts(element)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _parts(element: ElementTree.Element) -> Iterator[str]:
    if element.get("css-class") == HEAD:
        return
    match element.tag:
        case "mj-text":
            yield from re.split(r"\n{2,}", _flat(element).strip())
        case "mj-button":
            yield f"{_flat(element).strip()}:\n{element.get('href', '')}"
        case "mj-table":
            yield "\n".join(_row(row) for row in element.iter("tr"))


def _row(row: ElementTree.Element) -> str:
    return "   ".join(_flat(cell).strip() for cell in row)


def _flat(element: ElementTree.Element) -> str:
    """The words of an element. White space is one blank, but for breaks and for what says `white-space: pre-line`."""
    is_kept = "pre-line" in (element.get("style") or "")

    def words(text: str | None) -> str:
        text = text or ""
        return text if is_kept else re.sub(r"\s+", " ", text)

    parts = [words(element.text)]
    for child in element:
        parts += ["\n" if child.tag == "br" else _flat(child), words(child.tail)]
    if element.tag == "a":
        parts.append(f": {element.get('href', '')}")
    flat = "".join(parts)
    flat = flat if is_kept else re.sub(r" ?\n ?", "\n", flat)
    return f"\n\n{flat.strip()}\n\n" if element.tag in _BLOCKS else flat
