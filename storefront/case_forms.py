"""Forms about problems: with something that has a receipt, in a complaint, and in an appeal."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.case_rules import MAX_WORDS
from billing.receipt_numbers import ReceiptNumber, ReceiptOf
from billing.states import CaseProblem

_OF_CALLS = (
    CaseProblem.POOR_SOUND, CaseProblem.CUT_OFF, CaseProblem.WRONG_PERSON, CaseProblem.WRONG_CHARGE, CaseProblem.OTHER
)  # fmt: skip
_OF_CHARGES = (
    CaseProblem.UNKNOWN_CHARGE, CaseProblem.WRONG_CHARGE, CaseProblem.BY_MISTAKE, CaseProblem.OTHER
)  # fmt: skip


def _words(**options: Any) -> forms.CharField:
    area = forms.Textarea(attrs={"rows": 5})
    return forms.CharField(max_length=MAX_WORDS, widget=area, **options)


class CaseForm(forms.Form):
    """What went wrong, and what we should know."""

    problem = forms.ChoiceField(label=_("What went wrong?"))
    words = _words(
        label=_("What should we know?"),
        required=False,
        help_text=_("Leave out phone and card numbers. You don’t need to say what you talked about."),
    )

    def __init__(self, data: Any, number: ReceiptNumber) -> None:
        problems = _OF_CALLS if number.of == ReceiptOf.CALL else _OF_CHARGES
        super().__init__(data, initial={"problem": problems[0]})
        field = self.fields["problem"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(problem.value, problem.label) for problem in problems]


class ComplaintForm(forms.Form):
    """Of anybody."""

    email = forms.EmailField(
        label=_("Your email"), max_length=254, help_text=_("We’ll answer there."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )  # fmt: skip
    words = _words(
        label=_("What happened?"),
        help_text=_("A receipt number helps us find it. Leave out phone and card numbers."),
    )


class AppealForm(forms.Form):
    """Why our answer isn't right."""

    words = _words(label=_("Why isn’t our answer right?"))
