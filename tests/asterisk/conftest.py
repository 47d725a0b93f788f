"""Tests in this folder run on a real Asterisk with lab phones."""

from tests.lab.fixtures import *  # noqa: F403
