"""The bank's files as they are kept: encrypted under AEIMS_DOCUMENT_KEYS, with the SHA-256 of their bytes."""

import hashlib

from billing.payouts.models import PayoutFile
from core.encryption import InvalidToken, decrypt_document, encrypt_document

FILE_PURPOSE = "payout file"


class AlteredFile(Exception):
    """What is kept isn't what was made; `str(error)` says what was found."""


def sealed_file(data: bytes) -> tuple[bytes, str]:
    """A token of the bytes, and their digest."""
    return encrypt_document(data, FILE_PURPOSE), hashlib.sha256(data).hexdigest()


def opened_file(file: PayoutFile) -> bytes:
    """The bytes as they were made. Raises AlteredFile."""
    try:
        data = decrypt_document(bytes(file.data), FILE_PURPOSE)
    except InvalidToken:
        raise AlteredFile("not under our keys") from None
    if (found := hashlib.sha256(data).hexdigest()) != file.digest:
        raise AlteredFile(found)
    return data
