"""Settings of backups, for `manage.py backup`, `restore`, and `backup_drill`, which run where PostgreSQL's data are (docs/operations.md)."""

from typing import Any

from aeims.environment import env

BACKUP: dict[str, Any] = {
    "COMMAND": env("AEIMS_PGBACKREST", default="pgbackrest"),
    "CONFIG": env("AEIMS_PGBACKREST_CONFIG", default="/etc/pgbackrest/pgbackrest.conf"),
    "STANZA": env("AEIMS_PGBACKREST_STANZA", default="aeims"),
    # The programs of the server that the data are of, and room for a second copy of the data.
    "POSTGRES_BIN": env("AEIMS_POSTGRES_BIN", default="/usr/lib/postgresql/18/bin"),
    "SCRATCH": env("AEIMS_BACKUP_SCRATCH", default="/var/tmp"),  # noqa: S108 (a directory of its own is made there)
    # The adapter's journal and Asterisk's record, and where their copies go: none, and they are not shipped.
    "RECORDS": env.list("AEIMS_BACKUP_RECORDS", default=[]),
    "RECORDS_TO": env("AEIMS_BACKUP_RECORDS_TO", default=""),
}
