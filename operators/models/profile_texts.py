"""Operators' texts on their way to the customers; what is shown is on the operator's row."""

from django.db import models
from django.db.models import Q

from operators.models.operator import Operator
from operators.models.submission import Submission
from operators.states import ProfileField, ReviewState


class ProfileText(Submission):
    """The last text that an operator offered for one field, and what came of it. A new one is a new row, so staff never
    decide about another text than the one they read.
    """

    operator = models.ForeignKey(
        Operator, on_delete=models.CASCADE, related_name="profile_texts", db_index=False
    )
    field = models.CharField(max_length=12, choices=ProfileField.choices)
    value = models.JSONField()  # as the operator's column has it: a text, or a list of words

    class Meta:
        constraints = [models.UniqueConstraint(fields=["operator", "field"], name="profile_text_once")]
        indexes = [
            models.Index(fields=["id"], name="profile_text_waiting", condition=Q(state=ReviewState.WAITING)),
        ]

    def __str__(self) -> str:
        return f"{self.field} of {self.operator_id}"

    @property
    def words(self) -> str:
        """What was offered, as a page shows it."""
        return in_words(self.value)

    @property
    def shown_words(self) -> str:
        """What customers see of this field now; empty if nothing."""
        return in_words(getattr(self.operator, self.field))


def in_words(value: str | list[str]) -> str:
    """A text as it is, words with commas between."""
    return value if isinstance(value, str) else ", ".join(value)
