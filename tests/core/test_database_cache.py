"""The cache as a table does what Django's do, one statement each, and two connections lose no count."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from core import database_cache
from core.database_cache import DatabaseCache

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cache() -> DatabaseCache:
    cache = DatabaseCache("", {})
    cache.clear()
    return cache


def rows() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM core_cache")
        return int(cursor.fetchone()[0])


def test_what_is_kept_is_there_until_it_is_deleted_or_its_time_is_over(cache: DatabaseCache) -> None:
    assert cache.add("one", 1)
    assert not cache.add("one", 2)
    cache.set("words", {"languages": ["English"]}, None)
    cache.set("words", {"languages": ["French"]}, None)
    assert cache.get_many(["one", "words", "none"]) == {"one": 1, "words": {"languages": ["French"]}}
    assert cache.has_key("one")
    assert cache.touch("one", 60)
    assert cache.delete("one")
    assert not cache.delete("one")
    assert cache.get("one", "none") == "none"
    cache.set("gone", [1.5], -1)
    assert cache.get("gone") is None
    assert not cache.touch("gone", 60)
    assert cache.add("gone", 2)
    assert cache.get("gone") == 2


def test_a_count_of_what_is_not_there_is_refused(cache: DatabaseCache) -> None:
    with pytest.raises(ValueError, match="Key not found"):
        cache.incr("one")
    cache.add("one", 1, -1)
    with pytest.raises(ValueError, match="Key not found"):
        cache.incr("one")


def test_no_count_is_lost(cache: DatabaseCache) -> None:
    cache.add("one", 0)

    def count() -> None:
        try:
            for _ in range(25):
                cache.incr("one")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        for counting in [threads.submit(count) for _ in range(4)]:
            counting.result()
    assert cache.get("one") == 100


def test_keys_are_not_to_be_read_in_the_table(cache: DatabaseCache) -> None:
    cache.set("pages.192.0.2.7", 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT core_cache::text FROM core_cache")
        assert "192.0.2" not in str(cursor.fetchall())


def test_what_has_expired_goes_by_itself(cache: DatabaseCache, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        cache.set(f"old.{number}", 1, -1)
    cache.set("new", 1)
    monkeypatch.setattr(database_cache, "_WRITES_PER_SWEEP", 1)
    cache.set("another", 1)
    assert rows() == 2
