"""A warning for each active brand whose theme is not registered. Run by `migrate` and `check --database default`."""

from collections.abc import Sequence
from typing import Any

from django.core import checks
from django.db import connections

from brands.models import Brand
from brands.themes import THEMES


@checks.register(checks.Tags.database)
def brands_have_themes(databases: Sequence[str] | None = None, **_: Any) -> list[checks.CheckMessage]:
    """Such a brand is shown in the neutral theme."""
    return [
        checks.Warning(
            f"{name} names the theme “{theme}”, which is not registered; it is shown as neutral.",
            hint="Choose another theme in the admin, or register it (docs/adding-a-brand.md).",
            id="web.W001",
        )
        for alias in databases or ()
        if _is_migrated(alias)
        for name, theme in Brand.objects.using(alias)
        .filter(is_active=True)
        .exclude(theme__in=list(THEMES))
        .values_list("name", "theme")  # no other column: `migrate` may be about to add it
    ]


def _is_migrated(alias: str) -> bool:
    """Whether the column is there: `migrate` runs the checks before it adds anything."""
    connection, table = connections[alias], Brand._meta.db_table
    with connection.cursor() as cursor:
        if table not in connection.introspection.table_names(cursor):
            return False
        columns = connection.introspection.get_table_description(cursor, table)
    return "theme" in {column.name for column in columns}
