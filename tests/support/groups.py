"""What is set up once for a file, or for the telephone lines, stays on one worker: with `--dist loadgroup` such a file is one group.

So a system is started once. Files that look at the same calls name their group themselves. Tests in the browser go
where there is room: each worker that gets one has a product and a Chromium of its own.
"""

import pytest

from tools.environment import ROOT

ASTERISK = ROOT / "tests/asterisk"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("xdist_group") is None and (
            ASTERISK in item.path.parents or _shares_with_its_file(item)
        ):
            item.add_marker(pytest.mark.xdist_group(item.path.name))


def _shares_with_its_file(item: pytest.Item) -> bool:
    """Whether it asks for something of ours that is made once for all tests of its file."""
    info = getattr(item, "_fixtureinfo", None)
    definitions = info.name2fixturedefs.values() if info else ()
    return any(
        fixture.scope == "module" and fixture.func.__module__.startswith("tests.")
        for fixtures in definitions
        for fixture in fixtures
    )
