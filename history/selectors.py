"""Reads about histories: what was changed on one object and on the rows that belong to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model
from pghistory.models import Event

from core.days import BOOKS_ZONE
from core.money import format_money
from customers.models import User

SHOWN = 200
# Rows that belong to another object, by the column that names it: their changes are shown on its page.
OWNERS = {
    "RoleChange": ("user", "group"),
    "RightChange": ("user",),
    "GroupRightChange": ("group",),
    "LimitChange": ("customer",),
    "ListingChange": ("operator", "brand"),
    "HostChange": ("brand",),
    "RulesChange": ("brand",),
}
_VERBS = {"insert": "added", "delete": "removed", "update": "changed"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One column, before and after, as words."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """What one deed changed on one row. `who`: a member of staff, a job, or a command; empty: the person's own page, or SQL."""

    at: datetime
    who: str
    what: str
    differences: tuple[Difference, ...]


def changes_of(obj: Model) -> list[Change]:
    """The newest changes of `obj` and of what belongs to it, newest first. Nothing for what has no history.

    Of one transaction those of `obj` itself stand before those of what belongs to it.
    """
    events: list[tuple[Event, Event | None]] = []
    for model in event_models():
        for lookup in _lookups(model, obj):
            events += _with_previous(model.objects.filter(**lookup).order_by("pgh_id"))
    events.sort(
        key=lambda pair: (pair[0].pgh_created_at, _is_about(pair[0], obj), pair[0].pgh_id), reverse=True
    )
    events = events[:SHOWN]
    staff = User.objects.in_bulk({user for event, _ in events if (user := _user_id(event)) is not None})
    return [_change(event, before, staff) for event, before in events]


def event_models() -> list[Any]:
    """The tables of histories."""
    return [model for model in apps.get_app_config("history").get_models() if issubclass(model, Event)]


def _is_about(event: Any, obj: Model) -> bool:
    """Whether the event is of this row, not of one that belongs to it."""
    return isinstance(obj, event.pgh_tracked_model._meta.concrete_model)


def _lookups(model: Any, obj: Model) -> Iterator[dict[str, Any]]:
    if _is_about(model, obj):
        yield {"pgh_obj": obj.pk}
    for name in OWNERS.get(model.__name__, ()):
        if isinstance(obj, model._meta.get_field(name).related_model):
            yield {name: obj.pk}


def _with_previous(events: Any) -> Iterator[tuple[Event, Event | None]]:
    """Each event with the one before it of the same row; how it was when histories began is no event."""
    last: dict[int, Event] = {}
    for event in events:
        before = last.get(event.pgh_obj_id)
        last[event.pgh_obj_id] = event
        if event.pgh_label != "begin":
            yield event, before


def _context(event: Event) -> dict[str, Any]:
    return getattr(event, "pgh_context", None) or {}


def _user_id(event: Event) -> int | None:
    return _context(event).get("user")


def _who(event: Event, staff: dict[Any, User]) -> str:
    user_id, context = _user_id(event), _context(event)
    names = [str(staff.get(user_id, f"user {user_id}"))] if user_id is not None else []
    names += [f"{what} {context[what]}" for what in ("command", "job") if what in context]
    return ", ".join(names)


def _change(event: Event, before: Event | None, staff: dict[Any, User]) -> Change:
    row = type(event).pgh_tracked_model._meta.concrete_model._meta.verbose_name  # type: ignore[attr-defined]
    verb = _VERBS[event.pgh_label]
    return Change(
        event.pgh_created_at, _who(event, staff), f"{row} {verb}", tuple(_differences(event, before))
    )


def _differences(event: Event, before: Event | None) -> Iterator[Difference]:
    is_gone = event.pgh_label == "delete"
    for field in event._meta.fields:
        if field.name.startswith("pgh_"):
            continue
        old = None if before is None else getattr(before, field.attname)
        new = None if is_gone else getattr(event, field.attname)
        if old != new:
            yield Difference(
                str(field.verbose_name), "" if before is None else _in_words(before, field), "" if is_gone else _in_words(event, field)
            )  # fmt: skip


def _in_words(event: Event, field: Any) -> str:
    value = getattr(event, field.attname)
    if value is None:
        return "none"
    if field.is_relation:
        try:
            return str(getattr(event, field.name))
        except ObjectDoesNotExist:
            return f"{field.name} {value}, gone"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if field.name.endswith("_minor"):
        return format_money(value)
    if isinstance(value, datetime):
        return f"{value.astimezone(BOOKS_ZONE):%Y-%m-%d %H:%M}"
    return str(value)
