"""What applicants fill in. Shape only; the rules are the services'."""

from typing import Any

from django import forms

from operators.forms import NamesField
from operators.models import Application
from operators.photo_processing import MAX_BYTES
from operators.regions import REGIONS
from operators.states import DocumentKind

_DATES = ["%m/%d/%Y", "%m-%d-%Y", "%m.%d.%Y", "%m%d%Y", "%Y-%m-%d"]
_PHOTO = f"JPEG, PNG, or WebP, at most {MAX_BYTES // 1024**2} MB."


class DayField(forms.DateField):
    """A date as people type it: 03/07/1990."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            input_formats=_DATES,
            error_messages={"invalid": "Enter it as MM/DD/YYYY."},
            widget=forms.TextInput(attrs={"inputmode": "numeric", "placeholder": "MM/DD/YYYY"}),
            **kwargs,
        )


class FactsForm(forms.Form):
    """Who they are, and how customers would know them."""

    legal_name = forms.CharField(
        max_length=120, help_text="As on your ID. Customers never see it.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )  # fmt: skip
    born_on = DayField(label="Date of birth", help_text="Customers never see it.")
    region = forms.ChoiceField(label="State you live in", choices=[("", "Choose"), *REGIONS.items()])
    stage_name = forms.CharField(max_length=60, help_text="The name customers know you by. Not your own.")
    languages = NamesField()
    topics = NamesField(label="What you like to talk about")

    @classmethod
    def of(cls, application: Application | None) -> "FactsForm":
        """With what they told us before."""
        names = ("legal_name", "born_on", "region", "stage_name", "languages", "topics")
        initial = {name: getattr(application, name) for name in names} if application else {}
        if initial.get("born_on"):
            initial["born_on"] = f"{initial['born_on']:%m/%d/%Y}"
        return cls(initial=initial)


class DocumentForm(forms.Form):
    """Photos of one ID."""

    kind = forms.ChoiceField(label="Kind of ID", choices=DocumentKind.choices)
    expires_on = DayField(label="Valid until")
    front = forms.FileField(
        label="Photo of the front", help_text=_PHOTO, max_length=255,
        error_messages={"required": "Choose a photo first.", "empty": "The file is empty."},
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )  # fmt: skip
    back = forms.FileField(
        label="Photo of the back, if there is one", help_text=_PHOTO, max_length=255, required=False,
        error_messages={"empty": "The file is empty."},
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )  # fmt: skip

    def sides(self) -> list[bytes]:
        """What came in, the front first; of each not more than one byte over the limit."""
        files = (self.cleaned_data["front"], self.cleaned_data.get("back"))
        return [file.read(MAX_BYTES + 1) for file in files if file]


class SignForm(forms.Form):
    """The typed name and a box that nobody ticked before. `digest`: of the text that the page shows."""

    digest = forms.CharField(widget=forms.HiddenInput, max_length=64)
    typed_name = forms.CharField(label="Your full legal name", max_length=120)
    agrees = forms.BooleanField(
        label="I’ve read this contract and sign it by typing my name.",
        error_messages={"required": "Check the box if you agree."},
    )
