"""Somebody asks to have their data erased, or takes it back. It is done some days later (`erase_person`)."""

from datetime import timedelta

from django.utils.translation import gettext as _

from core import audit, clock
from core.db import transactional
from core.errors import Conflict, NotFound
from core.parse import MAX_REASON, checked_reason
from customers.domain_events import spending_rules_changed
from customers.models import Customer, User
from customers.own_account import refuse_own_account
from notices.letters import day_of
from notices.services.enqueue import enqueue
from notices.states import NoticeKind
from operators.models import Operator
from operators.services.close_account import close_account as close_operator
from operators.services.close_account import reopen_account as reopen_operator
from privacy.models import Erasure
from privacy.obstacles import describe, obstacles
from privacy.ownership import Person
from privacy.states import ErasureState

UNDO_FOR = timedelta(days=3)


@transactional
def request_erasure(*, user: User, actor: User, reason: str = "", url: str = "") -> Erasure:
    """Erase what is kept about `user` in three days; until then their accounts are closed, and it can be taken back.
    Staff suspend an operator first, who then stays suspended.

    `actor`: the person, or staff, who give a reason. `url`: of the page where it is taken back, for the letter. Raises Conflict: `already_asked`, or an
    `ErasureObstacle`; Invalid (no reason), NotAllowed `own_account`.
    """
    is_own = actor.pk == user.pk
    stated = reason.replace("\x00", "").strip()[:MAX_REASON] if is_own else checked_reason(reason)
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    customer = Customer.objects.select_for_update(no_key=True).filter(user=user).first()
    operator = Operator.objects.select_for_update().filter(user=user).first()
    person = Person(user, customer, operator)
    if not is_own:
        refuse_own_account(actor, person.customer, person.operator)
    if waiting_erasure(user) is not None:
        raise Conflict(_("This has already been requested."), code="already_asked")
    for obstacle in obstacles(person, closes_account=is_own):
        raise Conflict(describe(obstacle), code=obstacle)
    at = clock.now()
    closes = customer is not None and customer.closed_at is None
    if customer is not None and closes:
        customer.closed_at = at
        customer.save(update_fields=["closed_at"])
        spending_rules_changed.after_commit(customer_id=customer.pk)
    if operator is not None and is_own:
        close_operator(operator)
    erasure = Erasure.objects.create(
        user=user,
        requested_by=actor,
        reason=stated,
        closes_account=closes,
        requested_at=at,
        due_at=at + UNDO_FOR,
    )
    audit.record(
        actor=actor,
        action="person.erasure_requested",
        subject=person.record_subject,
        reason=stated,
        erasure=erasure.pk,
    )
    brand = customer.home_brand if customer else None
    enqueue(
        NoticeKind.ERASURE_REQUESTED, recipient=user, brand=brand, day=day_of(erasure.due_at, user), url=url
    )
    return erasure


@transactional
def cancel_erasure(*, user: User, actor: User) -> None:
    """Keep everything. An account that was closed for it is open again. Raises NotFound if nothing waits."""
    erasure = Erasure.objects.select_for_update().filter(user=user, state=ErasureState.WAITING).first()
    if erasure is None:
        raise NotFound(_("There’s nothing to undo."))
    erasure.state, erasure.finished_at = ErasureState.CANCELED, clock.now()
    erasure.save(update_fields=["state", "finished_at"])
    if erasure.closes_account:
        Customer.objects.filter(user=user).update(closed_at=None)
        for pk in Customer.objects.filter(user=user).values_list("pk", flat=True):
            spending_rules_changed.after_commit(customer_id=pk)
    for operator in Operator.objects.select_for_update().filter(user=user):
        reopen_operator(operator)
    audit.record(
        actor=actor,
        action="person.erasure_canceled",
        subject=Person.of(user).record_subject,
        erasure=erasure.pk,
    )


def waiting_erasure(user: User) -> Erasure | None:
    """What this person asked for and can still take back."""
    return Erasure.objects.filter(user=user, state=ErasureState.WAITING).first()
