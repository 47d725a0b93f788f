"""The list of time zones is read from the disk once."""

import pytest

from core import time_zones
from web.time_zones import choices, is_known


def test_the_tz_database_is_looked_through_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_known("America/New_York")
    monkeypatch.setattr(time_zones, "available_timezones", lambda: pytest.fail("read again"))
    assert is_known("Europe/Berlin")
    assert not is_known("America/Nowhere")
    assert len(choices("Europe/Berlin")[-1][1]) > 100
