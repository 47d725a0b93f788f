"""Tests in this folder run on a real Asterisk with lab phones."""

from tests.house.fixtures import *  # noqa: F403
from tests.lab.fixtures import *  # noqa: F403
