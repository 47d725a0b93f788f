"""What is left of an erased person's address: a keyed hash, by which somebody who returns is known. Under AEIMS_HASH_KEYS."""

from django.db.models import Q

from core.encryption import hashes

_PURPOSE = "email address"
ERASED_HOST = "@erased.invalid"  # RFC 2606: no mail ever goes there


def erased_address(email: str, pk: int) -> str:
    """What stands in the place of an address from now on; another one each time that the same person is erased."""
    return f"{hashes(email.lower(), _PURPOSE)[0].hex()}.{pk}{ERASED_HOST}"


def is_erased(email: str) -> bool:
    """Whether this stands for an address that is gone."""
    return email.endswith(ERASED_HOST)


def had_address(field: str, email: str) -> Q:
    """The condition that `field`, an address, stands for `email` after its owner was erased."""
    condition = Q(pk__in=[])
    for digest in hashes(email.lower(), _PURPOSE):
        condition |= Q((f"{field}__startswith", f"{digest.hex()}."))
    return condition
