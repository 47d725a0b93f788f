"""On two cores: what is set up once stays on one worker, the rest goes where there is room.

Tests on telephone lines and pages mostly wait. With `--dist loadgroup` each file of tests/asterisk is one group, so that a house
is brought up once, and all of tests/browser is one, for it shares a product and a browser. Files that look at the same
evening name their group themselves.
"""

import pytest

from tools.environment import ROOT

ASTERISK, BROWSER = ROOT / "tests/asterisk", ROOT / "tests/browser"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("xdist_group") is not None:
            continue
        if BROWSER in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("browser"))
        elif ASTERISK in item.path.parents:
            item.add_marker(pytest.mark.xdist_group(item.path.name))
