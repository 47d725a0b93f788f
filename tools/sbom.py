"""What the images are made of, as CycloneDX 1.6: each Python package with its hashes, base images, and Debian packages.

Read from `deploy/requirements.lock`, the two Dockerfiles, `asterisk.pin`, and `compose.yaml`, so it needs no network and is the same for the
same commit. `make sbom` writes it to `.local/sbom.json`; to standard output with `-`.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.asterisk_pin import pinned
from tools.environment import ROOT, data_directory

Component = dict[str, Any]
LOCK = ROOT / "deploy/requirements.lock"
DOCKERFILES = (ROOT / "Dockerfile", ROOT / "deploy/containers/asterisk.Dockerfile")
COMPOSE = ROOT / "compose.yaml"
_OURS = "aeims"
_OUR_IMAGES = {_OURS, "aeims-asterisk"}


def packages(lock: str) -> Iterator[Component]:
    """The Python packages of a lock. An entry begins at the margin; its hashes are those of the files that pip takes."""
    for entry in re.split(r"\n(?=\S)", lock.strip()):
        match = re.match(r"([A-Za-z0-9._-]+)==([^\s;\\]+)", entry)
        if match is None:
            raise ValueError(f"this is no locked package: {entry.splitlines()[0]}")
        name, version = match.groups()
        hashes = re.findall(r"--hash=sha256:([0-9a-f]{64})", entry)
        yield {
            "type": "library",
            "bom-ref": f"pkg:pypi/{name.lower()}@{version}",
            "name": name,
            "version": version,
            "purl": f"pkg:pypi/{name.lower()}@{version}",
            "properties": [{"name": "aeims:file:sha256", "value": value} for value in sorted(hashes)],
        }


def images(texts: Iterator[str]) -> Iterator[Component]:
    """The images that ours begin from, and those that run beside them."""
    names = {
        name for text in texts for name in re.findall(r"^(?:FROM|\s+image:) (\S+)", text, re.MULTILINE)
    } - _OUR_IMAGES
    for image in sorted(names):
        name, _, tag = image.partition(":")
        yield {
            "type": "container",
            "bom-ref": f"pkg:docker/{name}@{tag}",
            "name": name,
            "version": tag,
            "purl": f"pkg:docker/{name}@{tag}",
        }


def debian_packages(texts: Iterator[str]) -> Iterator[Component]:
    """The Debian packages that the images install; their versions are those of the distribution on the day of the build."""
    names: set[str] = set()
    for text in texts:
        for line in re.findall(r"apt-get install -y --no-install-recommends ([^\\&\n]+)", text):
            names |= set(line.split())
    for name in sorted(names):
        yield {
            "type": "library",
            "bom-ref": f"pkg:deb/debian/{name}",
            "name": name,
            "purl": f"pkg:deb/debian/{name}",
        }


def pinned_asterisk() -> Iterator[Component]:
    """The packages of Asterisk, which are the same on whatever day the image is built."""
    upstream = pinned()["version"].partition(":")[2]
    for file, total in pinned().items():
        if match := re.fullmatch(rf"([a-z-]+)_{re.escape(upstream)}_(\w+)\.deb", file):
            name, architecture = match.groups()
            purl = f"pkg:deb/debian/{name}@{pinned()['version']}?arch={architecture}"
            yield {
                "type": "library",
                "bom-ref": purl,
                "name": name,
                "version": pinned()["version"],
                "purl": purl,
                "hashes": [{"alg": "SHA-256", "content": total}],
            }


def bill() -> dict[str, Any]:
    """The whole document."""
    dockerfiles = [path.read_text() for path in DOCKERFILES]
    components = [
        *packages(LOCK.read_text()),
        *images(iter([*dockerfiles, COMPOSE.read_text()])),
        *debian_packages(iter(dockerfiles)),
        *pinned_asterisk(),
    ]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": _OURS, "name": _OURS}},
        "components": components,
        "dependencies": [{"ref": _OURS, "dependsOn": [component["bom-ref"] for component in components]}],
    }


def main(arguments: list[str]) -> None:
    text = json.dumps(bill(), indent=1) + "\n"
    if arguments == ["-"]:
        sys.stdout.write(text)
        return
    target = Path(data_directory()) / "sbom.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)
    print(f"{len(bill()['components'])} components in {target.name}")


if __name__ == "__main__":
    main(sys.argv[1:])
