"""What an export says: the rows of a person in every table that has some (`privacy.ownership`), as JSON and as CSV in one ZIP."""

import base64
import csv
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import date, time
from typing import Any

from django.apps import apps
from django.db.models import Field, ForeignKey, Model

from core.csv_stream import harmless
from privacy.ownership import TABLE, Belongs, Person

Row = dict[str, Any]
# Others are named as the person knows them, and staff not at all.
_NAMES = {
    "brands.brand": "name",
    "operators.operator": "stage_name",
    "customers.customer": "alias",
    "phones.phonenumber": "e164",
}
_CHUNK = 2_000


def tables_of(person: Person) -> dict[str, list[Row]]:
    """Table → rows; tables without rows are left out."""
    tables: dict[str, dict[Any, Row]] = {}
    for belongs in TABLE:
        if belongs.is_exported:
            rows = tables.setdefault(belongs.model, {})
            for key, row in _rows(belongs, person):
                rows.setdefault(key, row)  # what belongs to somebody in two ways is there once
    return {name: list(rows.values()) for name, rows in tables.items() if rows}


def zip_of(person: Person, made_at: str) -> bytes:
    """`data.json` with everything, and one CSV file for each table."""
    tables = tables_of(person)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        document = {"account": person.user.email, "made_at": made_at, "tables": tables}
        archive.writestr("data.json", json.dumps(document, indent=1, ensure_ascii=False))
        for name, rows in tables.items():
            archive.writestr(f"csv/{name}.csv", _csv(rows))
    return buffer.getvalue()


def _rows(belongs: Belongs, person: Person) -> Iterator[tuple[Any, Row]]:
    condition = belongs.where(person)
    if condition is None:
        return
    model = apps.get_model(belongs.model)
    fields = [field for field in model._meta.concrete_fields if field.name not in belongs.hidden]
    named = [field.name for field in fields if _name_column(field)]
    rows = model._default_manager.filter(condition).select_related(*named).order_by("pk")
    for row in rows.iterator(chunk_size=_CHUNK):
        yield row.pk, {field.name: _value(row, field) for field in fields}


def _name_column(field: "Field[Any, Any]") -> str | None:
    if not isinstance(field, ForeignKey):
        return None
    return _NAMES.get(field.related_model._meta.label_lower)


def _value(row: Model, field: "Field[Any, Any]") -> Any:
    if column := _name_column(field):
        other = getattr(row, field.name)
        return getattr(other, column) if other is not None else None
    value = getattr(row, field.attname)
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode()
    if isinstance(value, date | time):
        return value.isoformat()
    return value if isinstance(value, bool | int | str | list | dict | type(None)) else str(value)


def _csv(rows: list[Row]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(rows[0])
    for row in rows:
        writer.writerow([harmless(_cell(value)) for value in row.values()])
    return text.getvalue()


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
