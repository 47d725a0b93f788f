"""What operators type about their hours, vacations, and automatic replies. Shape only; the rules are the services'."""

from typing import Any

from django import forms

from operators.models import Operator, ProfileText, WorkPlan
from operators.services.working_time import REMIND_CHOICES
from operators.states import ReviewState

_DATE = {"type": "date"}


def _time_field(label: str) -> forms.TimeField:
    return forms.TimeField(
        label=label, required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )


class ExceptionForm(forms.Form):
    """One date with other hours, or none."""

    day = forms.DateField(label="Date", widget=forms.DateInput(attrs=_DATE, format="%Y-%m-%d"))
    starts = _time_field("From (leave empty for a day off)")
    ends = _time_field("To")


class WorkPlanForm(forms.Form):
    """What begins and ends by itself."""

    reminds = forms.BooleanField(label="Email me before my hours begin", required=False)
    remind_minutes = forms.TypedChoiceField(
        label="How long before",
        coerce=int,
        choices=[(minutes, f"{minutes} minutes") for minutes in REMIND_CHOICES],
    )
    follows_hours = forms.BooleanField(label="Set me online and offline by my hours", required=False)

    def __init__(self, plan: WorkPlan, data: Any = None) -> None:
        names = ("reminds", "remind_minutes", "follows_hours")
        super().__init__(data, initial={name: getattr(plan, name) for name in names})


class VacationForm(forms.Form):
    """A range of days."""

    first = forms.DateField(label="First day off", widget=forms.DateInput(attrs=_DATE, format="%Y-%m-%d"))
    last = forms.DateField(label="Last day off", widget=forms.DateInput(attrs=_DATE, format="%Y-%m-%d"))


class AutoReplyForm(forms.Form):
    """When a text is answered automatically, and with what."""

    when_away = forms.BooleanField(label="While I’m away or offline", required=False)
    on_vacation = forms.BooleanField(label="While I’m on vacation", required=False)
    text = forms.CharField(
        label="What it says",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Leave it empty for our words. Phone numbers and email addresses are hidden.",
    )

    def __init__(
        self, operator: Operator, plan: WorkPlan, offered: ProfileText | None, data: Any = None
    ) -> None:
        """`offered`: the text that was sent to staff last; while it waits, it is changed further."""
        is_waiting = offered is not None and offered.state == ReviewState.WAITING
        super().__init__(
            data,
            initial={
                "when_away": plan.replies_when_away,
                "on_vacation": plan.replies_on_vacation,
                "text": offered.value if offered and is_waiting else operator.auto_reply,
            },
        )
