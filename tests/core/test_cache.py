"""While Redis does not answer, limits still hold: each process counts for itself."""

import pytest
from django.core.cache import caches
from django.test import Client
from pytest_django.fixtures import Settings

from core.cache import OptionalRedisCache
from tests.factories import BrandFactory, UserFactory
from tests.scenario import BRAND_HOST

NOBODY_LISTENS = "redis://127.0.0.1:1/0"


@pytest.fixture
def without_redis(settings: Settings) -> OptionalRedisCache:
    """The default cache, as it is while Redis is away."""
    settings.CACHES = {"default": {"BACKEND": "core.cache.OptionalRedisCache", "LOCATION": NOBODY_LISTENS}}
    cache = caches["default"]
    assert isinstance(cache, OptionalRedisCache)
    cache.clear()
    return cache


def test_what_is_kept_is_kept_by_the_process(without_redis: OptionalRedisCache) -> None:
    assert without_redis.add("one", 1)
    assert not without_redis.add("one", 2)
    assert without_redis.get("one") == 1
    assert without_redis.incr("one") == 2
    without_redis.set_many({"two": 2, "three": 3})
    assert without_redis.get_many(["one", "two", "three", "four"]) == {"one": 2, "two": 2, "three": 3}
    without_redis.delete("one")
    assert without_redis.get("one", "none") == "none"
    assert not without_redis.has_key("one")


@pytest.mark.django_db
def test_passwords_are_not_tried_on_and_on(without_redis: OptionalRedisCache) -> None:
    BrandFactory()
    user = UserFactory(password="a-long-enough-password")
    client = Client(headers={"Host": BRAND_HOST})
    for _ in range(5):
        client.post("/accounts/login/", {"login": user.email, "password": "not it"})
    client.post("/accounts/login/", {"login": user.email, "password": "a-long-enough-password"})
    assert "_auth_user_id" not in client.session
