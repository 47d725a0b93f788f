"""The product's settings with the app of the tests."""

from aeims.settings import *  # noqa: F403
from aeims.settings import INSTALLED_APPS as _PRODUCT

INSTALLED_APPS = [*_PRODUCT, "tests.processes.one_column"]
