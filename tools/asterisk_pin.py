"""Writes `deploy/asterisk/asterisk.pin`: the Asterisk that Debian's sid has now, for the image to take from the snapshot of this moment.

    python -m tools.asterisk_pin            # then run the tests with phones, and commit the file

The mirror is the one of this machine's apt sources (`--mirror` names another). The checksums are those of the mirror's list; when
the image is built, apt checks Debian's signature as well.
"""

import argparse
import email
import lzma
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.request import urlopen

from tools.asterisk_root import SUITE, RootError, debian_mirror
from tools.environment import ROOT

FILE = ROOT / "deploy/asterisk/asterisk.pin"
NAMES = (
    "asterisk",
    "asterisk-config",
    "asterisk-modules",
    "asterisk-core-sounds-en",
    "asterisk-core-sounds-en-gsm",
)
ARCHITECTURES = ("amd64", "arm64")
# A snapshot is taken within hours of the release that it holds, and any later moment names it until the next one.
AFTER_RELEASE = timedelta(hours=4)


def pinned() -> dict[str, str]:
    """`version` and `snapshot` of the file, and each package's name with its checksum."""
    rows = [line.split(maxsplit=1) for line in FILE.read_text().splitlines() if not line.startswith("#")]
    return {key: value.strip() for key, value in rows[:2]} | {name.strip(): total for total, name in rows[2:]}


def text_of(release: str, lists: Iterator[str]) -> str:
    """The file's text, from an archive's `Release` and its lists of packages."""
    date = parsedate_to_datetime(email.message_from_string(release)["Date"]).astimezone(UTC)
    packages = [package for text in lists for package in _packages(text)]
    [version] = {package["Version"] for package in packages if package["Package"] == "asterisk"}
    header = "".join(line for line in FILE.read_text().splitlines(keepends=True) if line.startswith("#"))
    sums = {package["Filename"].rpartition("/")[2]: package["SHA256"] for package in packages}
    return (
        f"{header}version {version}\nsnapshot {date + AFTER_RELEASE:%Y%m%dT%H%M%SZ}\n"
        + "".join(f"{sums[name]}  {name}\n" for name in sorted(sums))
    )  # fmt: skip


def _packages(text: str) -> Iterator[dict[str, str]]:
    for stanza in text.split("\n\n"):
        if stanza.partition("\n")[0].removeprefix("Package: ") in NAMES:
            yield dict(email.message_from_string(stanza).items())


def _read(address: str) -> bytes:
    with urlopen(address, timeout=60) as answer:  # noqa: S310 (the mirror of this machine's own apt)
        return bytes(answer.read())


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--mirror", help="Debian archive URI, instead of the one in /etc/apt")
    try:
        base = f"{parser.parse_args().mirror or debian_mirror()}/dists/{SUITE}"
    except RootError as error:
        print(error, file=sys.stderr)
        return 1
    lists = (
        lzma.decompress(_read(f"{base}/main/binary-{architecture}/Packages.xz")).decode()
        for architecture in ARCHITECTURES
    )
    FILE.write_text(text_of(_read(f"{base}/Release").decode(), lists))
    print(f"Asterisk {pinned()['version']} as of {datetime.now(UTC):%Y-%m-%d}: {FILE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
