"""Where money is sent: encrypted under AEIMS_DOCUMENT_KEYS, opened only to build a file for the bank or by a right of its own."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from billing.payouts.models import PayoutAccount
from billing.payouts.routing import is_routing_number
from billing.payouts.states import AccountType, Method
from core.encryption import decrypt_document, encrypt_document, hashes
from core.errors import Invalid

PURPOSE = "payout account"
_MAX_LINE, _SHORTEST_ADDRESS = 120, 10


@dataclass(frozen=True, slots=True)
class Details:
    """What a method needs: a bank account, a postal address for checks, or the name of a wallet."""

    holder: str
    routing: str = ""
    account: str = ""
    account_type: str = ""
    address: str = ""
    wallet: str = ""

    @property
    def last_four(self) -> str:
        return self.account[-4:]


def checked_details(method: str, given: Mapping[str, str]) -> Details:
    """What was entered, without blanks where none belong. Raises Invalid, with the `field`."""
    if method not in Method.values:
        raise Invalid("Choose how you want to be paid.", field="method")
    texts = {name: " ".join(str(given.get(name, "")).split())[:400] for name in Details.__slots__}
    if not 2 <= len(texts["holder"]) <= _MAX_LINE:
        raise Invalid("Enter the name on the account.", field="holder")
    kept: tuple[str, ...] = ("holder",)
    if method in (Method.ACH, Method.TRANSFER):
        texts["account"] = texts["account"].replace(" ", "").replace("-", "")
        _check_bank_account(texts)
        kept = ("holder", "routing", "account", "account_type")
    elif method == Method.CHECK:
        if len(texts["address"]) < _SHORTEST_ADDRESS:
            raise Invalid("Enter the address that checks are sent to.", field="address")
        kept = ("holder", "address")
    else:
        if not 3 <= len(texts["wallet"]) <= _MAX_LINE:
            raise Invalid("Enter the name of your wallet.", field="wallet")
        kept = ("holder", "wallet")
    return Details(**{name: texts[name] for name in kept})


def _check_bank_account(texts: Mapping[str, str]) -> None:
    if not is_routing_number(texts["routing"]):
        raise Invalid(
            "This isn’t a routing number. It has nine digits: see the bottom of a check.", field="routing"
        )
    if not (4 <= len(texts["account"]) <= 17 and texts["account"].isascii() and texts["account"].isdigit()):
        raise Invalid("Enter the account number: 4 to 17 digits.", field="account")
    if texts["account_type"] not in AccountType.values:
        raise Invalid("Choose checking or savings.", field="account_type")


def sealed(details: Details) -> bytes:
    """A token of these details."""
    return encrypt_document(json.dumps(asdict(details)).encode(), PURPOSE)


def opened(account: PayoutAccount) -> Details:
    """What the token holds. Raises `core.encryption.InvalidToken`."""
    return Details(**json.loads(decrypt_document(bytes(account.details), PURPOSE)))


def digests(method: str, details: Details) -> list[bytes]:
    """The same for the same account, whoever has it: the first is kept, the others are of keys that were replaced."""
    whose = details.routing + details.account or details.wallet or details.address
    return hashes(f"{method} {whose.casefold()}", PURPOSE)
