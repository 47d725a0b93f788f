"""SQL functions that can't drift: one file per function, installed by migrations that name the text they mean.

An app keeps `sql/<function>.sql`; texts that older migrations installed stay in `sql/history/<function>.<number>.sql`.
A migration names the SHA-256 of its text, so an edited file changes nothing until a new migration installs it, and an
old migration never runs today's text. `drift` (a database check, and a test) compares what is installed with the files.
See docs/changing-settlement.md.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pgtrigger.registry
import pgtrigger.utils
from django.apps import apps
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import Model
from pgtrigger import Trigger

_ALIASES = {
    "int": "integer",
    "bool": "boolean",
    "timestamptz": "timestamp with time zone",
    "int[]": "integer[]",
}
_FUNCTION = re.compile(
    r"CREATE (?:OR REPLACE )?FUNCTION (?P<name>\w+)\((?P<arguments>.*?)\)\s*"
    r"RETURNS (?P<result>.*?) LANGUAGE (?P<language>\w+)(?P<options>.*?)\bAS \$\$(?P<body>.*?)\$\$",
    re.DOTALL,
)


_Row = tuple[Any, ...]
_TRIGGER_BODY = re.compile(r"RETURNS TRIGGER AS \$\$(.*?)\$\$ LANGUAGE plpgsql;\s+DROP TRIGGER", re.DOTALL)


class MissingText(LookupError):
    """A migration names a text that is in no file: it was edited without keeping the old one in `sql/history`."""


@dataclass(frozen=True, slots=True)
class SqlFunction:
    """A function as declared or as installed, in one spelling."""

    name: str
    arguments: str
    result: str
    settings: tuple[str, ...]
    acts_as_owner: bool  # SECURITY DEFINER
    body: str


class InstallFunction(Operation):
    """Install the text of `name` whose SHA-256 is `sha256`; going back installs `replaces`, or runs `drop`.

    `replaces` is the SHA-256 of the text before; without one the function is new, and `drop` says what undoes it.
    """

    reversible = True
    reduces_to_sql = True

    def __init__(self, name: str, *, sha256: str, replaces: str = "", drop: str = "") -> None:
        self.name, self.sha256, self.replaces, self.drop = name, sha256, replaces, drop

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Models don't change."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        schema_editor.execute(text_of(app_label, self.name, self.sha256), params=None)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        text = text_of(app_label, self.name, self.replaces) if self.replaces else self.drop
        schema_editor.execute(text.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"), params=None)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return (
            type(self).__name__,
            [self.name],
            {"sha256": self.sha256, "replaces": self.replaces, "drop": self.drop},
        )

    def describe(self) -> str:
        return f"Install the SQL function {self.name}"


def sql_directory(app_label: str) -> Path:
    """Where an app keeps its functions."""
    return Path(apps.get_app_config(app_label).path) / "sql"


def current_file(app_label: str, name: str) -> Path:
    """The file that says what `name` is now."""
    return sql_directory(app_label) / f"{name}.sql"


def digest(text: str) -> str:
    """How a migration names a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def text_of(app_label: str, name: str, sha256: str) -> str:
    """The text with this digest: the current one, or one of the history. Raises MissingText."""
    directory = sql_directory(app_label)
    for path in (directory / f"{name}.sql", *sorted((directory / "history").glob(f"{name}.*.sql"))):
        if path.exists() and digest(text := path.read_text()) == sha256:
            return text
    raise MissingText(f"No file of {app_label} holds {name} with SHA-256 {sha256}.")


@cache
def installed_by_migrations() -> dict[tuple[str, str], str]:
    """(app, function) → digest of the text that the newest migration installs."""
    graph = MigrationLoader(None).graph
    digests: dict[tuple[str, str], str] = {}
    # Each migration once, after those it depends on.
    plan = dict.fromkeys(node for leaf in graph.leaf_nodes() for node in graph.forwards_plan(leaf))
    for app_label, name in plan:
        for operation in graph.nodes[app_label, name].operations:
            if isinstance(operation, InstallFunction):
                digests[app_label, operation.name] = operation.sha256
    return digests


def unmigrated() -> list[str]:
    """What is wrong between files and migrations, one sentence each; no database is asked."""
    problems = []
    digests = installed_by_migrations()
    for (app_label, name), sha256 in digests.items():
        path = current_file(app_label, name)
        if not path.exists() or digest(path.read_text()) != sha256:
            problems.append(f"{app_label}/sql/{name}.sql is not the text that the newest migration installs.")
    for app_label in {app_label for app_label, _ in digests}:
        names = sorted(path.stem for path in sql_directory(app_label).glob("*.sql"))
        orphans = [name for name in names if (app_label, name) not in digests]
        problems.extend(f"{app_label}/sql/{name}.sql is installed by no migration." for name in orphans)
    return problems


def drift(connection: BaseDatabaseWrapper) -> list[str]:
    """What differs between the database and what is declared, one sentence each: functions, then triggers.

    Two queries, however many there are: the audit asks for this each time.
    """
    problems = unmigrated()
    declared = installed_by_migrations()
    triggers = list(pgtrigger.registry.registered())
    with connection.cursor() as cursor:
        names = [name for _, name in declared]
        functions = _read_functions(cursor, names + [trigger.get_pgid(model) for model, trigger in triggers])
        installed_triggers = _read_triggers(cursor)
    for app_label, name in declared:
        wanted = list(parse(current_file(app_label, name).read_text()))
        if wanted != [_installed(*row) for row in functions.get(name, [])]:
            problems.append(
                f"The function {name} in the database is not the one of {app_label}/sql/{name}.sql."
            )
    for model, trigger in triggers:
        row = installed_triggers.get((model._meta.db_table, trigger.get_pgid(model)))
        problem = _trigger_problem(model, trigger, row, functions.get(trigger.get_pgid(model), []))
        if problem:
            problems.append(f"The trigger {trigger.name} of {model._meta.db_table} {problem}.")
    return problems


def _trigger_problem(
    model: Model, trigger: Trigger, installed: tuple[str | None, str] | None, functions: list[_Row]
) -> str | None:
    """What is wrong with one trigger: `installed` is its comment and PostgreSQL's mark of what it fires for."""
    if installed is None:
        return "is uninstalled"
    declared, (comment, fires) = trigger.compile(model), installed
    if comment != declared.hash:
        return "is outdated"
    if fires != "O":
        return "is disabled"
    # pgtrigger keeps a hash in the trigger's comment; its function can still be changed by hand.
    body = _TRIGGER_BODY.search(str(declared.install_sql))
    if body is None or [_folded(row[-1]) for row in functions] != [_folded(body[1])]:
        return "runs another function than the one declared"
    return None


def parse(text: str) -> Iterator[SqlFunction]:
    """The functions that a file declares."""
    for match in _FUNCTION.finditer(text):
        options = re.sub(r"--[^\n]*", "", match["options"])
        yield SqlFunction(
            name=match["name"],
            arguments=_spelled(match["arguments"]),
            result=_spelled(match["result"]),
            settings=tuple(
                sorted(
                    f"{key}={value}"
                    for key, value in re.findall(r"SET ([\w.]+) = '?([\w, {}]+[\w}])", options)
                )
            ),
            acts_as_owner="SECURITY DEFINER" in options,
            body=match["body"],
        )


def _read_functions(cursor: Any, names: Sequence[str]) -> dict[str, list[_Row]]:
    """The installed functions of each name: more than one if it is overloaded."""
    cursor.execute(
        "SELECT proname, pg_get_function_arguments(oid), pg_get_function_result(oid), coalesce(proconfig, '{}'), prosecdef,"
        " prosrc"
        " FROM pg_proc WHERE proname = ANY(%s) AND pronamespace = current_schema()::regnamespace ORDER BY oid",
        [list(names)],
    )
    functions: dict[str, list[_Row]] = {}
    for row in cursor.fetchall():
        functions.setdefault(row[0], []).append(row)
    return functions


def _read_triggers(cursor: Any) -> dict[tuple[str, str], tuple[str | None, str]]:
    """(table, trigger) → its comment, and "O" if it fires for the sessions that serve."""
    cursor.execute(
        "SELECT relname, tgname, obj_description(pg_trigger.oid, 'pg_trigger'), tgenabled"
        " FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
        " WHERE NOT tgisinternal AND relnamespace = current_schema()::regnamespace"
    )
    return {(table, name): (comment, fires) for table, name, comment, fires in cursor.fetchall()}


def _installed(
    name: str, arguments: str, result: str, settings: list[str], acts_as_owner: bool, body: str
) -> SqlFunction:
    return SqlFunction(
        name, _spelled(arguments), _spelled(result), tuple(sorted(settings)), acts_as_owner, body
    )


def _folded(text: str) -> str:
    return " ".join(text.split())


def _spelled(text: str) -> str:
    """Types and defaults as PostgreSQL prints them, blanks folded."""
    words = re.sub(r"::[\w ]+?(?=[,)]|$)", "", " ".join(text.replace("(", " ( ").replace(")", " ) ").split()))
    return re.sub(r"[\w\[\]]+", lambda match: _ALIASES.get(match[0], match[0]), words)


@register(Tags.database)
def database_matches_its_declarations(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """`manage.py check --database default`, run before the product serves.

    `migrate` asks too, before it begins: a database that is to be migrated is compared when that is done.
    """
    return [
        Error(problem, hint="Run `manage.py migrate`; see docs/changing-settlement.md.", id="core.E001")
        for alias in databases or []
        for problem in (unmigrated() if _is_behind(connections[alias]) else drift(connections[alias]))
    ]


def _is_behind(connection: BaseDatabaseWrapper) -> bool:
    """Whether a migration is still to be applied."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
