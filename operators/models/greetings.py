"""Operators' recorded greetings: what is shown, what waits for staff, and the files of each."""

from django.db import models
from django.db.models import Q

from operators.greeting_urls import PlayableGreeting, greeting_of
from operators.models.operator import Operator
from operators.models.submission import Submission
from operators.states import GreetingFormat, ReviewState


class Greeting(Submission):
    """A recording on its way to the customers; of each operator one that is shown, one that is being prepared, waits, or was
    refused.
    """

    operator = models.ForeignKey(Operator, on_delete=models.CASCADE, related_name="greetings", db_index=False)
    digest = models.CharField(max_length=32, blank=True, db_index=True)  # of its files; empty until prepared
    duration_ms = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["operator", "state"], name="greeting_once")]
        indexes = [
            models.Index(fields=["id"], name="greeting_waiting", condition=Q(state=ReviewState.WAITING)),
        ]

    def __str__(self) -> str:
        return f"greeting of {self.operator_id}"

    @property
    def player(self) -> PlayableGreeting | None:
        """As it would be played; None until it is prepared, and for one whose files were deleted."""
        if self.state not in (ReviewState.WAITING, ReviewState.SHOWN):
            return None
        return greeting_of(self.operator.stage_name, digest=self.digest, duration_ms=self.duration_ms)


class GreetingFile(models.Model):
    """A recording as it came in, until it is prepared, then the files made of it (`operators.greeting_processing`)."""

    greeting = models.ForeignKey(Greeting, on_delete=models.CASCADE, related_name="files", db_index=False)
    format = models.CharField(max_length=8, choices=GreetingFormat.choices)
    data = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["greeting", "format"], name="greeting_file_once")]

    def __str__(self) -> str:
        return f"{self.greeting_id} as {self.format}"
