"""What the merchant asks for, in the address of the payment page: signed, so that nobody on the way changes it."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse

from core.encryption import hashes

SIGNATURE = "signature"
_SITE = "sandbox"  # in settings.SITE_URLCONFS
_PURPOSE = "sandbox processor"


class Changed(ValueError):
    """An order without the merchant's signature."""


@dataclass(frozen=True, slots=True)
class Order:
    """One payment to be made on the page. `payment` is the merchant's number of it; the merchant's account is `account`."""

    payment: str
    account: str
    merchant: str
    amount_minor: int
    currency: str
    statement_text: str
    return_url: str

    @property
    def fields(self) -> dict[str, str]:
        """With the signature: what the address and the page's form carry."""
        values = {name: str(value) for name, value in asdict(self).items()}
        return {**values, SIGNATURE: sign(_canonical(values))}

    @property
    def address(self) -> str:
        """Of the page that takes this payment."""
        path = reverse("sandbox-payment", urlconf=settings.SITE_URLCONFS[_SITE])
        return f"{origin()}{path}?{urlencode(self.fields)}"

    @classmethod
    def read(cls, values: Mapping[str, str]) -> "Order":
        """Raises Changed."""
        given = {name: values.get(name, "") for name in cls.__dataclass_fields__}
        if not is_signed(_canonical(given), values.get(SIGNATURE, "")):
            raise Changed
        return cls(**{**given, "amount_minor": int(given["amount_minor"])})  # type: ignore[arg-type]


def origin() -> str:
    """Where the pages of the sandbox are, like `http://pay.localhost:8000`."""
    return f"http://{settings.SANDBOX_HOSTS[0]}:{settings.PORT}"


def sign(body: bytes) -> str:
    """The signature that the merchant and the sandbox share, in hex."""
    return _signatures(body)[0]


def is_signed(body: bytes, signature: str) -> bool:
    """Whether it is the one of this body, by a key in use or one that is still understood."""
    given = signature.encode()
    matches = [hmac.compare_digest(made.encode(), given) for made in _signatures(body)]
    return any(matches)


def _signatures(body: bytes) -> list[str]:
    return [hmac.new(key, body, hashlib.sha256).hexdigest() for key in hashes(_SITE, _PURPOSE)]


def _canonical(values: Mapping[str, str]) -> bytes:
    return urlencode(sorted(values.items())).encode()
