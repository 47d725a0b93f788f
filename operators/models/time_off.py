"""The columns of an operator's breaks, vacations, and automatic replies."""

from datetime import date, datetime

from django.db import models


class TimeOff(models.Model):
    """What an operator's row knows of when they come back. The services of each write it."""

    went_online_at = models.DateTimeField(null=True, editable=False)  # the last time they came back
    break_until = models.DateTimeField(
        null=True, editable=False
    )  # away until then, and online again by itself
    # Their hours ended in mid-call.
    offline_after_call = models.BooleanField(default=False, db_default=False, editable=False)
    # The vacation that is planned or runs; `back_on` is the day of `vacation_until` on their calendar.
    vacation_from = models.DateTimeField(null=True, editable=False)
    vacation_until = models.DateTimeField(null=True, editable=False)
    back_on = models.DateField(null=True, editable=False)
    # What customers are sent while they are away, as approved; empty: the words of `operators.absence`.
    auto_reply = models.CharField(max_length=300, blank=True, default="", db_default="", editable=False)

    class Meta:
        abstract = True

    def is_on_vacation(self, at: datetime) -> bool:
        """Whether `at` is in their vacation, whatever their presence."""
        if self.vacation_from is None or self.vacation_until is None:
            return False
        return self.vacation_from <= at < self.vacation_until

    def returns_on(self, at: datetime) -> date | None:
        """The first day after their vacation, on their calendar; None else."""
        return self.back_on if self.is_on_vacation(at) else None
