"""The worker reports the sandbox's events."""

from procrastinate.contrib.django import app

from billing.gateways.sandbox import processor, webhook
from billing.gateways.sandbox.models import SandboxEvent
from core import clock
from core.jobs import Queue


@app.task(name=processor.SEND_EVENT, queue=Queue.DEFAULT)
def send_event(*, event_id: int) -> None:
    """Report one event; again a little later where nobody listened, and not for ever."""
    event = SandboxEvent.objects.select_related("charge").get(pk=event_id)
    if event.delivered_at is None and not webhook.deliver(event) and event.tries < webhook.MOST_TRIES:
        processor.send_later(event, clock.now() + webhook.pause_after(event.tries))
