"""Pause a service on all brands, and resume it: new calls, adding funds by card, payouts."""

from django.db import models

from brands.models import PausedService
from brands.selectors import forget
from brands.states import Service
from core import audit, clock
from core.db import transactional
from core.errors import Conflict
from core.parse import checked_reason


@transactional
def pause(*, service: Service, actor: models.Model | None, reason: str) -> None:
    """No more of it from now on, within seconds in all processes. Raises Invalid (no reason), Conflict `unchanged`."""
    reason = checked_reason(reason)
    _, is_new = PausedService.objects.get_or_create(service=service, defaults={"paused_at": clock.now()})
    if not is_new:
        raise Conflict("It’s already paused.", code="unchanged")
    _tell(service, actor, "service.pause", reason)


@transactional
def resume(*, service: Service, actor: models.Model | None, reason: str) -> None:
    """On again. Raises Invalid (no reason), Conflict `unchanged`."""
    reason = checked_reason(reason)
    removed, _ = PausedService.objects.filter(service=service).delete()
    if not removed:
        raise Conflict("It isn’t paused.", code="unchanged")
    _tell(service, actor, "service.resume", reason)


def _tell(service: Service, actor: models.Model | None, action: str, reason: str) -> None:
    audit.record(actor=actor, action=action, subject=f"service:{service}", reason=reason)
    forget()
