"""Forms of the admin whose changes are on record: every field from what to what, the rows of inline forms too."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from django.db import models
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from core import audit
from core.private_search import PrivateSearchAdmin

M = TypeVar("M", bound=Model)
Values = dict[str, Any]

_PLAIN = (bool, int, str, type(None))


def only_that_it_changed(value: Any) -> str:
    """For the record of a secret: whether there is one."""
    return "set" if value else "none"


def mask_email(value: Any) -> str:
    """Enough of an address to recognize it: its first character and its host."""
    name, _, host = str(value).partition("@")
    return f"{name[:1]}…@{host}"


def last_two_digits(value: Any) -> str:
    """What a record may hold of a phone number."""
    return f"…{str(value)[-2:]}" if value else "none"


class RecordedAdmin(PrivateSearchAdmin[M]):
    """Writes `{record_name}.create`, `.change` or `.delete` in the transaction of the change.

    `masks` says how a record shows what must not stand in it as it is.
    """

    record_name: str
    masks: Mapping[str, Callable[[Any], str]] = {}

    def save_model(self, request: HttpRequest, obj: M, form: Any, change: bool) -> None:
        form.values_before = self.values(self.model._default_manager.get(pk=obj.pk)) if change else {}
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Iterable[Any], change: bool) -> None:
        super().save_related(request, form, formsets, change)
        saved = self.model._default_manager.get(pk=form.instance.pk)
        details: Values = {"changes": difference(form.values_before, self.values(saved))}
        rows = [row for formset in formsets for row in self._row_changes(formset)]
        if rows:
            details["rows"] = rows
        if rows or details["changes"]:
            self.record(request, saved, "change" if change else "create", **details)

    def delete_model(self, request: HttpRequest, obj: M) -> None:
        before = self.values(obj)
        self.record(request, obj, "delete", changes=difference(before, {}))
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[M]) -> None:
        for obj in queryset:
            self.record(request, obj, "delete", changes=difference(self.values(obj), {}))
        super().delete_queryset(request, queryset)

    def record(self, request: HttpRequest, obj: Model, deed: str, **details: Any) -> None:
        """One line of the audit trail about `obj`."""
        actor = request.user if request.user.is_authenticated else None
        audit.record(actor=actor, action=f"{self.record_name}.{deed}", subject=obj, **details)

    def values(self, obj: Model) -> Values:
        """Every column and every many-to-many choice of a stored row, as a record shows them."""
        columns = {field.name: getattr(obj, field.attname) for field in obj._meta.concrete_fields}
        choices = {
            field.name: sorted(str(item) for item in getattr(obj, field.name).all())
            for field in obj._meta.many_to_many
        }
        return {name: self._as_recorded(name, value) for name, value in (columns | choices).items()}

    def _as_recorded(self, name: str, value: Any) -> Any:
        if name in self.masks:
            return self.masks[name](value)
        if isinstance(value, list):
            return [item if isinstance(item, _PLAIN) else str(item) for item in value]
        return value if isinstance(value, _PLAIN) else str(value)

    def _row_changes(self, formset: Any) -> Iterable[Values]:
        table = formset.model._meta.label_lower
        for row in formset.new_objects:
            yield {"table": table, "deed": "create", "row": str(row)}
        for row in formset.deleted_objects:
            yield {"table": table, "deed": "delete", "row": str(row)}
        for row, names in formset.changed_objects:
            [form] = [form for form in formset.initial_forms if form.instance == row]
            before = {name: self._as_recorded(name, _key(form.initial.get(name))) for name in names}
            after = {name: self._as_recorded(name, _key(form.cleaned_data.get(name))) for name in names}
            yield {"table": table, "deed": "change", "row": row.pk, "changes": difference(before, after)}


def difference(before: Values, after: Values) -> dict[str, list[Any]]:
    """What is not the same: name → [before, after]; None where there was or is nothing."""
    pairs = {name: [before.get(name), after.get(name)] for name in {**before, **after}}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _key(value: Any) -> Any:
    return value.pk if isinstance(value, models.Model) else value
