"""When an operator works: usual hours, single dates that differ, and what begins and ends with them."""

from datetime import time

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q

from operators.models.operator import Operator

REMIND_MINUTES = 15


class ScheduleSlot(models.Model):
    """Usual hours on one day of the week, in the operator's time zone; an end before the start is the next day's."""

    operator = models.ForeignKey(Operator, on_delete=models.CASCADE, related_name="schedule", db_index=False)
    weekday = models.PositiveSmallIntegerField(validators=[MaxValueValidator(6)])  # 0 is Monday
    starts = models.TimeField()
    ends = models.TimeField()

    class Meta:
        ordering = ["weekday", "starts"]
        constraints = [models.UniqueConstraint(fields=["operator", "weekday", "starts"], name="slot_once")]

    def __str__(self) -> str:
        return f"{self.weekday} {self.starts:%H:%M}"


class ScheduleException(models.Model):
    """One date on which the usual hours don't hold, on the operator's calendar: off, or other hours (as in `ScheduleSlot`)."""

    operator = models.ForeignKey(
        Operator, on_delete=models.CASCADE, related_name="schedule_exceptions", db_index=False
    )
    day = models.DateField()
    starts = models.TimeField(null=True)  # both empty: off
    ends = models.TimeField(null=True)

    class Meta:
        ordering = ["day"]
        constraints = [
            models.UniqueConstraint(fields=["operator", "day"], name="schedule_exception_once"),
            models.CheckConstraint(
                condition=Q(starts=None, ends=None)
                | Q(starts__isnull=False, ends__isnull=False) & ~Q(starts=F("ends")),
                name="schedule_exception_hours",
            ),
        ]
        indexes = [models.Index(fields=["day"], name="schedule_exception_day")]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}"

    @property
    def span(self) -> tuple[time, time] | None:
        """The hours; None: off."""
        return None if self.starts is None or self.ends is None else (self.starts, self.ends)


class WorkPlan(models.Model):
    """What an operator lets begin and end by itself. Without a row all is as the defaults say.

    Changed under the lock of the operator's row.
    """

    operator = models.OneToOneField(Operator, on_delete=models.CASCADE, related_name="work_plan")
    reminds = models.BooleanField(default=False)
    remind_minutes = models.PositiveSmallIntegerField(default=REMIND_MINUTES)
    reminded_for = models.DateTimeField(null=True, editable=False)  # the beginning that was told last
    follows_hours = models.BooleanField(default=False)
    # Of the hours: the beginning or end that acted last. Nothing before it acts any more.
    acted_at = models.DateTimeField(null=True, editable=False)
    replies_when_away = models.BooleanField(default=False)
    replies_on_vacation = models.BooleanField(default=True)
    # The last vacation that is over: a reply to what came in it says nothing of how soon they answer.
    last_vacation_from = models.DateTimeField(null=True, editable=False)
    last_vacation_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        indexes = [
            models.Index(
                fields=["operator"],
                name="work_plan_by_hours",
                condition=Q(follows_hours=True) | Q(reminds=True),
            )
        ]

    def __str__(self) -> str:
        return f"plan of {self.operator_id}"
