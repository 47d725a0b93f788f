"""What a log line says beside its message, and its shape: one record is one line in JSON, or one line with marked ones after it.

Every process writes through the formatter that `LOG_FORMAT` names (`aeims.logging_settings`). Who asked and for what is
taken from the request that a record names, or else from `context`, so that no call of the logger has to say it.
"""

import json
import logging
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from django.utils.functional import empty

REQUEST_ID_HEADER = "X-Request-Id"
About = Mapping[str, str]
_WORD = re.compile(r"[\w.-]{1,64}", re.ASCII)
_REQUEST_ID = re.compile(r"[0-9a-f]{16}")

_about: ContextVar[Callable[[], About] | None] = ContextVar("log_about", default=None)


class Process:
    """The name of this process in its lines: web, worker, adapter, or command."""

    name = os.environ.get("AEIMS_PROCESS", "command")


@contextmanager
def context(about: Callable[[], About]) -> Iterator[None]:
    """Within: lines say what `about` answers when they are written. It must not query, nor log."""
    token = _about.set(about)
    try:
        yield
    finally:
        _about.reset(token)


def from_now_on(about: Callable[[], About]) -> None:
    """As `context`, for the rest of the running task."""
    _about.set(about)


@contextmanager
def also(**about: str) -> Iterator[None]:
    """Within: lines say this, too, beside what they say of their request or job. What is no plain word is left out."""
    outer, more = _about.get(), {name: text for name, text in about.items() if _WORD.fullmatch(text)}
    with context(lambda: {**(outer() if outer else {}), **more}):
        yield


def request_id_of(text: str) -> str:
    """An id as we make them, from a header of another process of ours; empty if it is none."""
    return text if _REQUEST_ID.fullmatch(text) else ""


def current() -> About:
    """What a line written now would say of its request or job; empty outside of any."""
    about = _about.get()
    return about() if about else {}


def about_request(request: Any) -> dict[str, str]:
    """Its id and its user, where that is loaded already: nothing is read for a log line."""
    about = {"request": str(request.request_id)}
    user = request.__dict__.get("user")
    if user is not None and getattr(user, "_wrapped", None) is not empty:
        user_id = user.pk
    else:
        session = getattr(request.__dict__.get("session"), "_session_cache", None) or {}
        user_id = session.get("_auth_user_id")
    if user_id is not None:
        about["user"] = str(user_id)
    return about


def about_job(number: Any, task: Any, arguments: Mapping[str, Any]) -> dict[str, str]:
    """Which job it is, and the call that it is about."""
    about = {"job": str(number), "task": str(task)}
    if call_id := arguments.get("call_id"):
        about["call"] = str(call_id)
    return about


class AddContext(logging.Filter):
    """Puts what a line says beside its message into `record.about`. For handlers, before their formatter."""

    def filter(self, record: logging.LogRecord) -> bool:
        request, job = getattr(record, "request", None), getattr(record, "job", None)
        about = {**current(), **(about_request(request) if hasattr(request, "request_id") else {})}
        if isinstance(job, dict) and "task_name" in job:  # Procrastinate's line about the end of a job
            about |= about_job(job.get("id"), job["task_name"], job.get("task_kwargs") or {})
        record.about = {"process": Process.name, **about}
        return True


class NameJobs(logging.Filter):
    """For Procrastinate's line about jobs that were deferred, which tells only how many: which they are, so that the lines of
    the request that deferred a job lead to those of the job.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        jobs = getattr(record, "jobs", None)
        if getattr(record, "action", "") != "jobs_deferred" or not isinstance(jobs, list):
            return record.levelno > logging.INFO
        names = ", ".join(f"{job.get('task_name')}[{job.get('id')}]" for job in jobs)
        record.msg, record.args = f"deferred {names}", None
        return True


class TextFormatter(logging.Formatter):
    """Time, level, logger, message, and `name=value`; lines of a traceback begin with a bar, so none looks like another record."""

    def format(self, record: logging.LogRecord) -> str:
        about = "".join(f" {name}={value}" for name, value in _about_of(record).items())
        head = f"{_time(record)} {record.levelname} {record.name} {record.getMessage()}{about}"
        return "\n  | ".join([head, *_trace(record).splitlines()])


class JsonFormatter(logging.Formatter):
    """One JSON object a line. Escaped as ASCII: no text can hold a line's end."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": _time(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_about_of(record),
        }
        if trace := _trace(record):
            entry["trace"] = trace
        return json.dumps(entry)


def _about_of(record: logging.LogRecord) -> About:
    about: About = getattr(record, "about", {})
    return about


def _time(record: logging.LogRecord) -> str:
    """In UTC, to the millisecond, with its zone."""
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _trace(record: logging.LogRecord) -> str:
    """The traceback as the filter of personal data left it, and the stack."""
    if record.exc_info and not record.exc_text:
        record.exc_text = logging.Formatter().formatException(record.exc_info)
    return "\n".join(part for part in (record.exc_text, record.stack_info) if part)
