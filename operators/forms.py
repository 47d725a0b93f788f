"""Form fields of what operators say about themselves, for their own page and for staff."""

from typing import Any

from django import forms

MAX_NAMES = 10
_MAX_LENGTH = 40


class NamesField(forms.CharField):
    """Languages or specialties, separated by commas; cleaned to a list, which may be empty."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=400, help_text="Separated by commas", **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        names = [name.strip() for name in str(super().clean(value)).split(",") if name.strip()]
        if len(names) > MAX_NAMES or any(len(name) > _MAX_LENGTH for name in names):
            raise forms.ValidationError(f"At most {MAX_NAMES}, each at most {_MAX_LENGTH} characters.")
        return names

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)
