"""Tests in this folder start processes of an older release beside those of this one."""

from tests.full_stack.fixtures import *  # noqa: F403
