"""The log of refusals: what somebody tried and may not. One logger, one word an event; docs/logging.md lists them.

What somebody did, logins included, is in the audit trail (`core.audit`) instead, in the transaction of the deed. A refusal
undoes its transaction, and may come a thousand times a minute, so it is a log line.
"""

import logging
from collections.abc import Mapping

log = logging.getLogger("security")


def refused(event: str, **details: object) -> None:
    """Note one refusal. `event` is a word like `socket.refused`; `details` are ids and words, never what somebody typed."""
    log.warning("%s", _line(event, details))


def accepted(event: str, **details: object) -> None:
    """Note one proof that leaves no other record: a program's token, which is shown anew with each request."""
    log.info("%s", _line(event, details))


def _line(event: str, details: Mapping[str, object]) -> str:
    return " ".join([event, *(f"{name}={value}" for name, value in details.items())])
