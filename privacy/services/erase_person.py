"""Erase what is kept about a person, by the table of `privacy.ownership`: the books, consents, and blocks stay, without a name."""

from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db.models import Model, QuerySet

from core import audit, clock
from core.db import transactional
from customers.groups import recheck_sockets
from customers.models import User
from notices.letters import day_of
from notices.services.enqueue import enqueue
from notices.states import NoticeKind
from privacy.erasing import Delete, Empty, Forget
from privacy.models import Erasure
from privacy.obstacles import obstacles
from privacy.ownership import TABLE, Person
from privacy.states import ErasureState


def erase_due() -> int:
    """Erase whose time has come; how many. One who has something unsettled meanwhile is tried again the next time."""
    due = Erasure.objects.filter(state=ErasureState.WAITING, due_at__lte=clock.now()).order_by("due_at")
    return sum(erase(erasure_id=pk) for pk in list(due.values_list("pk", flat=True)))


@transactional
def erase(*, erasure_id: int) -> bool:
    """Do it now; False if it was done or taken back, or if something is in the way, which is kept on the row."""
    erasure = Erasure.objects.select_for_update().filter(pk=erasure_id, state=ErasureState.WAITING).first()
    if erasure is None:
        return False
    person = Person.of(User.objects.select_for_update(no_key=True).get(pk=erasure.user_id))
    for obstacle in obstacles(person):
        erasure.obstacle = obstacle
        erasure.save(update_fields=["obstacle"])
        return False
    address, brand = person.user.email, person.customer.home_brand if person.customer else None
    _end_sessions(person.user)
    _forget_in_admin_log(person)
    for row in TABLE:
        condition = row.where(person)
        if condition is None:
            continue
        rows = apps.get_model(row.model)._default_manager.filter(condition)
        if isinstance(row.erase, Delete):
            rows.delete()
        elif isinstance(row.erase, Empty):
            _empty(rows, dict(row.erase.columns))
        elif isinstance(row.erase, Forget):
            rows.forget()
    erasure.state, erasure.finished_at, erasure.obstacle = ErasureState.DONE, clock.now(), ""
    erasure.save(update_fields=["state", "finished_at", "obstacle"])
    audit.record(
        actor=erasure.requested_by, action="person.erase", subject=person.record_subject, erasure=erasure.pk
    )
    day = day_of(erasure.finished_at, person.user)
    enqueue(NoticeKind.ERASED, address=address, brand=brand, day=day)
    return True


def _empty(rows: QuerySet[Any], columns: dict[str, Any]) -> None:
    if not any(callable(value) for value in columns.values()):
        rows.update(**columns)
        return
    for row in rows:
        for name, value in columns.items():
            setattr(row, name, value(row) if callable(value) else value)
        row.save(update_fields=list(columns))


def _end_sessions(user: User) -> None:
    """All logins, in all browsers, pages that are open included."""
    listed = apps.get_model("usersessions.UserSession")._default_manager.filter(user=user)
    Session.objects.filter(pk__in=list(listed.values_list("session_key", flat=True))).delete()
    recheck_sockets([user.pk])


def _forget_in_admin_log(person: Person) -> None:
    """Django's log of the admin names each object as it was."""
    log = apps.get_model("admin.LogEntry")._default_manager
    objects: list[Model | None] = [person.user, person.customer, person.operator]
    for subject in filter(None, objects):
        content_type = ContentType.objects.get_for_model(type(subject))
        log.filter(content_type=content_type, object_id=str(subject.pk)).update(
            object_repr="", change_message=""
        )
