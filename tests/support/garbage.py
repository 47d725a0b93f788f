"""What was loaded before the first test stays to the end: it is not searched for garbage again and again."""

import gc

import pytest

EVERY = 20_000  # objects made between two searches, not Python's 700: requests and templates make that many at once


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
    gc.set_threshold(EVERY)
