"""Django's side of the seam to the adapter: short time-outs, three outcomes (done, refused, unknown).

Called after commit only. A node's address is its adapter's; today every call goes to `ASTERISK_ADAPTER_URL`.
"""

import logging
import os
import threading
import time
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from django.conf import settings
from urllib3.exceptions import NewConnectionError, ProtocolError

from core import clock, log_lines
from telephony import wire
from telephony.call_plan import Originate, Verification
from telephony.greeting_wire import GreetingCallPlan

log = logging.getLogger(__name__)

_CONNECT_SECONDS, _READ_SECONDS = 2.0, 4.0
_IDLE_SECONDS = 30.0  # after which a connection that was kept may be gone without a word
_RECORD_SECONDS = 60.0  # a long record takes a while to read; only the worker waits for it
_MAY_HAVE_HAPPENED = frozenset({500, 502, 504})  # it broke half-way, or whoever stands between lost it
_kept = threading.local()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the adapter said. `status` is its HTTP status; `web_date` the date (epoch seconds) of the process that its events go to,
    as the adapter knows it: the clock of the process that asks may be another one. None: an older adapter doesn't say.
    """

    status: int
    body: dict[str, Any]
    web_date: float | None = None

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


def verify(asked: Verification) -> Answer:
    """Have a code spoken to a phone. Raises Refused or Unknown."""
    return _ask("POST", "/verification", asked.to_dict(), is_repeatable=False)


def verification(verification_id: str) -> Answer:
    """What became of such a call (`state`, `cause`); 404 once the adapter has forgotten it. Raises Refused or Unknown."""
    return _ask("GET", f"/verification/{verification_id}")


def record_greeting(plan: GreetingCallPlan) -> Answer:
    """Have an operator's phone called and a greeting recorded; an older adapter refuses. Raises Refused or Unknown."""
    return _ask("POST", "/greeting", plan.to_dict(), is_repeatable=False)


def hang_up(call_id: str, *, ended_by: str, why: str) -> Answer:
    """Have a call ended. Raises Refused or Unknown."""
    return _ask("POST", f"/call/{call_id}/hangup", {"ended_by": ended_by, "why": why})


def extend(call_id: str, *, granted_seconds: int, final: bool, ends_at: float | None = None) -> Answer:
    """Tell the adapter a new total grant and, if any, a time (epoch seconds) at which the call ends. Raises Refused or Unknown."""
    body = {"granted_seconds": granted_seconds, "final": final}
    return _ask("POST", f"/call/{call_id}/extend", body if ends_at is None else body | {"ends_at": ends_at})


def accept(call_id: str) -> Answer:
    """The operator accepted in the page: counts as pressing 1. Raises Refused or Unknown."""
    return _ask("POST", f"/call/{call_id}/accept", {}, is_repeatable=False)


def say(call_id: str, sounds: list[str]) -> Answer:
    """Let the customer hear these sounds over the talk; an older adapter refuses. Raises Refused or Unknown."""
    return _ask("POST", f"/call/{call_id}/say", {"sounds": sounds}, is_repeatable=False)


def get_call(call_id: str) -> Answer:
    """What the adapter knows of a call, ended ones included. Raises Refused or Unknown."""
    return _ask("GET", f"/call/{call_id}")


def talks(seconds: int) -> Answer:
    """The talks of the last so many seconds that its Asterisk has on record. Raises Refused or Unknown."""
    return _ask("GET", f"/talks?seconds={seconds}", read_seconds=_RECORD_SECONDS)


def journal(seconds: int, *, after: str = "") -> Answer:
    """A page of the calls that run or ended in the last so many seconds, behind the one named. Raises Refused or Unknown."""
    return _ask("GET", f"/journal?seconds={seconds}&after={after}", read_seconds=_RECORD_SECONDS)


def health(*, seconds: float | None = None) -> Answer:
    """Whether the adapter is ready. Raises Refused, or Unknown after `seconds` (4 by default) without an answer."""
    return _ask("GET", "/health", read_seconds=seconds)


def _ask(
    method: str,
    path: str,
    body: dict[str, Any] | None = None,
    *,
    is_repeatable: bool = True,
    read_seconds: float | None = None,
) -> Answer:
    """`is_repeatable`: the same request again is the same to the adapter, also after it was restarted."""
    now = f"{clock.now().timestamp():.3f}"
    limit = _READ_SECONDS if read_seconds is None else read_seconds
    headers = {"Authorization": f"Bearer {settings.AEIMS_API_KEY}", wire.TIME_HEADER: now}
    if request_id := log_lines.current().get("request"):
        headers[log_lines.REQUEST_ID_HEADER] = request_id
    send = _send_repeatably if is_repeatable else _send_once
    try:
        response = send(
            method,
            settings.ASTERISK_ADAPTER_URL + path,
            json=body,
            headers=headers,
            timeout=(min(_CONNECT_SECONDS, limit), limit),
            allow_redirects=False,
            verify=settings.INTERNAL_CA or True,
        )
        answer = response.json()
    except requests.ConnectTimeout as error:
        raise Refused from error
    except requests.ConnectionError as error:
        # A connection that was cut after the request went out may have been heard.
        raise (Refused if _never_connected(error) else Unknown) from error
    except requests.RequestException as error:  # no answer in time, half an answer, or not JSON
        raise Unknown from error
    if not isinstance(answer, dict) or response.status_code in _MAY_HAVE_HAPPENED:
        log.error("the adapter's address answered %s, which says nothing", response.status_code)
        raise Unknown
    return Answer(response.status_code, answer, wire.told_time(response.headers.get(wire.TIME_HEADER)))


def _never_connected(error: requests.ConnectionError) -> bool:
    """Whether not even a connection came about: nobody listens, or the name is unknown."""
    return bool(error.args) and isinstance(getattr(error.args[0], "reason", None), NewConnectionError)


def _send_once(method: str, url: str, **request: Any) -> requests.Response:
    """Over a connection of its own, so that none that was kept can be lost while it is asked."""
    with _new_session() as session:
        return session.request(method, url, **request)


def _send_repeatably(method: str, url: str, **request: Any) -> requests.Response:
    """Over the connection that this thread keeps; once more over a new one if that was closed without an answer, as by an adapter
    that was restarted.
    """
    session, was_used = _kept_session()
    try:
        response = session.request(method, url, **request)
    except requests.ConnectionError as error:
        if not was_used or not _was_closed(error):
            raise
    else:
        _kept.used_at = time.monotonic()
        return response
    _kept.session = None
    try:
        return _kept_session()[0].request(method, url, **request)
    except requests.ConnectionError as error:
        raise Unknown from error  # nobody listens now, but the first one may have been heard


def _kept_session() -> tuple[requests.Session, bool]:
    """The session of this thread, and whether it has asked the adapter before; a new one for another address, or after a pause."""
    whose = (os.getpid(), settings.ASTERISK_ADAPTER_URL)
    kept: requests.Session | None = getattr(_kept, "session", None)
    if kept is None or _kept.whose != whose or time.monotonic() - _kept.used_at > _IDLE_SECONDS:
        if kept is not None:
            kept.close()
        _kept.session, _kept.whose, _kept.used_at = _new_session(), whose, time.monotonic()
        return _kept.session, False
    return kept, True


def _new_session() -> requests.Session:
    session = requests.Session()
    # The adapter is a neighbour: a proxy or .netrc of the environment must not get in between.
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return session


def _was_closed(error: requests.ConnectionError) -> bool:
    """Whether the connection ended before an answer came."""
    return bool(error.args) and isinstance(error.args[0], ProtocolError)
