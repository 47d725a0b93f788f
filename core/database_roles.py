"""Two roles in PostgreSQL: one owns the tables and migrates, one serves and may do with each table what settings say.

`DATABASE_URL` is the login of the role that serves, `DATABASE_OWNER_URL` that of the owner, given to `migrate` alone. The
rights are one table in the settings (`DATABASE_RIGHTS`): `migrate` grants them at its end, and a database check compares
what the role that serves may really do. Without `DATABASE_OWNER_URL` one role does everything: production refuses that.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Tags, register
from django.db import IntegrityError, ProgrammingError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql

HINT = (
    "Set DATABASE_OWNER_URL to the login that owns the tables and DATABASE_URL to another one, then run"
    " `manage.py migrate`; see docs/database-roles.md."
)
OWNER_LOGIN = "DATABASE_OWNER_URL must not be set for web and worker: give it to `manage.py migrate` alone; see docs/database-roles.md."
_OWNER_ONLY = ("TRUNCATE", "TRIGGER", "REFERENCES")

# Table or sequence → kind, the table it numbers, and what the role was granted.
_GRANTED = """
SELECT c.relname, c.relkind::text,
       coalesce((SELECT t.relname FROM pg_depend d JOIN pg_class t ON t.oid = d.refobjid
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i')), c.relname),
       (SELECT coalesce(array_agg(a.privilege_type), '{}') FROM aclexplode(c.relacl) a
          JOIN pg_roles r ON r.oid = a.grantee WHERE r.rolname = %s)
  FROM pg_class c
 WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
 ORDER BY c.relname
"""
_OWNER_FUNCTIONS = """
SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND prosecdef
"""
_POWERS = """
SELECT rolsuper OR rolcreaterole OR rolreplication OR rolbypassrls,
       EXISTS (SELECT 1 FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace
                  AND pg_has_role(current_user, c.relowner, 'MEMBER')),
       has_schema_privilege(current_schema(), 'CREATE')
  FROM pg_roles WHERE rolname = current_user
"""
_RIGHTS = """
SELECT c.relname, p.name FROM pg_class c, unnest(%s::text[]) AS p(name)
 WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
   AND (has_table_privilege(c.oid, p.name)
        OR p.name NOT IN ('DELETE', 'TRUNCATE', 'TRIGGER') AND has_any_column_privilege(c.oid, p.name))
"""
# pgtrigger's functions ask a setting whether to do nothing. With a value of their own, nobody's setting reaches them. The
# search_path is that of the functions that post: what runs inside them and at commit would else be planned anew each time.
_OWN_SETTINGS = ("pgtrigger.ignore = '{}'", "search_path = pg_catalog, public, pg_temp")
_IGNORABLE_TRIGGERS = """
SELECT DISTINCT t.tgfoid::regprocedure::text FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
 WHERE t.tgname LIKE 'pgtrigger%' AND p.pronamespace = current_schema()::regnamespace
   AND NOT coalesce(p.proconfig, '{}') @> ARRAY['pgtrigger.ignore={}', 'search_path=pg_catalog, public, pg_temp']
"""
_FORBIDDEN_FUNCTIONS = _OWNER_FUNCTIONS + " AND NOT has_function_privilege(oid, 'EXECUTE')"


class RoleRefused(RuntimeError):
    """The role that serves cannot be made or is one that must not serve; the message says what to do."""


@contextmanager
def owner_at_work(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Within: this connection is the owner's, if the settings name one."""
    roles = connection.settings_dict.get("ROLES")
    if roles is None:
        yield
        return
    before = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict |= roles["owner"]
    connection.settings_dict["IS_OWNER_AT_WORK"] = True
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.clear()
        connection.settings_dict |= before


def is_owner_at_work(connection: BaseDatabaseWrapper) -> bool:
    """Whether this connection is the owner's while another role serves."""
    return "IS_OWNER_AT_WORK" in connection.settings_dict


def owner_login_complaints() -> Iterator[str]:
    """For what serves in production: it must not know the login of the owner, which could undo what the roles are for."""
    if settings.IS_PRODUCTION and settings.DATABASE_OWNER_IS_NAMED:
        yield OWNER_LOGIN


def grant(connection: BaseDatabaseWrapper) -> None:
    """Make the role that serves if there is none, with its password, and give it its rights; as the owner.

    What it was granted already is left alone, so that nobody's plans are made anew. Raises RoleRefused.
    """
    serving = connection.settings_dict["ROLES"]["serving"]
    _ensure_role(connection, serving["USER"], serving["PASSWORD"])
    role = sql.Identifier(serving["USER"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        schema = sql.Identifier(cursor.fetchone()[0])
        cursor.execute(sql.SQL("REVOKE CREATE ON SCHEMA {} FROM PUBLIC, {}").format(schema, role))
        cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, role))
        cursor.execute(_GRANTED, [serving["USER"]])
        for name, kind, table, granted in cursor.fetchall():
            intended = _intended_rights(kind, table)
            if set(granted) != intended:
                what = sql.SQL("SEQUENCE" if kind == "S" else "TABLE")
                relation = sql.Identifier(name)
                cursor.execute(sql.SQL("REVOKE ALL ON {} {} FROM {}").format(what, relation, role))
                if intended:
                    rights = sql.SQL(", ").join(map(sql.SQL, sorted(intended)))
                    cursor.execute(sql.SQL("GRANT {} ON {} {} TO {}").format(rights, what, relation, role))
        cursor.execute(_OWNER_FUNCTIONS)
        for (signature,) in cursor.fetchall():
            function = sql.SQL(signature)
            cursor.execute(sql.SQL("REVOKE ALL ON FUNCTION {} FROM PUBLIC").format(function))
            cursor.execute(sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(function, role))
        cursor.execute(_IGNORABLE_TRIGGERS)
        for (signature,) in cursor.fetchall():
            for setting in _OWN_SETTINGS:
                cursor.execute(
                    sql.SQL("ALTER FUNCTION {} SET {}").format(sql.SQL(signature), sql.SQL(setting))
                )


def _intended_rights(kind: str, table: str) -> frozenset[str]:
    rights: frozenset[str] = settings.DATABASE_RIGHTS.get(table, settings.DATABASE_RIGHTS_OTHERWISE)
    if kind in "vm":
        return rights & {"SELECT"}
    if kind == "S":
        return frozenset({"SELECT", "USAGE"}) if "INSERT" in rights else frozenset()
    return rights


def _ensure_role(connection: BaseDatabaseWrapper, name: str, password: str) -> None:
    role = sql.Identifier(name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = %s", [name])
        found = cursor.fetchone()
        if found is not None and found[0]:
            raise RoleRefused(f"The role {name} of DATABASE_URL may do anything: it must not serve. {HINT}")
        if found is not None and _logs_in(connection, name, password):
            return
        statement = sql.SQL("ALTER ROLE {} LOGIN" if found else "CREATE ROLE {} LOGIN").format(role)
        if password:  # hashed here, so that no log of the server can hold it
            pgconn = connection.connection.pgconn
            hashed = pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256")
            statement += sql.SQL(" PASSWORD {}").format(sql.Literal(hashed.decode()))
        try:
            with transaction.atomic(using=connection.alias):
                cursor.execute(statement)
        except IntegrityError:
            return  # made this very moment by whoever migrates another database of the server
        except ProgrammingError as error:
            raise RoleRefused(
                f"The owner may not make the role {name} or set its password. As an administrator of the server:"
                f" CREATE ROLE {name} LOGIN PASSWORD '…', then run `manage.py migrate` again."
            ) from error


def _logs_in(connection: BaseDatabaseWrapper, name: str, password: str) -> bool:
    parameters = connection.get_connection_params()
    known = ("host", "port", "dbname", "connect_timeout", "sslmode", "sslrootcert")
    given = {key: parameters[key] for key in known if key in parameters}
    try:
        psycopg.connect(**given, user=name, password=password).close()
    except psycopg.OperationalError:
        return False
    return True


def complaints(connection: BaseDatabaseWrapper) -> Iterator[str]:
    """What the role of this connection may do and must not, or must do and may not, one sentence each."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        role = f"The role {cursor.fetchone()[0]} that serves"
        cursor.execute(_POWERS)
        is_powerful, owns, may_create = cursor.fetchone()
        if is_powerful or owns or may_create:
            what = "may do anything" if is_powerful else "owns tables" if owns else "may make tables"
            yield f"{role} {what}: it could change the ledger and switch off what guards it."
            return
        cursor.execute(_RIGHTS, [sorted({*_OWNER_ONLY, *settings.DATABASE_RIGHTS_OTHERWISE})])
        held: dict[str, set[str]] = {}
        for table, right in cursor.fetchall():
            held.setdefault(table, set()).add(right)
        for table in sorted(connection.introspection.table_names(cursor)):
            intended = _intended_rights("r", table)
            rights = held.get(table, set())
            if too_many := sorted(rights - intended):
                yield f"{role} has {', '.join(too_many)} on {table}, which is the owner's alone."
            if missing := sorted(intended - rights):
                yield f"{role} lacks {', '.join(missing)} on {table}."
        cursor.execute(_FORBIDDEN_FUNCTIONS)
        for (signature,) in cursor.fetchall():
            yield f"{role} may not call {signature}."
        cursor.execute(_IGNORABLE_TRIGGERS)
        for (signature,) in cursor.fetchall():
            yield f"{role} can switch off {signature}."


_warned: set[str] = set()  # the aliases of databases about which this process has said it


@register(Tags.database)
def serving_role_owns_nothing(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """`manage.py check --database default`: an error in production, elsewhere a warning, once in a process."""
    messages: list[CheckMessage] = []
    for alias in databases or []:
        if is_owner_at_work(connections[alias]) or (alias in _warned and not settings.IS_PRODUCTION):
            continue
        for complaint in complaints(connections[alias]):
            if settings.IS_PRODUCTION:
                messages.append(checks.Error(complaint, hint=HINT, id="core.E010"))
            else:
                messages.append(checks.Warning(complaint, hint=HINT, id="core.W010"))
                _warned.add(alias)
    return messages


@contextmanager
def without_warning(aliases: Iterable[str]) -> Iterator[None]:
    """Within: no warning about these databases. Production's errors are no warnings."""
    before = set(_warned)
    _warned.update(aliases)
    try:
        yield
    finally:
        _warned.intersection_update(before)
