"""Remember which browsers and networks a person logs in with, so that a second account of theirs is known as theirs."""

import hashlib

from core import clock
from core.db import transactional
from core.encryption import hashes
from customers.models import Customer, Device, LoginNetwork
from customers.networks import network_of
from customers.services.follow_person import share_break

_PURPOSE = "login network"


def hash_of(marker: str) -> str:
    """Under what the browser that holds this marker is kept."""
    return hashlib.sha256(marker.encode()).hexdigest()


@transactional
def note_device(*, user_id: int, marker: str) -> None:
    """The user logged in with the browser that holds `marker`. Only the marker's hash is kept.

    A break that is taken by somebody who logged in with it holds for all who did.
    """
    at = clock.now()
    Device.objects.update_or_create(
        user_id=user_id,
        marker_hash=hash_of(marker),
        defaults={"last_seen_at": at},
        create_defaults={"first_seen_at": at, "last_seen_at": at},
    )
    customer = Customer.objects.filter(user=user_id).first()
    if customer is not None:
        share_break(customer, at)


@transactional
def note_network(*, user_id: int, address: str) -> None:
    """The user logged in from this network address. Only a keyed hash is kept; of addresses that are not public, nothing."""
    network = network_of(address)
    if network is not None:
        LoginNetwork.objects.update_or_create(
            user_id=user_id,
            network_hash=hashes(network, _PURPOSE)[0],
            defaults={"last_seen_at": clock.now()},
        )
