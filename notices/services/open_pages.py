"""Remember who has a page open, so that nobody is told by other ways what the page shows."""

from collections.abc import Collection

from core import clock
from core.db import transactional
from customers.models import Customer
from notices.models import DeliverySettings


@transactional
def note_open_pages(user_ids: Collection[int]) -> None:
    """These people have a page open now. Called once a minute with those of a process; operators and staff are left out."""
    at = clock.now()
    customers = Customer.objects.filter(user__in=user_ids).values_list("user", flat=True).order_by("user")
    rows = [DeliverySettings(person_id=user_id, page_seen_at=at) for user_id in customers]
    DeliverySettings.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["person"], update_fields=["page_seen_at"]
    )
