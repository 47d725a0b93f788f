"""Tests in this folder start processes of the product on a database of their own, and take something away from them."""

from tests.full_stack.fixtures import *  # noqa: F403
