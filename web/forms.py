"""Form fields and readers that several sites use: amounts, reasons."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _

from billing import conf
from core.errors import Invalid
from core.money import MoneyError, format_money, parse

MAX_REASON = 300


class MoneyField(forms.CharField):
    """An amount as people type it (`3.99`, `$3.99`); cleaned to cents, or None where it may be empty.

    `min_minor` and `max_minor` are bounds in cents, both included.
    """

    def __init__(self, *, min_minor: int = 0, max_minor: int | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 12)
        attrs = {"inputmode": "decimal", "autocomplete": "off", "placeholder": kwargs.pop("placeholder", "")}
        super().__init__(widget=forms.TextInput(attrs={k: v for k, v in attrs.items() if v}), **kwargs)
        self.min_minor, self.max_minor = min_minor, max_minor

    def clean(self, value: Any) -> Any:
        text = str(super().clean(value))
        if not text.strip():
            return None
        try:
            amount_minor = parse_amount(text)
        except Invalid as error:
            raise forms.ValidationError(error.message) from None
        if amount_minor < self.min_minor:
            raise forms.ValidationError(
                _("The smallest amount is %(amount)s.")
                % {"amount": format_money(self.min_minor, conf.currency())}
            )
        if self.max_minor is not None and amount_minor > self.max_minor:
            raise forms.ValidationError(
                _("The largest amount is %(amount)s.")
                % {"amount": format_money(self.max_minor, conf.currency())}
            )
        return amount_minor


def parse_amount(text: str) -> int:
    """Cents of an amount as people type it. Raises Invalid."""
    try:
        return parse(text.strip().removeprefix("$"))
    except MoneyError as error:
        raise Invalid(_("Enter an amount like 3.99: this is %(error)s.") % {"error": error}) from None


def reason_of(request: HttpRequest) -> str:
    """The reason that a form gives, trimmed; may be empty."""
    return request.POST.get("reason", "").strip()[:MAX_REASON]
