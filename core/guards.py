"""Triggers that make a table append-only for every writer: a service, a shell, another program."""

import pgtrigger

NO_CHANGE = pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)

# A test's database is emptied between tests, and says so by this setting; nothing else turns it on.
NO_TRUNCATE = pgtrigger.Trigger(
    name="no_truncate",
    level=pgtrigger.Statement,
    when=pgtrigger.Before,
    operation=pgtrigger.Truncate,
    func="""
        IF current_setting('aeims.may_truncate', true) = 'on' THEN RETURN NULL; END IF;
        RAISE EXCEPTION 'rows of % are never removed', TG_TABLE_NAME USING ERRCODE = 'AE405';
    """,
)
