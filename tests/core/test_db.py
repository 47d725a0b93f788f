"""A transaction that loses a race is tried again: on PostgreSQL's own errors, so often and no more."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection, transaction

from core.db import ATTEMPTS, DEADLOCK, SERIALIZATION_FAILURE, sqlstate, transactional
from customers.models import User
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def fail_with(code: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{code}'; END $$")


class Unlucky:
    """A service that writes and then fails so often with this error."""

    def __init__(self, code: str, times: int) -> None:
        self.code, self.times, self.tries = code, times, 0

    @transactional
    def write(self) -> str:
        self.tries += 1
        UserFactory()
        if self.tries <= self.times:
            fail_with(self.code)
        return "done"


@pytest.mark.parametrize("code", [SERIALIZATION_FAILURE, DEADLOCK])
def test_a_lost_race_is_run_again_from_the_beginning_and_leaves_one_effect(code: str) -> None:
    service = Unlucky(code, ATTEMPTS - 1)
    assert service.write() == "done"
    assert (service.tries, User.objects.count()) == (ATTEMPTS, 1)


@pytest.mark.parametrize("code", [SERIALIZATION_FAILURE, DEADLOCK])
def test_it_gives_up_after_so_many_and_leaves_nothing(code: str) -> None:
    service = Unlucky(code, 100)
    with pytest.raises(OperationalError) as raised:
        service.write()
    assert sqlstate(raised.value) == code
    assert (service.tries, User.objects.count()) == (ATTEMPTS, 0)


def test_another_error_is_not_tried_again() -> None:
    service = Unlucky("57014", 100)
    with pytest.raises(OperationalError):
        service.write()
    assert (service.tries, User.objects.count()) == (1, 0)


def test_inside_another_transaction_the_outermost_tries_again() -> None:
    service = Unlucky(SERIALIZATION_FAILURE, 1)
    with pytest.raises(OperationalError), transaction.atomic():
        service.write()
    assert service.tries == 1
    service.times = 2
    assert transactional(service.write)() == "done"
    assert (service.tries, User.objects.count()) == (3, 1)


def test_two_that_lock_each_other_out_both_come_through() -> None:
    keys = [UserFactory().pk, UserFactory().pk]
    meet, tries = threading.Barrier(2), []

    @transactional
    def lock(first: int, second: int) -> None:
        tries.append(first)
        User.objects.select_for_update().get(pk=first)
        if len(tries) <= 2:
            meet.wait(timeout=60)
        User.objects.select_for_update().get(pk=second)

    def run(*order: int) -> None:
        try:
            lock(*order)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        for done in [threads.submit(run, *keys), threads.submit(run, *reversed(keys))]:
            done.result(timeout=60)
    assert len(tries) >= 3  # the loser may meet the winner again before it is through
