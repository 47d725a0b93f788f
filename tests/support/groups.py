"""On two cores: what is set up once stays on one worker, the rest goes where there is room.

Tests on telephone lines and pages mostly wait. Each of their files is one group (`--dist loadgroup`), so that a house, an
Asterisk or a browser is brought up once; files that look at the same evening name their group themselves.
"""

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        timed = item.get_closest_marker("asterisk") or item.get_closest_marker("browser")
        if timed and item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.path.name))
