"""Staff search by email addresses and phone numbers; addresses of pages hold none, and so no log, history, or Referer does.

What is typed is posted. The answer leads to the same list with an encrypted token in the place of the text, which pages and
filters carry on. Text that names nobody, such as a call id, may stand in an address as it is.
"""

from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import PAGE_VAR, SEARCH_VAR, ChangeList, ChangeListSearchForm
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from core.encryption import InvalidToken, decrypt, encrypt, is_encrypted
from core.errors import Invalid
from core.log_redaction import redact

M = TypeVar("M", bound=Model)

_PURPOSE = "search:"  # no other ciphertext of ours is opened by being put into an address
_MAX_TEXT = 254
_MARK = "_search"  # a posted search, not one of the admin's actions
_TYPE_IT = "Type email addresses and phone numbers into the search box: they can't be part of a link."


def seal(text: str) -> str:
    """The token that stands for `text` in an address; empty for nothing."""
    typed = text.replace("\x00", "").strip()[:_MAX_TEXT]
    return encrypt(_PURPOSE + typed) if typed else ""


def unseal(value: str) -> str:
    """What was typed; empty for a token that is none of ours. Raises Invalid for a bare email address or phone number."""
    if is_encrypted(value):
        try:
            text = decrypt(value)
        except InvalidToken:
            return ""
        return text.removeprefix(_PURPOSE) if text.startswith(_PURPOSE) else ""
    if redact(value) != value:
        raise Invalid(_TYPE_IT)
    return value


def open_query(query: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of an address with the search as it was typed. Raises Invalid as above."""
    opened = dict(query.items())
    return opened | {SEARCH_VAR: unseal(opened[SEARCH_VAR])} if SEARCH_VAR in opened else opened


def sealed_query(query: Mapping[str, Any]) -> str:
    """The same for a link: encoded, with a token for the search, without what is empty."""
    sealed = {**query, SEARCH_VAR: seal(query.get(SEARCH_VAR) or "")}
    return urlencode({name: value for name, value in sealed.items() if value})


def show_search(request: HttpRequest) -> HttpResponseRedirect:
    """The answer to a posted search form: the same page, the form's fields in its address."""
    typed = {name: value for name, value in request.POST.items() if name != "csrfmiddlewaretoken"}
    return HttpResponseRedirect(f"{request.path}?{sealed_query(typed)}")


class _SearchForm(ChangeListSearchForm):
    def clean_q(self) -> str:
        try:
            return unseal(self.cleaned_data[SEARCH_VAR])
        except Invalid as error:
            raise forms.ValidationError(error.message) from None


class _ChangeList(ChangeList):
    search_form_class = _SearchForm


class PrivateSearchAdmin(admin.ModelAdmin[M]):
    """A list of the admin whose search is posted (`templates/admin/search_form.html`)."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Django's, after the answer to a search; what else the address says stays, but for the page."""
        if request.method == "POST" and _MARK in request.POST:
            others = {name: value for name, value in request.GET.items() if name != PAGE_VAR}
            query = sealed_query({**others, SEARCH_VAR: request.POST.get(SEARCH_VAR, "")})
            return HttpResponseRedirect(f"{request.path}?{query}")
        return super().changelist_view(request, extra_context)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return _ChangeList
