"""Remember who has a page open, so that nobody is told by other ways what the page shows."""

from collections.abc import Collection

from django.db.models import Exists, OuterRef

from core import clock
from core.db import transactional
from customers.models import Customer, User
from notices.models import DeliverySettings
from operators.models import Operator


@transactional
def note_open_pages(user_ids: Collection[int]) -> None:
    """These people have a page open now. Called once a minute with those of a process; staff are left out."""
    at = clock.now()
    people = User.objects.filter(
        Exists(Customer.objects.filter(user=OuterRef("pk")))
        | Exists(Operator.objects.filter(user=OuterRef("pk"))),
        pk__in=user_ids,
    )
    seen = people.values_list("pk", flat=True).order_by("pk")
    rows = [DeliverySettings(person_id=user_id, page_seen_at=at) for user_id in seen]
    DeliverySettings.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["person"], update_fields=["page_seen_at"]
    )
