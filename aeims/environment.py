"""How the environment becomes settings where that takes more than a line."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

import environ


def database_url(env: environ.Env, data_dir: Path) -> str:
    """`DATABASE_URL`, or the address of the embedded PostgreSQL that the launcher starts under the data directory."""
    return env("DATABASE_URL", default=f"postgresql://postgres@/postgres?host={quote(str(data_dir / 'postgres'))}")


def postgres_options(env: environ.Env) -> dict[str, Any]:
    """A small pool per process: a new connection for each request would halve the rate."""
    size = env.int("DATABASE_POOL_SIZE", default=8)
    if size == 0:
        return {"CONN_MAX_AGE": 0, "OPTIONS": {}}
    return {"CONN_MAX_AGE": 0, "OPTIONS": {"pool": {"min_size": 0, "max_size": size, "timeout": 30}}}
