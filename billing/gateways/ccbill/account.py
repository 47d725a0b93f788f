"""Our account at CCBill, as the environment names it; each setting is empty where there is none. docs/ccbill.md says what each is."""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass

from core.provider_settings import Declaration, Secret, Setting

_CLIENT_ACCOUNT = Setting("CCBILL_CLIENT_ACCOUNT")
_FLEXFORM_ID = Setting("CCBILL_FLEXFORM_ID")
_SALT = Secret(
    "CCBILL_SALT_KEY",
    among="CARD_SECRETS",
    algorithm="MD5, by CCBill's protocol, over TLS",
    replaced="when it may be known: with CCBill's support, while no payment is under way",
)
_DATALINK_USER = Setting("CCBILL_DATALINK_USER")
_DATALINK_PASSWORD = Secret(
    "CCBILL_DATALINK_PASSWORD",
    among="CARD_SECRETS",
    algorithm="a password over TLS",
    replaced="every 90 days: a second user in CCBill's Data Link suite, change both here, delete the first",
)
_NETWORKS = Setting("CCBILL_NETWORKS")
_SMALLEST = Setting("CCBILL_SMALLEST_MINOR")
_LARGEST = Setting("CCBILL_LARGEST_MINOR")
_SAVED_CARDS = Setting("CCBILL_SAVED_CARDS")

# ccbill.com/doc/webhooks-user-guide; ccbill.com/doc/dynamic-pricing-flexforms.
_DOCUMENTED_NETWORKS = "64.38.212.0/24,64.38.215.0/24,64.38.240.0/24,64.38.241.0/24"
_DOCUMENTED_SMALLEST, _DOCUMENTED_LARGEST = 295, 10_000

DECLARATION = Declaration(
    title="CCBill",
    settings=(
        _CLIENT_ACCOUNT, _FLEXFORM_ID, _SALT, _DATALINK_USER, _DATALINK_PASSWORD, _NETWORKS, _SMALLEST, _LARGEST, _SAVED_CARDS,
    ),
    hosts=("datalink.ccbill.com", "bill.ccbill.com"),
    proof="from CCBill's networks, of our account; a sale has a digest. A hint only: CCBill is asked",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SubAccount:
    """One of our accounts, as merchant accounts name it: `900100-0000`."""

    client: str
    sub: str

    @classmethod
    def named(cls, name: str) -> "SubAccount":
        client, _, sub = name.partition("-")
        return cls(client, sub)

    def __str__(self) -> str:
        return f"{self.client}-{self.sub}"


@dataclass(frozen=True, slots=True)
class Login:
    """Who asks CCBill about our account."""

    client: str
    user: str
    password: str


def client_account() -> str:
    """The six digits of our main account."""
    return _CLIENT_ACCOUNT.value.strip()


def login() -> Login | None:
    """The user of CCBill's Data Link; None where there is none."""
    login = Login(client_account(), _DATALINK_USER.value.strip(), _DATALINK_PASSWORD.value)
    return login if login.client and login.user and login.password else None


def flexform_id(sub: str) -> str:
    """The payment flow of this sub-account."""
    return _of_sub_account(_FLEXFORM_ID.value, sub)


def salt(sub: str) -> str:
    """What CCBill calls the encryption key of this sub-account."""
    return _of_sub_account(_SALT.value, sub)


def is_from_ccbill(address: str) -> bool:
    """Whether CCBill's documents name this address as a source of webhooks."""
    try:
        source = ipaddress.ip_address(address)
    except ValueError:
        return False
    networks = (_NETWORKS.value or _DOCUMENTED_NETWORKS).split(",")
    return any(source in ipaddress.ip_network(network.strip()) for network in networks)


def smallest_minor() -> int:
    """The smallest price, in cents."""
    return int(_SMALLEST.value or _DOCUMENTED_SMALLEST)


def largest_minor() -> int:
    """The largest price, in cents: what CCBill documents, or agreed to."""
    return int(_LARGEST.value or _DOCUMENTED_LARGEST)


def may_charge_saved_cards() -> bool:
    """Whether CCBill has allowed us to charge by a previous transaction."""
    return _SAVED_CARDS.value == "1"


def complaints() -> Iterator[str]:
    """What is wrong with the settings, in words; nothing where none is set."""
    needed = (_CLIENT_ACCOUNT, _FLEXFORM_ID, _SALT, _DATALINK_USER, _DATALINK_PASSWORD)
    missing = [setting.name for setting in needed if not setting.value]
    if missing and len(missing) < len(needed):
        yield f"CCBill is set up in part: {', '.join(missing)} missing."
    if _CLIENT_ACCOUNT.value and not re.fullmatch(r"[0-9]{6}", client_account()):
        yield f"{_CLIENT_ACCOUNT.name} must have six digits."
    try:
        are_sound = 0 < smallest_minor() <= largest_minor()
    except ValueError:
        are_sound = False
    if not are_sound:
        yield f"{_SMALLEST.name} and {_LARGEST.name} must be cents, the smallest first."
    try:
        is_from_ccbill("127.0.0.1")
    except ValueError:
        yield f"{_NETWORKS.name} must be networks, commas between."


def _of_sub_account(value: str, sub: str) -> str:
    """`value` is one for all sub-accounts, or one for each: `0000=abc,0001=def`."""
    if "=" not in value:
        return value.strip()
    pairs = (pair.partition("=") for pair in value.split(","))
    return {name.strip(): of_it.strip() for name, _, of_it in pairs}.get(sub, "")
