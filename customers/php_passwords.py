"""Passwords as PHP's `password_hash` kept them (bcrypt, `$2y$`), until their owners log in and they are hashed anew.

Source of the format: the PHP manual, password_hash: PASSWORD_BCRYPT makes `$2y$`, and cuts a password after 72 bytes.
"""

import re

import bcrypt
from django.contrib.auth.hashers import BCryptPasswordHasher, make_password

_BCRYPT = re.compile(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}\Z")
_ARGON2 = re.compile(r"\$argon2id?\$v=19\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+\Z")
_LONGEST = 72  # bytes that bcrypt looks at


class PhpBcryptHasher(BCryptPasswordHasher):
    """Checks bcrypt as PHP does. It makes none: who logs in gets one of the first hasher in the settings."""

    algorithm = "php_bcrypt"

    def verify(self, password: str, encoded: str) -> bool:
        """Whether it is the password, of which PHP looked at 72 bytes."""
        algorithm, kept = encoded.split("$", 1)
        assert algorithm == self.algorithm
        return bcrypt.checkpw(password.encode()[:_LONGEST], kept.encode())


def from_php(kept: str) -> str | None:
    """A hash of PHP's as `User.password` holds it; None if it is none that we know.

    Empty is a password that can't be used: who has none logs in by a code, or asks for a new password.
    """
    if not kept:
        return make_password(None)
    if _BCRYPT.match(kept):
        return f"{PhpBcryptHasher.algorithm}${kept}"
    return f"argon2{kept}" if _ARGON2.match(kept) else None
