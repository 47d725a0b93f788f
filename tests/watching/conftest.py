"""Tests of what Prometheus is told, and of what somebody does who is woken by it."""

import pytest
from pytest_django.fixtures import Settings

from tests.factories import BrandFactory
from tests.support.phone_system import PhoneSystem
from tests.watching.web import KEY


@pytest.fixture
def metrics_are_on(settings: Settings, phone_system: PhoneSystem, db: None) -> None:
    settings.METRICS_KEY = KEY
    BrandFactory()
