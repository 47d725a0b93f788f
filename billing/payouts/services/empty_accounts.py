"""Empty the details of accounts that nobody is paid to anymore."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from billing.payouts.models import PayoutAccount, PayoutItem
from billing.payouts.states import IN_TRANSIT


def empty_old_accounts(before: datetime) -> int:
    """Empty the details of accounts that ended, or that another one took the place of, and that were last paid to, before that.

    That there was one, its last four digits, and its keyed hash stay. How many.
    """
    later = PayoutAccount.objects.filter(
        operator=OuterRef("operator"), pk__gt=OuterRef("pk"), ended_at=None, effective_at__lt=before
    )
    used = PayoutItem.objects.filter(account=OuterRef("pk")).filter(
        Q(state__in=IN_TRANSIT)
        | Q(approved_at__gte=before)
        | Q(paid_at__gte=before)
        | Q(returned_at__gte=before)
    )
    rows = PayoutAccount.objects.exclude(details=b"").filter(Q(ended_at__lt=before) | Exists(later))
    return rows.filter(~Exists(used)).update(details=b"")
