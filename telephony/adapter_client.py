"""Django's side of the seam to the adapter: short time-outs, three outcomes (done, refused, unknown).

Called after commit only. A node's address is its adapter's; today every call goes to `ASTERISK_ADAPTER_URL`.
"""

import logging
from dataclasses import dataclass
from typing import Any

import requests
from django.conf import settings

from telephony.wire import Originate

log = logging.getLogger(__name__)

_CONNECT_SECONDS, _READ_SECONDS = 2.0, 4.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the adapter said. `status` is its HTTP status."""

    status: int
    body: dict[str, Any]

    @property
    def is_ok(self) -> bool:
        return self.status < 300

    @property
    def error(self) -> str:
        return str(self.body.get("error", ""))


class Refused(Exception):
    """Nobody listens there: what was asked has certainly not happened."""


class Unknown(Exception):
    """No answer came back: what was asked may or may not have happened."""


def originate(plan: Originate) -> Answer:
    """Have a call made. Raises Refused or Unknown."""
    return _ask("POST", "/call/originate", plan.to_dict())


def hang_up(call_id: str, *, ended_by: str, why: str) -> Answer:
    """Have a call ended. Raises Refused or Unknown."""
    return _ask("POST", f"/call/{call_id}/hangup", {"ended_by": ended_by, "why": why})


def extend(call_id: str, *, granted_seconds: int, final: bool) -> Answer:
    """Tell the adapter a new total grant. Raises Refused or Unknown."""
    return _ask("POST", f"/call/{call_id}/extend", {"granted_seconds": granted_seconds, "final": final})


def accept(call_id: str) -> Answer:
    """The operator accepted in the page: counts as pressing 1. Raises Refused or Unknown."""
    return _ask("POST", f"/call/{call_id}/accept", {})


def get_call(call_id: str) -> Answer:
    """What the adapter knows of a call, ended ones included. Raises Refused or Unknown."""
    return _ask("GET", f"/call/{call_id}")


def health() -> Answer:
    """Whether the adapter is ready. Raises Refused or Unknown."""
    return _ask("GET", "/health")


def _ask(method: str, path: str, body: dict[str, Any] | None = None) -> Answer:
    headers = {"Authorization": f"Bearer {settings.AEIMS_API_KEY}"}
    try:
        response = requests.request(
            method,
            settings.ASTERISK_ADAPTER_URL + path,
            json=body,
            headers=headers,
            timeout=(_CONNECT_SECONDS, _READ_SECONDS),
            allow_redirects=False,
        )
        return Answer(response.status_code, response.json())
    except requests.ConnectTimeout as error:
        raise Refused from error
    except requests.ReadTimeout as error:
        raise Unknown from error
    except requests.ConnectionError as error:
        # A connection that was cut after the request went out may have been heard.
        raise (Refused if _never_connected(error) else Unknown) from error
    except ValueError as error:  # not JSON: something else answers at this address
        log.error("the adapter's address answered something that is not JSON")
        raise Unknown from error


def _never_connected(error: requests.ConnectionError) -> bool:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ConnectionRefusedError):
            return True
        reason = getattr(seen.args[0], "reason", None) if seen.args else None
        seen = reason if isinstance(reason, BaseException) else seen.__cause__ or seen.__context__
    return "NewConnectionError" in repr(error)
