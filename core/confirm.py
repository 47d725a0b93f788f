"""Ask before a deed that cannot be undone: a page that repeats the person, the amount, and the effect in figures.

The first POST of a form shows it; its own form sends the same fields again, `confirmed`, and a reason. It is a page, so it
works without scripts. Templates: `storefront/confirm.html`, `backoffice/confirm.html`, the admin's, one component.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from django.http import HttpRequest

from core.db import dry_run

T = TypeVar("T")

_OWN = ("csrfmiddlewaretoken", "confirmed", "reason")


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What the page says. `facts`: label and value; `effect`: one or two sentences; `back`: where Cancel leads.

    `reason_label` names the reason and who reads it; `is_reason_needed` is False where people decide about themselves.
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    effect: str
    button: str
    back: str
    reason_label: str = "Reason (kept on record)"
    is_reason_needed: bool = True


@dataclass(frozen=True, slots=True)
class Question:
    """A confirmation with the fields that its form sends again, and the reason given so far."""

    confirmation: Confirmation
    fields: Mapping[str, str]
    reason: str


def is_confirmed(request: HttpRequest) -> bool:
    """Whether this POST comes from the confirmation page."""
    return request.method == "POST" and request.POST.get("confirmed") == "1"


def ask(request: HttpRequest, confirmation: Confirmation, **changes: str) -> Question:
    """The question for the page: the fields of the form are sent again, with `changes` (an amount that was left empty)."""
    fields = {name: str(value) for name, value in request.POST.items() if name not in _OWN} | changes
    return Question(confirmation, fields, request.POST.get("reason", ""))


def preview(service: Callable[[str], T]) -> T:
    """What `service` would do and answer, by doing it and taking it back. It is given a reason. Raises what it raises."""
    return dry_run(lambda: service("preview"))
