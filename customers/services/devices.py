"""Remember which browsers a person logs in with, so that a second account of theirs is known as theirs."""

import hashlib

from core import clock
from core.db import transactional
from customers.models import Device


@transactional
def note_device(*, user_id: int, marker: str) -> None:
    """The user logged in with the browser that holds `marker`. Only the marker's hash is kept."""
    at = clock.now()
    Device.objects.update_or_create(
        user_id=user_id,
        marker_hash=hashlib.sha256(marker.encode()).hexdigest(),
        defaults={"last_seen_at": at},
        create_defaults={"first_seen_at": at, "last_seen_at": at},
    )
