"""Our numbers of payments carry whose they are, for us alone: a database that was restored to a time before a payment learns
from the processor's list whose money it is.

A number is a UUID. Its first half is the customer's id and some chance, shuffled under AEIMS_HASH_KEYS; the other half is chance, so
knowing one opens nothing and tells nothing. A processor that lists the first half alone is enough. Older numbers are chance
altogether: they name nobody.
"""

import secrets
import uuid
from collections.abc import Iterator

from django.conf import settings

from core.keyed_hash import keyed_hash
from core.permutation import shuffled, unshuffled

FIRST_HALF = 16  # hex digits
_HALF = 2**32
_CHANCE, _ZEROS = 2**24, 2**8  # behind the customer's id; the zeros are how a number of ours is known


def new_payment_number(customer_id: int) -> uuid.UUID:
    """Another one each time."""
    if not 0 < customer_id < _HALF:
        return uuid.uuid4()
    plain = (customer_id * _CHANCE + secrets.randbelow(_CHANCE)) * _ZEROS
    first = shuffled(plain, _HALF, _HALF, key=_key(settings.HASH_KEYS[0]))
    return uuid.UUID(int=(first << 64) | secrets.randbits(64))


def customers_named(number: str) -> Iterator[int]:
    """The ids that a number, or its first half, may be of: one for each key under which it is one of ours."""
    digits = number.replace("-", "")[:FIRST_HALF]
    try:
        first = int(digits, 16) if len(digits) == FIRST_HALF else None
    except ValueError:
        return
    for secret in settings.HASH_KEYS if first is not None else ():
        customer_id, rest = divmod(unshuffled(first, _HALF, _HALF, key=_key(secret)), _CHANCE * _ZEROS)  # type: ignore[arg-type]
        if customer_id and rest % _ZEROS == 0:
            yield customer_id


def _key(secret: str) -> bytes:
    return keyed_hash("", key=secret, purpose="payment number")
