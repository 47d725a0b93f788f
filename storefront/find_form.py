"""The form of the directory: a search that needs no script, whose address can be kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from operators.directory import DirectoryFilters, Sort
from web.forms import MoneyField

_MAX_RATE_MINOR = 100_000
_KEPT = 100  # brands, each with what its operators speak and talk about


class FindForm(forms.Form):
    """What someone looks for; every part may be empty, and what makes no sense is left out."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Name or topic")}),
    )
    language = forms.ChoiceField(label=_("Speaks"), required=False)
    specialty = forms.ChoiceField(label=_("Topics"), required=False)
    price = MoneyField(
        label=_("Max per minute"), required=False, max_minor=_MAX_RATE_MINOR, placeholder="3.99"
    )
    rating = forms.TypedChoiceField(
        label=_("Rated"), required=False, coerce=int,
        choices=[("", "any"), ("4", _("4 stars or more")), ("3", _("3 stars or more"))],
    )  # fmt: skip
    sort = forms.ChoiceField(
        label=_("Sort by"), required=False,
        choices=[(Sort.RATING, "rating"), (Sort.PRICE, _("lowest price")), (Sort.NEW, "newest")],
    )  # fmt: skip
    online = forms.BooleanField(label=_("Available now"), required=False)

    def __init__(self, known: Mapping[str, Sequence[str]], data: Mapping[str, Any]) -> None:
        """`known`: the `choices` of the brand."""
        super().__init__(data)
        self.known = known
        for name, column in (("language", "languages"), ("specialty", "specialties")):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", "any"), *((word, word) for word in self.known[column])]

    def wish(self) -> DirectoryFilters:
        """What was understood."""
        self.is_valid()
        asked = self.cleaned_data
        price_minor = asked.get("price")
        return DirectoryFilters(
            words=asked.get("q", ""),
            language=asked.get("language", ""),
            specialty=asked.get("specialty", ""),
            max_rate_minor=price_minor,
            min_rating=asked.get("rating") or 0,
            is_online=asked.get("online", False),
            sort=Sort(asked.get("sort") or Sort.RATING),
        )


@dataclass(frozen=True, slots=True)
class FindFields:
    """The markup of the form's fields: the one that one types into, and the others."""

    search: SafeString
    others: SafeString


def fields_of(form: FindForm) -> FindFields:
    """As pages show them. Empty ones, which nearly every page has, are drawn once a process for the choices that they offer."""
    if any(name in form.data for name in form.fields):
        return _draw(form)
    return _draw_empty(tuple(form.known["languages"]), tuple(form.known["specialties"]), get_language() or "")


@lru_cache(_KEPT)
def _draw_empty(languages: tuple[str, ...], specialties: tuple[str, ...], language: str) -> FindFields:
    return _draw(FindForm({"languages": languages, "specialties": specialties}, {}))


def _draw(form: FindForm) -> FindFields:
    others = render_to_string("components/finder_fields.html", {"form": form})
    return FindFields(search=mark_safe(str(form["q"])), others=others)  # noqa: S308 (Django's own markup)
