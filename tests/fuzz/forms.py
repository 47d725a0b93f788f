"""The forms that pages show, and what a hostile or clumsy hand makes of them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from random import Random
from urllib.parse import urljoin

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.fuzz import values

_FILES = [
    b"",
    b"x",
    b"\x00" * 100,
    b"GIF89a" + b"\xff" * 50,
    b"\x89PNG\r\n\x1a\n" + b"\x00" * 30,
    b"\xff\xd8\xff\xe0",
    b"RIFF\x00\x00\x00\x00WEBP",
]
_FILE_NAMES = ["a.png", "a\x00.png", "../../x.jpg", "x" * 300 + ".png", " ", "é\u202e.gif", "."]


@dataclass(slots=True)
class Form:
    """A form as the page shows it: where it goes, and each field with the values it may have."""

    action: str
    method: str = "get"
    fields: dict[str, list[str]] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)

    def filled(self, chance: Random) -> dict[str, object]:
        """A submission: most fields as shown, some odd, left out, twice, or unknown."""
        data: dict[str, object] = {}
        oddness = chance.choice([0.0, 0.15, 0.5, 1.0])
        for name, shown in self.fields.items():
            kind = chance.random()
            if kind < oddness:
                data[name] = values.as_sent(values.text(chance))
            elif kind < oddness + 0.05:
                continue
            elif kind < oddness + 0.1:
                data[name] = [values.as_sent(values.text(chance)) for _ in range(2)]
            else:
                data[name] = chance.choice(shown)
        for name in self.files:
            if chance.random() < 0.8:
                data[name] = SimpleUploadedFile("a.png", chance.choice(_FILES), "image/png")
                data[name]._name = chance.choice(_FILE_NAMES)  # type: ignore[union-attr]  # unchecked
        if chance.random() < 0.1:
            data[values.as_sent(values.text(chance)) or "x"] = "1"
        return data


class _Reader(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.page, self.forms, self._form, self._select, self._area = page, list[Form](), None, "", ""
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        name, value = named.get("name", ""), named.get("value", "")
        if tag == "a" and "href" in named:
            self.links.append(urljoin(self.page, named["href"]))
        if tag == "form":
            self._form = Form(
                urljoin(self.page, named.get("action") or ""), named.get("method", "get").lower()
            )
            self.forms.append(self._form)
        if self._form is None:
            return
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            options = self._form.fields.setdefault(self._select, [])
            options.insert(0 if "selected" in named else len(options), value)
        elif tag == "input" and named.get("type") == "file":
            self._form.files.append(name)
        elif tag == "textarea":
            self._area = name
            self._form.fields[name] = [""]
        elif tag in ("input", "button") and name:
            self._form.fields.setdefault(name, []).append(value)

    def handle_data(self, data: str) -> None:
        if self._form is not None and self._area:
            self._form.fields[self._area] = [data.strip()]

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""


def read(html: str, page: str) -> tuple[list[Form], list[str]]:
    """The forms and links of a page."""
    reader = _Reader(page)
    reader.feed(html)
    for form in reader.forms:
        form.fields.pop("csrfmiddlewaretoken", None)
        form.fields = {name: shown or [""] for name, shown in form.fields.items()}
    return reader.forms, reader.links
