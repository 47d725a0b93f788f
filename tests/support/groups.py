"""On telephone lines, what is set up once stays on one worker: with `--dist loadgroup` each file of tests/asterisk is one group.

So a system is started once. Files that look at the same calls name their group themselves. Tests in the browser go
where there is room: each worker that gets one has a product and a Chromium of its own.
"""

import pytest

from tools.environment import ROOT

ASTERISK = ROOT / "tests/asterisk"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if ASTERISK in item.path.parents and item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.path.name))
