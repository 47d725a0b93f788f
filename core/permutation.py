"""Shuffles the numbers of a range by a secret key, and back: a Feistel network over two digits of mixed radix. Pure.

Each number of the range has exactly one other in it, so nothing has to be stored or searched.
"""

import hashlib
import hmac

_ROUNDS = 8


def shuffled(number: int, low: int, high: int, *, key: bytes) -> int:
    """What `number` (0 to low × high − 1) becomes, in the same range. Raises ValueError outside of it."""
    left, right = _halves(number, low, high)
    for step in range(_ROUNDS):
        if step % 2:
            right = (right + _noise(key, step, left)) % high
        else:
            left = (left + _noise(key, step, right)) % low
    return left * high + right


def unshuffled(number: int, low: int, high: int, *, key: bytes) -> int:
    """What became `number`."""
    left, right = _halves(number, low, high)
    for step in reversed(range(_ROUNDS)):
        if step % 2:
            right = (right - _noise(key, step, left)) % high
        else:
            left = (left - _noise(key, step, right)) % low
    return left * high + right


def _halves(number: int, low: int, high: int) -> tuple[int, int]:
    if not 0 <= number < low * high:
        raise ValueError(f"not in the range: {number}")
    return divmod(number, high)


def _noise(key: bytes, step: int, half: int) -> int:
    return int.from_bytes(hmac.digest(key, f"{step}:{half}".encode(), hashlib.sha256)[:16])
