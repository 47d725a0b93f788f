"""Numbers that nothing refers to any more go: typed in and never verified, or of texts that were deleted."""

from datetime import datetime

from django.db.models import Exists, ManyToOneRel, OuterRef

from phones.models import PhoneNumber

BATCH = 5_000


def delete_unused_numbers(before: datetime) -> int:
    """Delete numbers that came in before this time and that no table has; how many. In batches, each a transaction."""
    unused = PhoneNumber.objects.filter(created_at__lt=before)
    for relation in PhoneNumber._meta.get_fields(include_hidden=True):
        if isinstance(relation, ManyToOneRel):
            rows = relation.field.model._base_manager.filter(**{relation.field.name: OuterRef("pk")})
            unused = unused.filter(~Exists(rows))
    total = 0
    while keys := list(unused.values_list("pk", flat=True)[:BATCH]):
        total += PhoneNumber.objects.filter(pk__in=keys).delete()[0]
    return total
