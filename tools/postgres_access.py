"""Who may log in to the embedded PostgreSQL: its two roles, each with a password, over the socket alone.

The passwords are made once and lie beside the data, readable by the owner of the checkout. The rules of access name them by a
hash, so a cluster that was made without passwords, or with others, is seen and brought up to date before its server starts.
"""

import hashlib
import os
import re
import secrets
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tools.postgres_user import identity, owner

OWNER, SERVING = "postgres", "aeims_serving"  # DATABASE_OWNER_URL and DATABASE_URL
_NAMES = ("owner", "serving")


class AccessError(RuntimeError):
    """The owner's password could not be set; the message holds what the server said."""


@dataclass(frozen=True, slots=True)
class Passwords:
    """Letters and digits: they become part of addresses and of a statement."""

    owner: str
    serving: str

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """Those kept at `path`; None where none are."""
        try:
            lines = path.read_text().splitlines()
        except FileNotFoundError:
            return None
        kept = dict(line.split("=", 1) for line in lines)
        return cls(*(kept[name] for name in _NAMES))

    @classmethod
    def ensure(cls, path: Path) -> Self:
        """Those kept at `path`, made if there are none."""
        kept = cls.read(path)
        if kept is None:
            kept = cls(*(secrets.token_hex(24) for _ in _NAMES))
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.writelines(f"{name}={getattr(kept, name)}\n" for name in _NAMES)
        return kept


def secure(data: Path, server: str, passwords: Passwords) -> None:
    """Have the cluster in `data`, whose server is not running, ask for these passwords. Raises AccessError.

    The password is set by the server's single-user mode, so that no moment is open to all.
    """
    rules = data / "pg_hba.conf"
    text = _rules(passwords)
    if rules.read_text() == text:
        return
    assert re.fullmatch(r"[\w-]+", passwords.owner)
    process = subprocess.run(
        [server, "--single", "-D", data, "-c", "password_encryption=scram-sha-256", "postgres"],
        input=f"ALTER ROLE {OWNER} PASSWORD '{passwords.owner}'\n",
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        **identity(),
    )
    if process.returncode or re.search(r"\b(ERROR|FATAL|PANIC):", process.stderr):
        raise AccessError(f"PostgreSQL could not set the owner's password:\n{process.stderr}")
    rules.write_text(text)
    if os.geteuid() == 0:
        os.chown(rules, owner().pw_uid, owner().pw_gid)


def _rules(passwords: Passwords) -> str:
    known = hashlib.sha256(passwords.owner.encode()).hexdigest()
    return f"# The owner's password: SHA-256 {known}\nlocal all all scram-sha-256\n"
