"""What operators type about themselves. Shape only; the rules are the services'."""

from collections.abc import Mapping
from typing import Any

from django import forms

from core.money import as_decimal, format_money
from operators import greeting_formats
from operators.drawn_portraits import DrawnAs
from operators.forms import NamesField
from operators.models import Operator, ProfileText
from operators.photo_processing import MAX_BYTES
from operators.services.change_settings import Hours
from operators.states import ProfileField, ReviewState
from web.forms import MoneyField

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def names_in(typed: str) -> list[str]:
    """The words of a text that has commas between them."""
    return [word for part in typed.split(",") if (word := part.strip())]


class PricesForm(forms.Form):
    """Prices, from the next call and text on."""

    def __init__(self, operator: Operator, data: Any = None) -> None:
        """A field for each price, with what staff allow beside it."""
        super().__init__(data)
        for price, amount_minor in operator.prices:
            lowest, highest = (format_money(minor) for minor in price.bounds.of(vars(operator)))
            allowed = f"{lowest} to {highest}." if price.bounds.lowest else f"Up to {highest}."
            self.fields[price.column] = MoneyField(
                label=price.label,
                help_text=f"{price.help_text} {allowed}".strip(),
                initial=as_decimal(amount_minor),
            )


class WordsInput(forms.TextInput):
    """Boxes of words and a field for others, all of one name: what came in as one list with commas, each word once."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        sent = data.getlist(name) if hasattr(data, "getlist") else [data.get(name) or ""]
        return ", ".join(dict.fromkeys(names_in(",".join(sent))))


class ProfileForm(forms.Form):
    """What customers read."""

    headline = forms.CharField(max_length=120, required=False)
    bio = forms.CharField(
        label="About you",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="Phone numbers and email addresses are hidden.",
    )
    languages = NamesField(widget=WordsInput)
    specialties = NamesField(widget=WordsInput, label="Topics")

    @classmethod
    def of(cls, operator: Operator, texts: Mapping[str, ProfileText]) -> "ProfileForm":
        """`texts`: what was offered last, by field; what waits for staff is changed further, not what is shown."""
        initial = {name: getattr(operator, name) for name in ProfileField.values}
        waiting = {name: text.value for name, text in texts.items() if text.state == ReviewState.WAITING}
        return cls(initial=initial | waiting)


class PhotoForm(forms.Form):
    """A photo for the operator's page."""

    photo = forms.FileField(
        label="A photo of you",
        help_text=f"JPEG, PNG, or WebP, at most {MAX_BYTES // 1024**2} MB. It’s cropped to portrait (4:5), "
        "and we keep nothing else from the file, not even where or when it was taken.",
        error_messages={"required": "Choose a photo first.", "empty": "The file is empty."},
        max_length=255,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp", "data-part": "file"}),
    )

    def data_sent(self) -> bytes:
        """What came in, not more than one byte over the limit."""
        data: bytes = self.cleaned_data["photo"].read(MAX_BYTES + 1)
        return data


class DrawingForm(forms.Form):
    """Whom the drawn portrait shows."""

    drawn_as = forms.ChoiceField(
        label="Draw me as", required=False, choices=[("", "Either"), *DrawnAs.choices],
        help_text="Customers see a drawing while you have no photo. It includes something from your topics.",
    )  # fmt: skip

    def __init__(self, operator: Operator, data: Any = None) -> None:
        super().__init__(data, initial={"drawn_as": operator.drawn_as})


class GreetingForm(forms.Form):
    """A recorded greeting, by the browser's recorder or as a file."""

    recording = forms.FileField(
        label="Audio file",
        help_text=f"MP3, M4A, WAV, Ogg, WebM, or FLAC, up to {greeting_formats.MAX_SECONDS} seconds and "
        f"{greeting_formats.MAX_BYTES // 1024**2} MB.",
        error_messages={
            "required": "Record a greeting or choose a file first.",
            "empty": "The file is empty.",
        },
        max_length=255,
        widget=forms.FileInput(attrs={"accept": greeting_formats.ACCEPT, "data-part": "file"}),
    )

    def data_sent(self) -> bytes:
        """What came in, not more than one byte over the limit."""
        data: bytes = self.cleaned_data["recording"].read(greeting_formats.MAX_BYTES + 1)
        return data


class PhoneForm(forms.Form):
    """A phone to add. It is called with a code at once. None of the numbers is ever shown."""

    typed = forms.CharField(
        label="Add a phone",
        max_length=40,
        help_text="In the United States or Canada. We’ll call it now with a six-digit code.",
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel"}),
    )


class ChannelsForm(forms.Form):
    """Voice, text, the pause after a call, and the sites."""

    takes_calls = forms.BooleanField(label="I take calls", required=False)
    takes_messages = forms.BooleanField(label="I answer texts", required=False)
    wrap_up_seconds = forms.IntegerField(
        label="Pause after a call, in seconds", min_value=0, max_value=600, help_text="0 for none"
    )
    shown_on = forms.TypedMultipleChoiceField(
        label="Sites that show me", required=False, coerce=int, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, operator: Operator, data: Any = None) -> None:
        listings = list(operator.listings.select_related("brand").order_by("brand_id"))
        initial = {
            "takes_calls": operator.takes_calls,
            "takes_messages": operator.takes_messages,
            "wrap_up_seconds": operator.wrap_up_seconds,
            "shown_on": [listing.brand_id for listing in listings if listing.is_active],
        }
        super().__init__(data, initial=initial)
        self.fields["shown_on"].choices = [(x.brand_id, x.brand.name) for x in listings]  # type: ignore[attr-defined]


class ScheduleForm(forms.Form):
    """One span a day; an end before the start is after midnight."""

    def __init__(self, operator: Operator, data: Any = None) -> None:
        super().__init__(data)
        known = {slot.weekday: slot for slot in operator.schedule.all()}
        for number, day in enumerate(WEEKDAYS):
            slot = known.get(number)
            for edge, words in (("starts", "from"), ("ends", "to")):
                self.fields[f"{edge}_{number}"] = forms.TimeField(
                    label=f"{day} {words}",
                    required=False,
                    initial=getattr(slot, edge) if slot else None,
                    widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
                )

    def days(self) -> list[tuple[str, Any, Any]]:
        """For the page: a day and its two fields."""
        return [(day, self[f"starts_{n}"], self[f"ends_{n}"]) for n, day in enumerate(WEEKDAYS)]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for number, day in enumerate(WEEKDAYS):
            if (cleaned.get(f"starts_{number}") is None) != (cleaned.get(f"ends_{number}") is None):
                self.add_error(f"starts_{number}", f"{day}: enter both times, or neither.")
        return cleaned

    def hours(self) -> list[Hours]:
        """As the service takes them."""
        typed = self.cleaned_data
        return [
            Hours(number, typed[f"starts_{number}"], typed[f"ends_{number}"])
            for number in range(len(WEEKDAYS))
            if typed.get(f"starts_{number}") is not None
        ]
