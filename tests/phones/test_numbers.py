"""A phone number stands once in the database, unreadable without its key, and is found again whatever key it is under."""

import threading

import pytest
from django.core.exceptions import FieldError
from django.db import IntegrityError, connection, transaction
from pytest_django.fixtures import Settings

from core import clock, encryption
from core.errors import Conflict
from phones.models import PhoneNumber
from phones.selectors import find_number
from phones.services.delete_unused import delete_unused_numbers
from phones.services.rotate import rotate_numbers
from phones.services.store_number import store_number
from tests.factories import CustomerPhoneFactory, OperatorFactory

NUMBER, OTHER = "+12125550100", "+12125550177"

pytestmark = pytest.mark.django_db


def test_a_number_is_stored_once_and_shown_by_its_last_two_digits() -> None:
    number = store_number(NUMBER)
    assert store_number(NUMBER) == number == find_number(NUMBER)
    assert find_number(OTHER) is None
    assert (number.hint, str(number)) == ("ends in 00", "number ends in 00")
    with connection.cursor() as cursor:
        cursor.execute("SELECT n::text FROM phones_phonenumber n")
        [(row,)] = cursor.fetchall()
    assert "2125550100" not in row
    assert PhoneNumber.objects.get().e164 == NUMBER


def test_a_customer_and_an_operator_with_one_phone_share_its_row() -> None:
    phone = CustomerPhoneFactory(number=NUMBER)
    operator = OperatorFactory(phone=NUMBER)
    assert operator.phone_number == phone.phone_number
    assert (operator.phone, phone.number) == (NUMBER, NUMBER)


def test_the_index_refuses_a_second_row_and_says_no_number() -> None:
    number = store_number(NUMBER)
    with pytest.raises(Conflict), transaction.atomic():
        PhoneNumber(e164=NUMBER).save()
    with pytest.raises(IntegrityError) as refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO phones_phonenumber (e164, e164_hash, last_two, created_at)"
            " SELECT e164, e164_hash, last_two, created_at FROM phones_phonenumber WHERE id = %s",
            [number.pk],
        )
    assert "2125550100" not in str(refused.value)


def test_no_way_around_the_hash() -> None:
    store_number(NUMBER)
    for write in (
        lambda: PhoneNumber.objects.update(e164=OTHER),
        lambda: PhoneNumber.objects.bulk_create([PhoneNumber(e164=OTHER)]),
        lambda: PhoneNumber.objects.bulk_update(PhoneNumber.objects.all(), ["e164"]),
        lambda: PhoneNumber.objects.filter(e164=NUMBER).exists(),
        lambda: PhoneNumber.objects.filter(e164__endswith="00").exists(),
    ):
        with pytest.raises(FieldError), transaction.atomic():
            write()
    assert find_number(NUMBER) is not None


def test_without_its_key_a_number_raises(settings: Settings) -> None:
    store_number(NUMBER)
    settings.DATA_KEYS = ["another key"]
    with pytest.raises(encryption.InvalidToken):
        PhoneNumber.objects.get()


@pytest.mark.parametrize("writer", [["new", "old"], ["old"]])
def test_while_a_key_is_replaced_a_number_is_found_and_not_let_in_again(
    settings: Settings, writer: list[str]
) -> None:
    settings.HASH_KEYS = ["old"]
    before = store_number(NUMBER)
    settings.HASH_KEYS = ["new", "old"]
    new = store_number(OTHER)
    assert find_number(NUMBER) == before
    settings.HASH_KEYS = writer
    with pytest.raises(Conflict, match="already on file"), transaction.atomic():
        PhoneNumber(e164=NUMBER).save()
    assert store_number(NUMBER) == before
    settings.HASH_KEYS = ["new", "old"]
    assert store_number(OTHER) == new
    assert PhoneNumber.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_who_bring_a_number_at_once_during_a_rotation_get_one_row(settings: Settings) -> None:
    settings.HASH_KEYS = ["new", "old"]
    ids: list[int] = []

    def bring() -> None:
        ids.append(store_number(NUMBER).pk)
        connection.close()

    threads = [threading.Thread(target=bring) for _ in range(2)]
    with transaction.atomic():
        first = store_number(NUMBER)
        for thread in threads:
            thread.start()
    for thread in threads:
        thread.join(20)
    assert ids == [first.pk, first.pk]


def test_a_rotation_leaves_nothing_under_the_old_keys(settings: Settings) -> None:
    settings.DATA_KEYS, settings.HASH_KEYS = ["old data"], ["old hash"]
    numbers = [store_number(text) for text in (NUMBER, OTHER)]
    settings.DATA_KEYS, settings.HASH_KEYS = ["new data", "old data"], ["new hash", "old hash"]
    fresh = store_number("+12125550188")
    assert rotate_numbers() == 2
    assert rotate_numbers() == 0
    settings.DATA_KEYS, settings.HASH_KEYS = ["new data"], ["new hash"]
    assert [find_number(text) for text in (NUMBER, OTHER)] == numbers
    assert {number.e164 for number in PhoneNumber.objects.all()} == {NUMBER, OTHER, fresh.e164}


def test_a_number_goes_once_nothing_refers_to_it() -> None:
    phone, operator, unused = CustomerPhoneFactory(), OperatorFactory(), store_number(NUMBER)
    assert delete_unused_numbers(unused.created_at) == 0
    assert delete_unused_numbers(clock.now()) == 1
    assert {number.pk for number in PhoneNumber.objects.all()} == {
        phone.phone_number_id, operator.phone_number_id,
    }  # fmt: skip
    phone.delete()
    assert delete_unused_numbers(clock.now()) == 1
