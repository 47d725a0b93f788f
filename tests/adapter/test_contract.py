"""The contract of the adapter and its switch, on the simulated one."""

import pytest

from tests.adapter.contract import CallContract
from tests.adapter.rig import Rig


class TestOnTheSimulator(CallContract):
    @pytest.fixture
    def world(self, rig: Rig) -> Rig:
        return rig
