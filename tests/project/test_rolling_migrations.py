"""What the release before needs is taken away one release later at the earliest (docs/operations.md, "Upgrade").

Looked at are migrations that the release before doesn't have. Its processes serve on the tables that these leave behind, so they may add what
it can do without: tables, columns with a default of the database's own, indexes. `tests/upgrade/test_rolling.py` has it serve calls there.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from django.apps import apps as django_apps
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.fields import FieldOperation
from django.db.migrations.operations.models import ModelOperation
from django.db.migrations.state import ProjectState

from tests.upgrade import release_before
from tools.environment import ROOT

# Each with the reason why the release before can do without: "app.migration: what".
ALLOWED: dict[str, str] = {
    "operators.0023_answered_calls: drops operator.standing": "it came later than the release before, and comes back at once",
}
_TAKES_AWAY = re.compile(
    r"\b(drop\s+(table|column|function|view|type)|rename\s+(to|column)|alter\s+(column\s+)?\S+\s+(set\s+not\s+null|type))\b",
    re.IGNORECASE,
)


def refused(
    operations: Sequence[Operation], new_models: set[str], before: Callable[[str, str], Any]
) -> Iterator[str]:
    """What of these the release before would not survive.

    `new_models` are those that it doesn't know; more are added. `before` names a model's field as it was.
    """
    for operation in operations:
        match operation:
            case migrations.CreateModel():
                new_models.add(operation.name_lower)
            case migrations.SeparateDatabaseAndState():
                yield from refused(operation.database_operations, new_models, before)
            case migrations.RunSQL():
                yield from (f"says {match[0]!r}" for match in _TAKES_AWAY.finditer(_text_of(operation.sql)))
            case migrations.RenameModel():
                yield f"renames {operation.old_name}"
            case ModelOperation() if operation.name_lower not in new_models:
                yield from _of_a_model(operation)
            case FieldOperation() if operation.model_name_lower not in new_models:
                yield from _of_a_field(operation, before)


def _of_a_model(operation: ModelOperation) -> Iterator[str]:
    match operation:
        case migrations.DeleteModel():
            yield f"drops {operation.name}"
        case migrations.AlterModelTable():
            yield f"renames the table of {operation.name}"


def _of_a_field(operation: FieldOperation, before: Callable[[str, str], Any]) -> Iterator[str]:
    name = f"{operation.model_name}.{operation.name if hasattr(operation, 'name') else ''}"
    match operation:
        case migrations.RemoveField():
            yield f"drops {name}"
        case migrations.RenameField():
            yield f"renames {operation.model_name}.{operation.old_name}"
        case migrations.AddField() if not _is_filled_by_the_database(operation.field):
            yield f"adds {name}, which rows of the release before don't fill"
        case migrations.AlterField() if not _takes_more(
            before(operation.model_name, operation.name), operation.field
        ):
            yield f"changes {name}"


def _takes_more(old: Any, new: Any) -> bool:
    """Whether the column takes all that it took: nothing changed but words of Python, or it is longer, or may be empty."""
    (_, old_kind, _, old_words), (_, new_kind, _, new_words) = old.deconstruct(), new.deconstruct()
    changed = {
        word
        for word in {*old_words, *new_words} - set(new.non_db_attrs)
        if old_words.get(word) != new_words.get(word)
    }
    if old_kind == new_kind and changed == {"max_length"}:
        return bool(new.max_length is None or new.max_length >= (old.max_length or 0))
    return old_kind == new_kind and (changed - {"default"} <= {"null"} and new.null >= old.null)


def _is_filled_by_the_database(field: Any) -> bool:
    is_given = field.null or field.db_default is not models.NOT_PROVIDED or field.many_to_many
    return is_given or isinstance(field, models.GeneratedField)


def _text_of(sql: Any) -> str:
    """The statements of RunSQL: a text, or a list of texts and of pairs of text and parameters."""
    if isinstance(sql, str):
        return sql
    return "\n".join(one if isinstance(one, str) else one[0] for one in sql)


def newer() -> list[str]:
    """The paths of the migrations that the release before doesn't have, each app's in its order."""
    here = {str(path.relative_to(ROOT)) for path in ROOT.glob("*/migrations/0*.py")}
    here |= {
        str(path.relative_to(ROOT)) for path in ROOT.glob("*/*/migrations/0*.py") if ".venv" not in path.parts
    }
    return sorted(here - release_before.migrations())


def test_the_release_before_survives_todays_migrations() -> None:
    found, new_models = set(), dict[str, set[str]]()
    loader = MigrationLoader(None)
    apps = {config.name.replace(".", "/"): config.label for config in django_apps.get_app_configs()}
    for path in newer():
        package, name = path.removesuffix(".py").rsplit("/", 1)
        app = apps[package.removesuffix("/migrations")]
        state = loader.project_state((app, name), at_end=False)

        def before(model: str, field: str, state: ProjectState = state, app: str = app) -> Any:
            return state.models[app, model.lower()].fields[field]

        operations = loader.disk_migrations[app, name].operations
        for what in refused(operations, new_models.setdefault(app, set()), before):
            found.add(f"{app}.{name}: {what}")
    assert found - set(ALLOWED) == set(), "do this one release later, or say in ALLOWED why it does no harm"
    assert set(ALLOWED) - found == set(), "these are allowed for nothing"


TEXT = models.CharField(max_length=9)


@pytest.mark.parametrize(
    ("operation", "says"),
    [
        (migrations.RenameField("Call", "a", "b"), "renames Call.a"),
        (migrations.RemoveField("Call", "a"), "drops Call.a"),
        (migrations.DeleteModel("Call"), "drops Call"),
        (migrations.RenameModel("Call", "Talk"), "renames Call"),
        (migrations.AlterModelTable("Call", "talks"), "renames the table of Call"),
        (migrations.AlterField("Call", "a", models.IntegerField()), "changes Call.a"),
        (migrations.AlterField("Call", "a", models.CharField(max_length=8)), "changes Call.a"),
        (migrations.AlterField("Call", "a", models.CharField(max_length=9, unique=True)), "changes Call.a"),
        (migrations.AddField("Call", "a", TEXT), "adds Call.a, which rows of the release before don't fill"),
        (
            migrations.AddField("Call", "a", models.CharField(max_length=9, default="")),
            "adds Call.a, which rows of the release before don't fill",  # the default is Django's, not the database's
        ),
        (migrations.RunSQL("ALTER TABLE t DROP COLUMN a"), "says 'DROP COLUMN'"),
        (migrations.RunSQL([("ALTER TABLE t RENAME TO u", None)]), "says 'RENAME TO'"),
        (
            migrations.RunSQL("ALTER TABLE t ALTER COLUMN a SET NOT NULL"),
            "says 'ALTER COLUMN a SET NOT NULL'",
        ),
        (
            migrations.SeparateDatabaseAndState(database_operations=[migrations.RemoveField("Call", "a")]),
            "drops Call.a",
        ),
        (migrations.AddField("Call", "a", models.CharField(max_length=9, db_default="")), ""),
        (migrations.AddField("Call", "a", models.IntegerField(null=True)), ""),
        (migrations.AddField("New", "a", TEXT), ""),
        (
            migrations.AlterField(
                "Call", "a", models.CharField(max_length=9, choices=[("a", "A")], blank=True)
            ),
            "",
        ),
        (migrations.AlterField("Call", "a", models.CharField(max_length=10)), ""),
        (migrations.AlterField("Call", "a", models.CharField(max_length=9, null=True)), ""),
        (migrations.RemoveField("New", "a"), ""),
        (migrations.CreateModel("Fresh", [("id", models.BigAutoField(primary_key=True))]), ""),
        (migrations.AddIndex("Call", models.Index(fields=["a"], name="by_a")), ""),
        (migrations.RunSQL("CREATE TABLE t ()"), ""),
    ],
    ids=str,
)
def test_what_would_break_it_is_named(operation: Operation, says: str) -> None:
    assert list(refused([operation], {"new"}, lambda model, field: TEXT)) == ([says] if says else [])
