"""What may know what: import contracts (pyproject.toml), and the rules that an import linter cannot see.

Addresses are written in URL tables alone, services know no HTTP, and no site uses the templates of another.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.environment import ROOT

DOMAIN_APPS = (
    "core",
    "brands",
    "phones",
    "customers",
    "operators",
    "billing",
    "notices",
    "telephony",
    "messaging",
    "privacy",
    "history",
)
SITES = ("storefront", "portal", "backoffice")
# The addresses of the adapter's own HTTP interface are its contract, not pages.
ADAPTERS_INTERFACE = ("telephony/adapter/", "telephony/adapter_client.py")
HTTP_MODULES = re.compile(
    r"(django\.(http|shortcuts|urls|template|views|contrib\.messages)|rest_framework|channels)\b"
)
PATH = re.compile(r"/([A-Za-z_<{][^\s]*)?\Z")
# In a template: a quoted text that begins with a slash. Sockets have no URL table that `{% url %}` could read.
PATH_IN_TEMPLATE = re.compile(r"""["']/(?!ws/)[A-Za-z_{\"'][^"']*""")
SHARED = "shared"
TEMPLATE_OWNERS = {
    "storefront": "storefront",
    "portal": "portal",
    "backoffice": "backoffice",
    "admin": "backoffice",
    "sandbox": "billing",
}
USES_TEMPLATE = re.compile(r"""{%\s*(?:extends|include)\s+["']([^"']+)["']""")
USES_VARIABLE = re.compile(r"""{%\s*(?:extends|include)\s+[^"'\s]""")
LOADS = re.compile(r"{%\s*load\s+([^%]+?)\s*%}")


def modules_of(*packages: str) -> Iterator[Path]:
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_import_contracts_are_kept() -> None:
    result = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stdout


def imported_by(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import(names=aliases):
                yield from (alias.name for alias in aliases)
            case ast.ImportFrom(module=str(module)):
                yield from (f"{module}.{alias.name}" for alias in node.names)


def test_services_know_no_http() -> None:
    services = [path for path in modules_of(*DOMAIN_APPS) if "services" in path.parts]
    assert len(services) > 50
    assert [
        f"{named(path)}: {name}"
        for path in services
        for name in imported_by(path)
        if HTTP_MODULES.match(name)
    ] == []


def test_only_billing_runs_the_functions_that_post() -> None:
    posting = re.compile(r"\b(ledger_post|ledger_post_rows|billing_settle|billing_end_authorization)\b")
    others = modules_of("aeims", "web", *SITES, *(app for app in DOMAIN_APPS if app != "billing"))
    assert [named(path) for path in others if posting.search(path.read_text())] == []


def written_paths(source: str) -> Iterator[str]:
    """Texts of a module that look like an address: `"/operators/"`, `f"/operators/{slug}/"`."""
    tree = ast.parse(source)
    no_addresses = {id(part) for node in ast.walk(tree) for part in pieces_of(node)}
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if id(node) not in no_addresses and PATH.match(text):
                yield text
            case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]) if text.startswith("/"):
                yield ast.unparse(node)


def pieces_of(node: ast.AST) -> list[ast.expr]:
    """Texts inside of `node` that stand for no address of their own: parts of an f-string, what a text is split at, stripped of, or searched for."""
    match node:
        case ast.JoinedStr(values=parts):
            return parts
        case ast.Call(func=ast.Attribute(attr="split" | "rsplit" | "partition" | "rstrip"), args=arguments):
            return arguments
        case ast.Compare(left=text, ops=[ast.In() | ast.NotIn()]):
            return [text]
    return []


def test_an_address_is_recognized() -> None:
    source = "a = '/operators/'; b = f'/calls/{call}/'; c = '/'; d = f'{rate}/min'; e = 'x/y'.split('/'); f = '/' in d; g = '/ a'; h = e.rstrip('/')"
    assert sorted(written_paths(source)) == ["/", "/operators/", "f'/calls/{call}/'"]


def test_no_domain_app_writes_an_address() -> None:
    assert written_in(*DOMAIN_APPS) == []


def test_no_site_writes_an_address() -> None:
    assert written_in("web", *SITES) == []


def written_in(*packages: str) -> list[str]:
    return [
        f"{named(path)}: {text}"
        for path in modules_of(*packages)
        if not named(path).startswith(ADAPTERS_INTERFACE)
        for text in written_paths(path.read_text())
    ]


def templates() -> list[Path]:
    paths = sorted((ROOT / "templates").rglob("*.*"))
    assert len(paths) > 100
    return paths


def owner_of(template: str) -> str:
    """Which site a template belongs to; the rest is shared, and `web`'s."""
    return TEMPLATE_OWNERS.get(template.split("/")[0], SHARED)


def test_no_template_writes_an_address() -> None:
    written = {
        f"{named(path)}: {hit[0]}"
        for path in templates()
        for hit in PATH_IN_TEMPLATE.finditer(path.read_text())
    }
    assert written == set()


@pytest.mark.parametrize(
    "text", ['<a href="/operators/">', "{% include 'x' with href='/' %}", "{{ next|default:'/operators/' }}"]
)
def test_an_address_in_a_template_is_recognized(text: str) -> None:
    assert PATH_IN_TEMPLATE.search(text)


def test_no_site_uses_the_templates_of_another() -> None:
    strangers = set()
    for path in templates():
        own = owner_of(str(path.relative_to(ROOT / "templates")))
        text = path.read_text()
        assert not USES_VARIABLE.search(text), (
            f"{named(path)} includes by variable: nothing can be said of it"
        )
        for used in USES_TEMPLATE.findall(text):
            if owner_of(used) not in (own, SHARED):
                strangers.add(f"{named(path)} uses {used}")
    assert strangers == set()


def rendered_by(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Constant(value=str(text)) if text.endswith(".html"):
                yield text


def test_no_site_renders_the_templates_of_another() -> None:
    strangers = {
        f"{named(path)} renders {template}"
        for package in ("web", *SITES)
        for path in modules_of(package)
        for template in rendered_by(path)
        if owner_of(template) not in (package, SHARED)
    }
    assert strangers == set()


def test_no_site_loads_the_tags_of_another() -> None:
    libraries = {
        path.stem: path.relative_to(ROOT).parts[0]
        for path in ROOT.glob("*/templatetags/*.py")
        if path.stem != "__init__"
    }
    assert libraries["ui"] == "web"
    strangers = set()
    for path in templates():
        own = owner_of(str(path.relative_to(ROOT / "templates")))
        for line in LOADS.findall(path.read_text()):
            for library in line.split(" from ")[-1].split():
                owner = libraries.get(library, own)
                if owner in SITES and owner != own:  # those of `web` and of the apps below are shared
                    strangers.add(f"{named(path)} loads {library}")
    assert strangers == set()
