"""Who may keep a socket open: told by a push as soon as something changes, and looked at once a minute for all.

A page's rights are checked when its socket opens (`PushConsumer.open`). They end with the session, the account, a right, or
a block; each of these sends `recheck` to the person's group. The look once a minute is the net below: one statement per
process, whatever the number of sockets.
"""

import asyncio
from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Any, Protocol
from weakref import WeakKeyDictionary, WeakSet

from channels.db import database_sync_to_async
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save

from core import clock
from core.sessions import SessionStore
from customers.groups import recheck_sockets
from customers.models import Customer, User
from notices.services.open_pages import note_open_pages
from operators.models import Block, Operator
from web.working_sessions import keep_alive

LOOK_EVERY_SECONDS = 60
Holder = tuple[str, int]  # session key and user id
_BATCH = 500  # people told at once when the rights of a group change


class WatchedSocket(Protocol):
    """What the net needs of a consumer."""

    holder: Holder | None
    rights: str | None
    session_ends_at: float | None

    async def recheck(self, event: dict[str, Any]) -> None: ...


_open: WeakKeyDictionary[asyncio.AbstractEventLoop, WeakSet[Any]] = WeakKeyDictionary()
_looking: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[None]] = WeakKeyDictionary()


def watch(socket: WatchedSocket) -> None:
    """Look at this socket once a minute until `forget`; somebody must be logged in there."""
    loop = asyncio.get_running_loop()
    _open.setdefault(loop, WeakSet()).add(socket)
    if loop not in _looking or _looking[loop].done():
        _looking[loop] = loop.create_task(_look_again_and_again())


def forget(socket: WatchedSocket) -> None:
    """The socket is closed. The last one ends the looking."""
    loop = asyncio.get_running_loop()
    _open.get(loop, WeakSet()).discard(socket)
    if not _open.get(loop) and loop in _looking:
        _looking.pop(loop).cancel()


async def look() -> None:
    """Recheck each open socket of this process whose holder's session or rights are not what they were."""
    sockets = list(_open.get(asyncio.get_running_loop(), ()))
    holders = {socket.holder for socket in sockets}
    rights = await database_sync_to_async(rights_of)(holders)
    for socket in sockets:
        if socket.rights != rights.get(socket.holder):
            socket.rights = rights.get(socket.holder)
            await socket.recheck({})
    if holders := {socket.holder for socket in sockets if socket.holder is not None}:
        await database_sync_to_async(note_open_pages)({user_id for _, user_id in holders})
    if working := [socket for socket in sockets if socket.session_ends_at is not None]:
        await database_sync_to_async(keep_alive)(working)


async def _look_again_and_again() -> None:
    while True:
        await asyncio.sleep(LOOK_EVERY_SECONDS)
        with suppress(DatabaseError):  # looked at again in a minute
            await look()


_FINGERPRINT = """md5(concat_ws('|', {person}.is_staff, {person}.is_superuser, {person}.password,
    (SELECT string_agg(own.permission_id::text, ',' ORDER BY own.permission_id)
       FROM {user_permissions} own WHERE own.user_id = {person}.id),
    (SELECT string_agg(shared.permission_id::text, ',' ORDER BY shared.permission_id)
       FROM {user_groups} member JOIN {group_permissions} shared USING (group_id) WHERE member.user_id = {person}.id),
    (SELECT concat(count(*), ' ', max(block.id)) FROM {block} block
      WHERE block.customer_id IN (SELECT id FROM {customer} WHERE user_id = {person}.id)),
    (SELECT concat(count(*), ' ', max(block.id)) FROM {block} block
      WHERE block.operator_id IN (SELECT id FROM {operator} WHERE user_id = {person}.id))))"""

_RIGHTS = """
SELECT holder.session_key, holder.user_id, {fingerprint}
FROM unnest(%s::text[], %s::bigint[]) AS holder (session_key, user_id)
JOIN {session} session ON session.session_key = holder.session_key AND session.expire_date > %s
JOIN {user} person ON person.id = holder.user_id AND person.is_active
"""


def rights_of(holders: Collection[Holder]) -> dict[Holder, str]:
    """A fingerprint of what each holder may do, in one statement; none for a session or account that has ended: a session by our
    clock, which said when it ends, not by the database's.
    """
    statement = _RIGHTS.format(fingerprint=fingerprint_sql("person"), **_tables())
    keys, users = [key for key, _ in holders], [user_id for _, user_id in holders]
    with connection.cursor() as cursor:
        cursor.execute(statement, [keys, users, clock.now()])
        return {(key, user_id): fingerprint for key, user_id, fingerprint in cursor.fetchall()}


def fingerprint_sql(person: str) -> str:
    """SQL for the fingerprint of what somebody may do. `person`: what the statement calls the row of the user."""
    return _FINGERPRINT.format(person=person, **_tables())


def _tables() -> dict[str, str]:
    tables: dict[str, type[Model]] = {
        "user": User,
        "user_groups": User.groups.through,
        "user_permissions": User.user_permissions.through,
        "group_permissions": Group.permissions.through,
        "session": Session,
        "block": Block,
        "customer": Customer,
        "operator": Operator,
    }
    return {name: connection.ops.quote_name(model._meta.db_table) for name, model in tables.items()}


# -- what ends a right, told at once


def _session_ended(instance: Session, **_: Any) -> None:
    """Logged out, here or from another device. Sessions that had expired are cleaned up without a word."""
    user_id = str(SessionStore().decode(instance.session_data).get(SESSION_KEY, ""))
    if user_id.isdigit() and instance.expire_date > clock.now() - timedelta(minutes=1):
        recheck_sockets([int(user_id)])


def _person_changed(instance: User, created: bool, **_: Any) -> None:
    if not created:
        recheck_sockets([instance.pk])


def _persons_rights_changed(
    instance: User | Group, action: str, reverse: bool, pk_set: Any, **_: Any
) -> None:
    """Groups or permissions of a person; `reverse`: of a group or permission, whose people follow."""
    if action.startswith("post_"):
        recheck_sockets((pk_set or ()) if reverse else [instance.pk])


def _groups_rights_changed(instance: Any, action: str, reverse: bool, pk_set: Any, **_: Any) -> None:
    if not action.startswith("post_"):
        return
    groups: Iterable[int] = (pk_set or ()) if reverse else [instance.pk]
    people = list(User.objects.filter(groups__in=groups).values_list("pk", flat=True).distinct())
    for start in range(0, len(people), _BATCH):
        recheck_sockets(people[start : start + _BATCH])


def connect_signals() -> None:
    """Called once, when Django has loaded all models."""
    post_delete.connect(_session_ended, sender=Session)
    post_save.connect(_person_changed, sender=User)
    m2m_changed.connect(_persons_rights_changed, sender=User.groups.through)
    m2m_changed.connect(_persons_rights_changed, sender=User.user_permissions.through)
    m2m_changed.connect(_groups_rights_changed, sender=Group.permissions.through)
