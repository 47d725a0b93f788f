"""How the environment becomes settings where that takes more than a line."""

from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured


def database_url(env: environ.Env, data_dir: Path) -> str:
    """`DATABASE_URL`, or the address of the embedded PostgreSQL that the launcher keeps under the data directory.

    In production there is no embedded one: what needs no database (the adapter, the image's build) gets an address that
    leads nowhere, and what needs one refuses to start (`aeims.checks`).
    """
    given: str = env("DATABASE_URL", default="")
    if given or env("AEIMS_ENV", default="") == "production":
        return given or "postgresql:///"
    from tools.postgres import default_cluster  # not in the image

    return default_cluster(data_dir).url()


def database(env: environ.Env, data_dir: Path) -> dict[str, Any]:
    """Django's entry for the database, with a small pool per process: a new connection a request would halve the rate."""
    entry: dict[str, Any] = env.db_url_config(database_url(env, data_dir))
    if entry["ENGINE"] != "django.db.backends.postgresql":
        raise ImproperlyConfigured(
            "DATABASE_URL: PostgreSQL always (postgresql://…); its guards hold the books."
        )
    entry["CONN_MAX_AGE"] = 0
    size = env.int("DATABASE_POOL_SIZE", default=8)
    if size:
        entry["OPTIONS"] = {
            **entry.get("OPTIONS", {}),
            "pool": {"min_size": 0, "max_size": size, "timeout": 30},
        }
    return entry
