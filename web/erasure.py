"""Have one's data deleted by a form: what customers and operators do alike."""

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import DomainError
from customers.models import User
from privacy.obstacles import describe, obstacles
from privacy.ownership import Person
from privacy.services.request_erasure import UNDO_FOR, request_erasure, waiting_erasure

WORD = "DELETE"


class EraseForm(forms.Form):
    """Nobody types this word by a slip."""

    word = forms.CharField(
        label=format_lazy(gettext_lazy("Type {word} to confirm"), word=WORD),
        max_length=20,
        widget=forms.TextInput({"autocomplete": "off"}),
    )

    def clean_word(self) -> str:
        word: str = self.cleaned_data["word"]
        if word.strip().upper() != WORD:
            raise forms.ValidationError(_("Type the word %(word)s.") % {"word": WORD})
        return WORD


def is_erasure_requested(form: EraseForm, user: User, *, url: str) -> bool:
    """Whether a posted form was right and the request is made; else the form says why not. `url`: where it is taken back."""
    if not form.is_valid():
        return False
    try:
        request_erasure(user=user, actor=user, url=url)
    except DomainError as error:
        form.add_error(None, error.message)
        return False
    return True


def erasure_context(user: User, form: EraseForm) -> dict[str, object]:
    """What the page shows: the form, or why it can't be done now, or that it is going to be."""
    return {
        "form": form,
        "days": UNDO_FOR.days,
        "waiting": waiting_erasure(user),
        "reasons": [describe(one) for one in obstacles(Person.of(user), closes_account=True)],
    }
