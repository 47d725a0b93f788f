"""What every admin page of a large or read-only table has in common, and the audit trail."""

from typing import Any, TypeVar

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import flatten
from django.contrib.admin.widgets import AdminSplitDateTime
from django.core.paginator import Paginator
from django.db.models import DateTimeField, Field, JSONField, Model, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from procrastinate.contrib.django.admin import ProcrastinateJobAdmin
from procrastinate.contrib.django.models import ProcrastinateJob

from core.models import AuditRecord
from core.money import format_money
from core.private_search import PrivateSearchAdmin

M = TypeVar("M", bound=Model)


class CappedPaginator(Paginator[M]):
    """Counts no further than the last page anybody turns to; beyond it one searches."""

    MOST = 10_001

    @cached_property
    def count(self) -> int:
        assert isinstance(self.object_list, QuerySet)
        return self.object_list[: self.MOST].count()


def as_boxes(field: Any) -> Any:
    """A choice of many as boxes to tick: each stands alone, and a click takes no other away."""
    field.widget = forms.CheckboxSelectMultiple(choices=field.choices)
    field.help_text = ""
    return field


class MomentWidget(AdminSplitDateTime):
    """Django's pair of fields for a moment, each with a name that can be read out."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        for widget, name in zip(self.widgets, ("Date", "Time"), strict=True):
            widget.attrs["aria-label"] = name


def in_words(value: Any) -> str:
    """JSON for people: {"seconds": 60, "amount_minor": 399} → "seconds: 60, amount: $3.99"; parts of a list by lines."""
    if isinstance(value, dict):
        return ", ".join(f"{_label(key)}: {_fact(key, item)}" for key, item in value.items())
    if isinstance(value, list):
        return "\n".join(in_words(item) for item in value)
    return "" if value is None else str(value)


def _label(key: str) -> str:
    return key.removesuffix("_minor").replace("_", " ")


def _fact(key: str, value: Any) -> str:
    if key.endswith("_minor") and isinstance(value, int):
        return format_money(value)
    return in_words(value)


class LargeTableAdmin(PrivateSearchAdmin[M]):
    """Newest first by key, no counting of the whole table, exact search only.

    What the database sets by itself is not on the form of a new row. JSON is shown in words where it can't be changed.
    """

    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50
    ordering = ["-id"]
    formfield_overrides = {DateTimeField: {"form_class": forms.SplitDateTimeField, "widget": MomentWidget}}

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Django's, with the two rules of this class."""
        is_read = obj is not None and not self.has_change_permission(request, obj)
        return [
            (name, {**options, "fields": self._shown(flatten(options["fields"]), obj, is_read=is_read)})
            for name, options in super().get_fieldsets(request, obj)
        ]

    def _shown(self, names: list[Any], obj: Any, *, is_read: bool) -> list[Any]:
        columns = {field.name: field for field in self.model._meta.fields}
        if obj is None:
            return [name for name in names if name not in columns or not _is_set_by_database(columns[name])]
        return [
            _words_of(name) if is_read and isinstance(columns.get(name), JSONField) else name
            for name in names
        ]


def _is_set_by_database(field: Field[Any, Any]) -> bool:
    return field.has_db_default() and not field.editable


def _words_of(name: str) -> Any:
    """A column of the page that shows the JSON of field `name` in words."""

    @admin.display(description=name.replace("_", " "))
    def words(row: Model) -> str:
        return in_words(getattr(row, name))

    return words


class ReadOnlyAdmin(LargeTableAdmin[M]):
    """Nothing can be added, changed or deleted here; the services write."""

    actions: list[str] = []

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(AuditRecord)
class AuditRecordAdmin(ReadOnlyAdmin[AuditRecord]):
    list_display = ["created_at", "actor", "action", "subject", "reason"]
    list_select_related = ["actor"]
    search_fields = ["subject__exact", "action__exact"]
    search_help_text = "A subject like customers.customer:7, or an action like wallet.credit"

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditRecord]:
        return super().get_queryset(request).select_related("actor")


admin.site.unregister(ProcrastinateJob)


@admin.register(ProcrastinateJob)
class JobAdmin(PrivateSearchAdmin[ProcrastinateJob], ProcrastinateJobAdmin):
    """Procrastinate's, without styles in the markup, which our content security policy refuses."""

    list_display = ["pk", "task_name", "status", "queue_name", "scheduled_at", "attempts"]
    fields = [
        "pk",
        "task_name",
        "args",
        "status",
        "queue_name",
        "lock",
        "queueing_lock",
        "scheduled_at",
        "attempts",
    ]
    list_filter = ["status", "queue_name", "task_name"]
    paginator = CappedPaginator
    show_full_result_count = False
