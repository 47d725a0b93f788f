"""What an operator writes about held earnings: why they're theirs, and why our answer isn't right."""

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.case_rules import MAX_WORDS


class ContestForm(forms.Form):
    """Why the earnings are theirs."""

    words = forms.CharField(
        label=_("Why should we pay it?"),
        max_length=MAX_WORDS,
        help_text=_("Leave out phone and card numbers. You don’t need to say what you talked about."),
        widget=forms.Textarea(attrs={"rows": 5}),
    )


class AppealForm(forms.Form):
    """Why our answer isn't right."""

    words = forms.CharField(
        label=_("Why isn’t our answer right?"), max_length=MAX_WORDS, widget=forms.Textarea(attrs={"rows": 5})
    )
