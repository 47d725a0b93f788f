"""What is chosen on the sandbox's page."""

from django import forms

from billing.gateways.sandbox.cards import CardKind, SandboxCard


class CardForm(forms.Form):
    """A test card. `key` is new for each time that the page is shown: a form sent twice is one payment."""

    behavior = forms.ChoiceField(
        label="Test card", choices=SandboxCard.choices, widget=forms.RadioSelect, initial=SandboxCard.SUCCESS
    )
    kind = forms.ChoiceField(label="Kind of card", choices=CardKind.choices, initial=CardKind.CREDIT)
    key = forms.RegexField(regex=r"\A[0-9a-f]{32}\Z", widget=forms.HiddenInput)
