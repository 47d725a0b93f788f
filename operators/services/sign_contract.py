"""Somebody signs the contract by typing their name: kept word for word, with edition, time, and a keyed hash of the network."""

from core import audit
from core.db import transactional
from core.encryption import hashes
from core.errors import Conflict, Invalid
from customers.models import User
from customers.networks import network_of
from operators.contract import Contract, current_contract
from operators.models import Application, ContractSignature, ContractText

_PURPOSE = "contract network"
_MAX_NAME = 120


def show_contract() -> Contract:
    """The contract in force, for a page that asks to sign it: from the first time on, its grace time runs."""
    contract = current_contract()
    _kept(contract)
    return contract


@transactional
def sign_contract(*, user: User, typed_name: str, digest: str, address: str | None) -> None:
    """Record it once. `digest`: of the text that the page showed. `address`: the network address it came from.

    Raises Invalid if the name isn't the one of the application, Conflict if another text was shown than is in force.
    """
    contract = current_contract()
    if digest != contract.digest:
        raise Conflict("The contract changed while you were reading. Please read it again.")
    name = " ".join(typed_name.replace("\x00", "").split())
    if not 1 <= len(name) <= _MAX_NAME:
        raise Invalid("Type your full legal name to sign.")
    application = Application.objects.filter(user=user).first()
    if application is not None and name.casefold() != application.legal_name.casefold():
        raise Invalid("Type your legal name exactly as in your application.")
    network = network_of(address) if address else None
    _, is_new = ContractSignature.objects.get_or_create(
        user=user,
        edition=contract.edition,
        defaults={
            "text": _kept(contract),
            "typed_name": name,
            "network_hash": hashes(network, _PURPOSE)[0] if network else None,
        },
    )
    if is_new:
        audit.record(
            actor=user, action="contract.sign", subject=user, edition=contract.edition, digest=contract.digest
        )


def _kept(contract: Contract) -> ContractText:
    row, _ = ContractText.objects.get_or_create(
        edition=contract.edition, digest=contract.digest, defaults={"text": contract.text}
    )
    return row
