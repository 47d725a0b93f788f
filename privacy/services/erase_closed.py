"""Erase the accounts that were closed so long ago that nobody needs them: as if their owners had asked, the books kept."""

from datetime import datetime

from core import audit, clock
from core.db import transactional
from customers.erased import ERASED_HOST
from customers.models import Customer, User
from privacy.models import Erasure
from privacy.obstacles import obstacles
from privacy.ownership import Person
from privacy.services.erase_person import erase
from privacy.services.request_erasure import waiting_erasure

REASON = "closed for as long as a closed account is kept"


def erase_closed_accounts(before: datetime) -> int:
    """Erase customers whose account was closed before that; how many. Where something is open, it is tried again every night."""
    closed = Customer.objects.filter(closed_at__lt=before).exclude(user__email__endswith=ERASED_HOST)
    return sum(_erase(pk, before) for pk in list(closed.order_by("pk").values_list("pk", flat=True)))


@transactional
def _erase(customer_id: int, before: datetime) -> bool:
    row = Customer.objects.select_for_update(no_key=True).filter(pk=customer_id, closed_at__lt=before).first()
    if row is None:
        return False
    user = User.objects.select_for_update(no_key=True).get(pk=row.user_id)
    person = Person.of(user)
    if waiting_erasure(user) is not None or obstacles(person):
        return False
    at = clock.now()
    erasure = Erasure.objects.create(user=user, reason=REASON, requested_at=at, due_at=at)
    audit.record(
        actor=None,
        action="person.erasure_requested",
        subject=person.record_subject,
        reason=REASON,
        erasure=erasure.pk,
    )
    return erase(erasure_id=erasure.pk)
