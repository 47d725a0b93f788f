"""Calls that an operator asked for to record a greeting: how far each is. What was said is `operators.Greeting`'s."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

from operators.models import Operator
from telephony.states import LIVE_GREETING_CALLS, GreetingCallEnd, GreetingCallState

# Longer than such a call can last and be told of (`adapter.greeting_calls`): a silent one is over then.
LIVE_FOR = timedelta(minutes=8)


class GreetingCall(models.Model):
    """One such call; `reference` is what the adapter knows it by, `sequence` that of the last event. No number is stored."""

    reference = models.CharField(max_length=64, unique=True)
    operator = models.ForeignKey(Operator, on_delete=models.CASCADE, related_name="+", db_index=False)
    state = models.CharField(
        max_length=10,
        choices=[(state.value, state.value) for state in GreetingCallState],
        default=GreetingCallState.RINGING,
    )
    why = models.CharField(
        max_length=12, choices=[(end.value, end.value) for end in GreetingCallEnd], blank=True
    )
    reason = models.CharField(
        max_length=200, blank=True
    )  # why the recording was not taken, as its operator reads it
    sequence = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["operator"], condition=Q(state__in=LIVE_GREETING_CALLS), name="one_greeting_call"
            ),
            models.CheckConstraint(
                condition=Q(state__in=LIVE_GREETING_CALLS, ended_at=None)
                | ~Q(state__in=LIVE_GREETING_CALLS) & Q(ended_at__isnull=False),
                name="greeting_call_ended",
            ),
        ]
        indexes = [models.Index(fields=["operator", "-created_at"], name="greeting_call_of")]

    def __str__(self) -> str:
        return f"{self.reference}, {self.state}"

    def is_live(self, at: datetime) -> bool:
        """Whether something more may be heard of it."""
        return self.ended_at is None and at < self.created_at + LIVE_FOR

    def end_of(self, at: datetime) -> GreetingCallEnd | None:
        """Why it came to nothing; None while it is live and for one that was kept."""
        if self.state == GreetingCallState.KEPT or self.is_live(at):
            return None
        return GreetingCallEnd(self.why) if self.why else GreetingCallEnd.LOST
