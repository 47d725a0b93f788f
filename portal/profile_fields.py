"""The texts of a profile as their operator sees them: the field, what customers see now, and how far the last proposal is."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.forms import BoundField

from operators.models import Operator, ProfileText
from operators.models.profile_texts import in_words
from operators.profile_words import known_words
from operators.states import ProfileField, ReviewState
from portal.forms import ProfileForm, names_in


@dataclass(frozen=True, slots=True)
class Word:
    """A language or topic to choose."""

    name: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class FieldState:
    """`text`: the proposal that waits or was declined, or none. `shown`: what customers see, empty: nothing.

    `words` are those to choose from, `typed` the others that are chosen; a plain text has neither.
    """

    field: BoundField
    text: ProfileText | None
    shown: str
    words: list[Word]
    typed: str = ""

    @property
    def is_waiting(self) -> bool:
        return self.text is not None and self.text.state == ReviewState.WAITING

    @property
    def is_declined(self) -> bool:
        return self.text is not None and self.text.state == ReviewState.REFUSED


def fields_of(operator: Operator, form: ProfileForm, texts: Mapping[str, ProfileText]) -> list[FieldState]:
    """One for each field of the form, in its order. `texts`: the last proposals by field."""
    known = known_words(operator)
    return [_state(operator, field, texts.get(field.name), known) for field in form]


def _state(
    operator: Operator, field: BoundField, text: ProfileText | None, known: Mapping[ProfileField, list[str]]
) -> FieldState:
    name = ProfileField(field.name)
    shown = in_words(getattr(operator, name))
    offered = text if text is not None and text.state != ReviewState.SHOWN else None
    if name not in known:
        return FieldState(field, offered, shown, [])
    value = field.value()
    chosen = value if isinstance(value, list) else names_in(str(value or ""))
    words = [Word(word, word in chosen) for word in known[name]]
    return FieldState(
        field, offered, shown, words, ", ".join(word for word in chosen if word not in known[name])
    )
