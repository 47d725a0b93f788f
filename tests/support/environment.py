"""What the tests run in: an environment of their own and, unless DATABASE_URL is set, a PostgreSQL of their own.

The caller's DATABASE_URL is the login of the owner, who makes the tests' databases. Tests and the processes that they start
serve as a role that owns nothing.

The controller of a run makes both; pytest-xdist's workers inherit them.
"""

import os
import re
import shutil
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from tools.environment import ROOT, data_directory
from tools.postgres import SETTINGS, THROWAWAY, Cluster
from tools.postgres_access import OWNER, SERVING, Passwords

# One pair for all runs: they copy one server with all migrations in it.
PASSWORDS = Passwords(owner="of-no-installation", serving="of-none-either")
RUNS = data_directory() / "test-postgres"
IS_WORKER = "PYTEST_XDIST_WORKER" in os.environ

ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "aeims.settings",
    "AEIMS_ENV": "test",
    "SECRET_KEY": "test-key-of-no-installation",
    "AEIMS_API_KEY": "test-api-key-of-no-installation",
    "AEIMS_DATA_KEYS": "test-data-key-of-no-installation",
    "AEIMS_HASH_KEYS": "test-hash-key-of-no-installation",
    "AEIMS_DOCUMENT_KEYS": "test-document-key-of-no-installation",
    "AEIMS_PUSH_KEY": "test-push-key-of-no-installation",
    "ADAPTER_JOURNAL_KEYS": "test-journal-key-of-no-installation",
    "EMAIL_URL": "memorymail://",
    "TELEPHONY_ALLOWED_PREFIXES": "+1",
    "TELEPHONY_LAB_PREFIXES": "+1999",
    "AEIMS_PAGES_PER_MINUTE": "1000000",
    "ASTERISK_ADAPTER_URL": "http://127.0.0.1:9",  # nobody: a test that needs a phone system starts one
    "AEIMS_GRACE_SECONDS": "0",  # the stories' sums are those of the first second, as in the seed's examples
    "AEIMS_FAULT_REFUND_SECONDS": "0",  # likewise without what faults of ours give back
    "AEIMS_STAFF_RECENT_LOGIN_SECONDS": "0",  # tests log people in without a password; those of this setting set it
    "DATABASE_POOL_SIZE": "0",  # a pool keeps connections open that the tests' databases must be rid of
}
# Kept from the caller: where the database is and where generated things go. All else of ours is unset.
_KEPT = {"DATABASE_URL", "AEIMS_DATA_DIR"}
_OWNER = "TESTS_OWNER_URL"  # the owner's login, which no process of the product reads
_SERVING_ELSEWHERE = "aeims_tests"  # on a server of the caller's, whose own roles are left alone


def cluster() -> Cluster:
    """This run's throwaway PostgreSQL, in a directory named after the controller's process."""
    directory = RUNS / str(os.getpid())
    return Cluster(
        directory=directory, log=directory / "log", settings=SETTINGS | THROWAWAY, passwords=PASSWORDS
    )


def prepare() -> Cluster | None:
    """Set the environment before Django's settings are read; return the PostgreSQL still to be started."""
    if IS_WORKER:
        return None
    for name in documented_names() - _KEPT:
        os.environ.pop(name, None)
    os.environ |= ENVIRONMENT
    given = os.environ.get("DATABASE_URL")
    own = None if given else cluster()
    owner = given or (own.url() if own else "")
    serving = _SERVING_ELSEWHERE if given else SERVING
    os.environ |= {
        _OWNER: owner,
        "DATABASE_OWNER_URL": owner,
        "DATABASE_URL": _with_login(owner, f"{serving}:{PASSWORDS.serving}"),
    }
    return own


def forget_owner() -> None:
    """Once the settings are read: no process that this one starts inherits the owner's login."""
    os.environ.pop("DATABASE_OWNER_URL", None)


def serving_url(name: str) -> str:
    """The login of the role that serves in the database `name` of this run's server."""
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))


def owner_url(url: str) -> str:
    """The owner's login to the database at `url`, on the run's server or on one that a test made with PASSWORDS."""
    server = urlsplit(os.environ[_OWNER])
    is_of_the_run = _with_login(url, "") == _with_login(
        urlunsplit(server._replace(path=urlsplit(url).path)), ""
    )
    login = server.netloc.rpartition("@")[0] if is_of_the_run else f"{OWNER}:{PASSWORDS.owner}"
    return _with_login(url, login)


def owning(url: str) -> dict[str, str]:
    """The environment of a process that migrates the database at `url`."""
    return os.environ | {"DATABASE_URL": url, "DATABASE_OWNER_URL": owner_url(url)}


def _with_login(url: str, login: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{login}@{parts.netloc.rpartition('@')[2]}"))


def documented_names() -> set[str]:
    """The settings that `.env.example` knows."""
    return set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


def sweep() -> None:
    """Remove what killed runs left behind; their server ended with them."""
    for path in RUNS.glob("[0-9]*"):
        if not Path("/proc", path.stem).exists():
            path.unlink() if path.is_file() else shutil.rmtree(path, ignore_errors=True)
