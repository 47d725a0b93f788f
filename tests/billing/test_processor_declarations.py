"""What a card processor declares about itself is what `.env.example`, the documentation, and the containers know."""

import re

import pytest

from billing.gateways import GATEWAYS, gateway_named
from core.provider_settings import SECRET_ENDINGS, Declaration, Secret
from tests.support.environment import documented_names
from tools.environment import ROOT

DECLARATIONS: dict[str, Declaration] = {
    name: declaration for name in GATEWAYS if (declaration := gateway_named(name).declaration)
}
PAGE = (ROOT / "docs/card-processors.md").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()


def coded(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def rows_under(title: str) -> list[str]:
    part = PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]
    return [line for line in part.splitlines() if line.startswith("|")][2:]


def test_the_page_says_what_the_processors_declare() -> None:
    settings = {name: tuple(setting.name for setting in one.settings) for name, one in DECLARATIONS.items()}
    assert rows_under("Settings") == [
        f"| [{one.title}]({name}.md) | {coded(settings[name])} | {coded(one.hosts)} | {one.proof} |"
        for name, one in DECLARATIONS.items()
    ]
    assert rows_under("Secrets") == [
        f"| `{secret.name}` | {secret.algorithm} | {secret.replaced} |"
        for one in DECLARATIONS.values()
        for secret in one.secrets
    ]


@pytest.mark.parametrize("name", DECLARATIONS)
def test_a_processor_declares_every_setting_that_the_example_has_of_it_and_no_other(name: str) -> None:
    declared = {setting.name for setting in DECLARATIONS[name].settings}
    assert declared == {setting for setting in documented_names() if setting.startswith(f"{name.upper()}_")}
    in_code = {
        found
        for path in (ROOT / "billing/gateways" / name).rglob("*.py")
        for found in re.findall(rf'"({name.upper()}_[A-Z_]+)"', path.read_text())
    }
    assert in_code == declared


def test_a_secret_is_known_by_its_name_to_the_script_that_makes_the_containers_secrets() -> None:
    part = EXAMPLE.partition("\n# --- Processors of card payments")[2].partition("\n\n")[0]
    named = set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", part, re.MULTILINE))
    every = [setting for one in DECLARATIONS.values() for setting in one.settings]
    assert named == {setting.name for setting in every}
    assert {setting.name for setting in every if isinstance(setting, Secret)} == {
        name for name in named if name.endswith(SECRET_ENDINGS)
    }
    assert {secret.among for one in DECLARATIONS.values() for secret in one.secrets} == {"CARD_SECRETS"}
