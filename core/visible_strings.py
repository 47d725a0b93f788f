"""Every string that a person may read or hear, with its file and line: for `manage.py strings`, and for the test of our words.

Templates and mails: text, the attributes that are read aloud or shown, and messages for gettext, each apart from the text around it.
Python: strings that read like words, without docstrings, log lines, SQL, and what only programmers meet. What stands for a value is
shown as `…`.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

HOLE = "…"
_EDGE = "\0"  # of a block or a message, in text and in attributes
_SHOWN_ATTRIBUTES = ("alt", "title", "placeholder", "aria-label", "label", "data-stop-label")
_SHOWN_KEYWORDS = {
    "button", "effect", "empty_label", "ending", "heading", "help", "help_text", "label", "message", "reason_label",
    "text", "title", "verbose_name", "verbose_name_plural",
}  # fmt: skip
_FOR_PROGRAMMERS = {
    "AssertionError", "ImproperlyConfigured", "KeyError", "LookupError", "NotImplementedError", "RuntimeError", "TypeError",
    "ValueError",
}  # fmt: skip
_NOT_SHOWN_CALLS = {
    "debug",
    "info",
    "warning",
    "error",
    "exception",
    "critical",
    "execute",
    "raw",
    "compile",
    "getattr",
    "env",
}
_GETTEXT = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"}
_NAMED_VALUE = re.compile(r"%\(\w+\)[sd]")
_SQL = re.compile(
    r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH|SET|CREATE|ALTER|DROP|GRANT|LOCK|REFRESH|ANALYZE|COPY|LISTEN|NOTIFY)\b"
)
_TAG = re.compile(r"\{#.*?#\}|\{%\s*comment\s*%\}.*?\{%\s*endcomment\s*%\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_NOT_WORDS = re.compile(r"\{% block (?:main_class|action_url|live) %\}.*?\{% endblock %\}", re.DOTALL)
_FILTER_WORDS = re.compile(r"\|(?:yesno|default|default_if_none):(?:_\()?\"([^\"]*[A-Za-z][^\"]*)\"")
_TRANSLATE = re.compile(r"\{%\s*translate\s+(?:\"([^\"]*)\"|'([^']*)')")
_ENDS_TEXT = re.compile(r"\{%\s*(?:block|endblock|blocktranslate|plural|endblocktranslate)\b")
_TAG_WORDS = re.compile(r"(\w+)=(?:_\()?\"([^\"]*[A-Za-z][^\"]*)\"")
_SENTENCE = re.compile(rf"{_EDGE}?[A-Z…][^{{}}\[\]]* [a-z]")  # what scripts show, in an attribute of data
_JS_WORDS = re.compile(r"[\"'`]([A-Z][^\"'`\n]* [^\"'`\n]*)[\"'`]")
_CODE_FOLDERS = (
    "aeims", "backoffice", "billing", "brands", "core", "customers", "demo", "messaging", "notices", "operators", "phones",
    "portal", "privacy", "storefront", "telephony", "web",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class VisibleString:
    """`text` in one line; `file` from the root of the repository."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


def visible_strings(root: Path) -> Iterator[VisibleString]:
    """All of them, file by file."""
    for folder in ("templates", "demo/templates"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".html", ".mjml", ".txt") and path.is_file():
                yield from _named(root, path, in_template(path.read_text()))
    for folder in _CODE_FOLDERS:
        for path in sorted((root / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield from _named(root, path, in_python(path.read_text()))
    for path in sorted((root / "static" / "js").rglob("*.js")):
        yield from _named(root, path, in_javascript(path.read_text()))


def _named(root: Path, path: Path, found: Iterator[tuple[int, str]]) -> Iterator[VisibleString]:
    for line, text in found:
        yield VisibleString(str(path.relative_to(root)), line, " ".join(text.split()))


# -- templates


def in_template(source: str) -> Iterator[tuple[int, str]]:
    """Lines and words of a template: its text, shown attributes, and the words that tags pass to components."""
    source = _NOT_WORDS.sub(lambda block: "\n" * block[0].count("\n"), source)
    for tag in _TAG.finditer(source):
        line = source.count("\n", 0, tag.start()) + 1
        for words in _FILTER_WORDS.findall(tag[0]):
            if "--" not in words:  # of a class
                yield line, words
        if tag[0].startswith("{%"):
            for name, words in _TAG_WORDS.findall(tag[0]):
                if name in _SHOWN_KEYWORDS or " " in words:
                    yield line, words
    reader = _Reader()
    reader.feed(_TAG.sub(_without_tag, source))
    reader.close()
    yield from reader.found


def _without_tag(match: re.Match[str]) -> str:
    """A value leaves a hole, the edge of a block or a message ends the text before it; lines stay where they are."""
    tag = match[0]
    if message := _TRANSLATE.match(tag):
        rest = f"{_EDGE}{message[1] or message[2]}{_EDGE}"
    elif tag.startswith("{{"):
        rest = HOLE
    else:
        rest = _EDGE if _ENDS_TEXT.match(tag) else ""
    return rest + "\n" * tag.count("\n")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[int, str]] = []
        self._unread = 0  # inside of style and script

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("style", "script", "mj-style"):
            self._unread += 1
        values = dict(attrs)
        shown = [values.get(name) for name in _SHOWN_ATTRIBUTES]
        shown += [words for name, words in attrs if name.startswith("data-") and _SENTENCE.match(words or "")]
        if tag == "meta" and values.get("name") == "description":
            shown.append(values.get("content"))
        if tag == "input" and values.get("type") in ("submit", "button"):
            shown.append(values.get("value"))
        for words in shown:
            self._add(words or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "script", "mj-style") and self._unread:
            self._unread -= 1

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self._add(data)

    def _add(self, text: str) -> None:
        line = self.getpos()[0]
        for words in text.split(_EDGE):
            if re.search(r"[A-Za-z]", words):
                self.found.append((line + len(words) - len(words.lstrip("\n")), words))
            line += words.count("\n")


# -- code


def in_python(source: str, *, skips_translated: bool = False) -> Iterator[tuple[int, str]]:
    """Lines and words of a module. `skips_translated`: only those that gettext would not translate."""
    finder = _Finder(skips_translated=skips_translated)
    finder.visit(ast.parse(source))
    yield from finder.found


class _Finder(ast.NodeVisitor):
    def __init__(self, *, skips_translated: bool) -> None:
        self.found: list[tuple[int, str]] = []
        self._skips_translated = skips_translated

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # a docstring
            self.generic_visit(node)

    def visit_Assert(self, node: ast.Assert) -> None:
        self.visit(node.test)

    def visit_Raise(self, node: ast.Raise) -> None:
        error = node.exc
        if not (isinstance(error, ast.Call) and _name_of(error.func) in _FOR_PROGRAMMERS):
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = _name_of(node.func)
        if name in _GETTEXT:
            for words in node.args:
                self._add_translated(words)
            return
        if name in _NOT_SHOWN_CALLS and not _is_message(node.func):
            return
        for keyword in node.keywords:
            if keyword.arg in _SHOWN_KEYWORDS and isinstance(keyword.value, ast.Constant):
                self._add(keyword.value, is_label=True)
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        self._add(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        words = "".join(str(part.value) if isinstance(part, ast.Constant) else HOLE for part in node.values)
        self._add(ast.copy_location(ast.Constant(words), node))
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.visit(part.value)

    def _add_translated(self, node: ast.expr) -> None:
        """An argument of gettext: a string that is shown, however short; anything else is a value."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if self._skips_translated:
                return
            words = _NAMED_VALUE.sub(HOLE, node.value).replace("%%", "%")
            self._add(ast.copy_location(ast.Constant(words), node), is_label=True)
        else:
            self.visit(node)

    def _add(self, node: ast.Constant, *, is_label: bool = False) -> None:
        words = node.value
        if isinstance(words, str) and _reads_like_words(words, is_label=is_label):
            self.found.append((node.lineno, words))


def _name_of(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _is_message(function: ast.expr) -> bool:
    """Whether it is one of `django.contrib.messages`, which people read."""
    return isinstance(function, ast.Attribute) and _name_of(function.value) == "messages"


def _reads_like_words(words: str, *, is_label: bool) -> bool:
    if not re.search(r"[A-Za-z]{2}", words) or _SQL.match(words):
        return False
    return is_label or bool(re.search(r"[A-Za-z’'…,.] [A-Za-z…$“(0-9]", words))


def in_javascript(source: str) -> Iterator[tuple[int, str]]:
    """Lines and words of a script: what begins with a capital and has a blank; comments are left out."""
    for number, line in enumerate(source.splitlines(), 1):
        for words in _JS_WORDS.findall(line.partition("//")[0]):
            yield number, words
