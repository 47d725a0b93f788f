"""How the environment becomes settings where that takes more than a line."""

from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from core.server_binding import ServingCursor

CONNECT_TIMEOUT_SECONDS = 5
POOL_TIMEOUT_SECONDS = 30.0
WEB_POOL_TIMEOUT_SECONDS = 5.0
IDLE_IN_TRANSACTION_MS = 30_000
PREPARE_AFTER = 5  # times that a connection is asked the same


def database_urls(env: environ.Env, data_dir: Path) -> tuple[str, str]:
    """`DATABASE_URL` and `DATABASE_OWNER_URL` (empty: none), or the addresses of the embedded PostgreSQL that the launcher
    keeps under the data directory.

    In production there is no embedded one: what needs no database (the adapter, the image's build) gets an address that
    leads nowhere, and what needs one refuses to start (`aeims.checks`).
    """
    given: str = env("DATABASE_URL", default="")
    if given or env("AEIMS_ENV", default="") == "production":
        return given or "postgresql:///", env("DATABASE_OWNER_URL", default="")
    from tools.postgres import default_cluster  # not in the image

    cluster = default_cluster(data_dir)
    return cluster.serving_url(), cluster.url()


def _roles(env: environ.Env, url: str, serving: dict[str, Any]) -> dict[str, Any]:
    """`ROLES` of Django's entry (core.database_roles), if `DATABASE_OWNER_URL` names another role than `DATABASE_URL`."""
    owner = env.db_url_config(url) if url else {}
    if not url or owner["USER"] == serving["USER"]:
        return {}
    if owner["NAME"] != serving["NAME"]:
        raise ImproperlyConfigured("DATABASE_OWNER_URL and DATABASE_URL must name the same database.")
    options = {"connect_timeout": CONNECT_TIMEOUT_SECONDS} | owner.get("OPTIONS", {})
    login = {name: owner[name] for name in ("USER", "PASSWORD", "HOST", "PORT")}
    return {
        "ROLES": {
            "owner": login | {"OPTIONS": options},
            "serving": {name: serving[name] for name in ("USER", "PASSWORD")},
        }
    }


def _prepared(env: environ.Env) -> dict[str, Any]:
    """Options by which a connection plans once what it is asked again and again; none where a pooler hands out connections.

    The owner's connection, which migrates, has none: DDL takes no values from elsewhere.
    """
    threshold = env.int("DATABASE_PREPARE_AFTER", default=PREPARE_AFTER)
    if not threshold:
        return {}
    return {"server_side_binding": True, "prepare_threshold": threshold, "cursor_factory": ServingCursor}


def database(env: environ.Env, data_dir: Path) -> dict[str, Any]:
    """Django's entry for the database, with a small pool per process: a new connection a request would halve the rate.

    A pooled connection is looked at before it is handed out, so one from before a restart of PostgreSQL is replaced. Where
    people wait (`AEIMS_PROCESS=web`, set by `aeims.asgi`), waiting has an end: for a connection, a lock, a statement.
    """
    url, owner_url = database_urls(env, data_dir)
    entry: dict[str, Any] = env.db_url_config(url)
    if entry["ENGINE"] != "django.db.backends.postgresql":
        raise ImproperlyConfigured(
            "DATABASE_URL: PostgreSQL always (postgresql://…); its guards hold the books."
        )
    entry |= _roles(env, owner_url, entry)
    entry["CONN_MAX_AGE"] = 0
    entry["CONN_HEALTH_CHECKS"] = True
    options = entry.setdefault("OPTIONS", {})
    options.setdefault("connect_timeout", CONNECT_TIMEOUT_SECONDS)
    options |= _prepared(env)
    is_web = env("AEIMS_PROCESS", default="") == "web"
    if is_web:
        limits = {
            "lock_timeout": env.int("DATABASE_LOCK_TIMEOUT_MS", default=5_000),
            "statement_timeout": env.int("DATABASE_STATEMENT_TIMEOUT_MS", default=15_000),
            "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION_MS,
        }
        given = [options["options"]] if "options" in options else []
        options["options"] = " ".join([*given, *(f"-c {name}={value}" for name, value in limits.items())])
    size = env.int("DATABASE_POOL_SIZE", default=8)
    if size:
        timeout = WEB_POOL_TIMEOUT_SECONDS if is_web else POOL_TIMEOUT_SECONDS
        options["pool"] = {"min_size": 0, "max_size": size, "timeout": timeout}
    return entry
