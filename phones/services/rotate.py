"""Numbers come under the keys in use, while those before are still understood (`docs/encryption.md`)."""

from django.db.models import TextField
from django.db.models.functions import Cast

from core.db import transactional
from core.encryption import hashes, is_under_first_key
from phones.models import HASH_PURPOSE, PhoneNumber

BATCH = 500


def rotate_numbers() -> int:
    """Encrypt and hash anew every number that is not under the first keys; how many. In batches, each a transaction.

    Safe beside a running product, and safe to repeat. Raises InvalidToken for a number under none of the keys.
    """
    count, last = 0, 0
    while batch := _ids_after(last):
        count += _rotate(batch)
        last = batch[-1]
    return count


def _ids_after(last: int) -> list[int]:
    return list(PhoneNumber.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH])


@transactional
def _rotate(ids: list[int]) -> int:
    rows = PhoneNumber.objects.filter(pk__in=ids).order_by("pk")
    numbers = list(rows.select_for_update(no_key=True))
    tokens = dict(rows.values_list("pk", Cast("e164", TextField())))
    count = 0
    for number in numbers:
        if not number.e164:  # forgotten: of its hash no new one can be made
            if not is_under_first_key(tokens[number.pk]):
                count += PhoneNumber.objects.filter(pk=number.pk).forget()
            continue
        is_current = bytes(number.e164_hash) == hashes(number.e164, HASH_PURPOSE)[0]
        if not (is_current and is_under_first_key(tokens[number.pk])):
            number.save(update_fields=["e164", "e164_hash"])
            count += 1
    return count
