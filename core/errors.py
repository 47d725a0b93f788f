"""Expected failures, one family. Services raise them; the door (view, API, command) chooses how to tell.

`code` is a stable word of the API, `str(error)` a sentence for a person, `extra` what a program may want to
know beside it (amounts in it are minor units, named `*_minor`). Anything else that goes wrong crashes loudly.
"""

from typing import Any, ClassVar


class DomainError(Exception):
    """An expected failure: nothing was changed."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 400

    def __init__(self, message: str, *, code: str | None = None, **extra: Any) -> None:
        super().__init__(message)
        self.message = message
        self.error_code = code or self.code
        self.extra = extra


class Invalid(DomainError):
    """What was asked makes no sense."""

    code, status = "invalid", 400


class NotAllowed(DomainError):
    """It makes sense, but not for this person or number."""

    code, status = "not_allowed", 403


class NotFound(DomainError):
    """Not found, or it is somebody else's: nobody can tell which."""

    code, status = "not_found", 404


class InsufficientCredit(DomainError):
    """Not enough money. Extra: `balance_minor`, `required_minor`."""

    code, status = "insufficient_balance", 402


class Conflict(DomainError):
    """Something else is in the way just now."""

    code, status = "conflict", 409


class LimitReached(DomainError):
    """Too much or too often. Extra: `retry_after_seconds`."""

    code, status = "limit_reached", 429


class Unavailable(DomainError):
    """A part we depend on does not answer."""

    code, status = "unavailable", 503
