"""The list of what the images are made of is complete, and the check against advisories looks at all that is shipped."""

import re

from tests.project.test_image import SHIPPED
from tools import sbom
from tools.environment import ROOT

PARTS = sbom.bill()["components"]


def named(kind: str) -> set[str]:
    return {part["name"] for part in PARTS if part["purl"].startswith(f"pkg:{kind}/")}


def test_each_shipped_package_is_listed_with_its_version_and_hashes() -> None:
    assert {name.lower().replace("_", "-") for name in named("pypi")} == SHIPPED
    assert SHIPPED
    for part in PARTS:
        if part["purl"].startswith("pkg:pypi/"):
            assert part["version"], part
            assert all(re.fullmatch(r"[0-9a-f]{64}", entry["value"]) for entry in part["properties"])
            assert part["properties"], part


def test_images_and_debians_packages_are_listed() -> None:
    assert named("docker") == {"python", "debian", "postgres", "redis"}
    assert {"asterisk", "flite", "sox", "espeak-ng"} <= named("deb")


def test_the_document_is_consistent() -> None:
    document = sbom.bill()
    references = [part["bom-ref"] for part in PARTS]
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    assert len(set(references)) == len(references)
    assert document["dependencies"] == [{"ref": "aeims", "dependsOn": references}]


def test_the_check_against_advisories_looks_at_the_images_lock() -> None:
    makefile = (ROOT / "Makefile").read_text()
    target = makefile.partition("\naudit-dependencies:")[2].partition("\n\n")[0]
    assert re.search(r"pip-audit==[0-9.]+ ", target)
    assert "--requirement deploy/requirements.lock" in target
    assert "--disable-pip" in target
    assert "audit-dependencies" not in (ROOT / ".ci/run").read_text()
