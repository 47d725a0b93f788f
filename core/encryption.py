"""Texts that a dump of the database must not show: encrypted under AEIMS_DATA_KEYS, found again by AEIMS_HASH_KEYS.

Identity documents and tax forms have keys of their own, AEIMS_DOCUMENT_KEYS: whoever reads all else can't read these.

The first key of each list is the one in use, the others are still understood: that is how a key is replaced (docs/encryption.md).
"""

import base64
import hashlib
from collections.abc import Sequence
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from core.keyed_hash import keyed_hash

__all__ = [
    "InvalidToken",
    "ciphers",
    "decrypt",
    "decrypt_bytes",
    "decrypt_document",
    "encrypt",
    "encrypt_bytes",
    "encrypt_document",
    "hashes",
    "is_document_under_first_key",
    "is_encrypted",
    "is_under_first_key",
    "seal",
    "unseal",
]

_TOKEN_START = "gAAAAA"  # noqa: S105 (version and the upper bytes of the time: so begins every token until the year 2106)


def encrypt(text: str) -> str:
    """A token that `decrypt` makes `text` of; another one each time. ASCII, about 100 characters more than 4/3 of it."""
    return ciphers(tuple(settings.DATA_KEYS)).encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """What was encrypted. Raises InvalidToken if it was under none of the keys, or altered; never returns the token."""
    return ciphers(tuple(settings.DATA_KEYS)).decrypt(token.encode()).decode()


def encrypt_bytes(data: bytes) -> bytes:
    """The same for a file."""
    return ciphers(tuple(settings.DATA_KEYS)).encrypt(data)


def decrypt_bytes(token: bytes) -> bytes:
    """What was encrypted. Raises InvalidToken."""
    return ciphers(tuple(settings.DATA_KEYS)).decrypt(token)


def encrypt_document(data: bytes, purpose: str) -> bytes:
    """A token of a document or what is as sensitive; of each purpose under a key of its own. 4/3 of the length."""
    return ciphers(tuple(settings.DOCUMENT_KEYS), purpose).encrypt(data)


def decrypt_document(token: bytes, purpose: str) -> bytes:
    """What was encrypted for this purpose. Raises InvalidToken."""
    return ciphers(tuple(settings.DOCUMENT_KEYS), purpose).decrypt(token)


def is_document_under_first_key(token: bytes, purpose: str) -> bool:
    """Whether such a token needs no rotation."""
    try:
        ciphers(tuple(settings.DOCUMENT_KEYS[:1]), purpose).decrypt(token)
    except InvalidToken:
        return False
    return True


def is_encrypted(text: str) -> bool:
    """Whether `text` looks like a token. For data from before there was encryption."""
    return text.startswith(_TOKEN_START)


def is_under_first_key(token: str) -> bool:
    """Whether a token needs no rotation: it was made with the key in use."""
    try:
        ciphers(tuple(settings.DATA_KEYS[:1])).decrypt(token.encode())
    except InvalidToken:
        return False
    return True


def hashes(value: str, purpose: str) -> list[bytes]:
    """The keyed hashes of a value: under the key in use, then under those that are still understood."""
    return [keyed_hash(value, key=key, purpose=purpose) for key in settings.HASH_KEYS]


def seal(text: str, purpose: str) -> str:
    """A token that leaves our database and comes back: nobody else can read, make, or alter it, or pass it off for another purpose."""
    return ciphers(tuple(settings.DATA_KEYS), purpose).encrypt(text.encode()).decode()


def unseal(token: str, purpose: str) -> str:
    """What was sealed for this purpose, under any of our keys. Raises InvalidToken."""
    return ciphers(tuple(settings.DATA_KEYS), purpose).decrypt(token.encode()).decode()


@lru_cache(maxsize=8)
def ciphers(keys: Sequence[str], purpose: str = "encryption") -> MultiFernet:
    """What encrypts under the first of these keys and decrypts under each. For a process that has keys of its own."""
    return MultiFernet([Fernet(_fernet_key(key, purpose)) for key in keys])


def _fernet_key(key: str, purpose: str) -> bytes:
    """Fernet wants 32 bytes; a setting is any long random text. Each purpose has a key of its own."""
    return base64.urlsafe_b64encode(hashlib.sha256(f"aeims {purpose}\0{key}".encode()).digest())
