"""Where an operator wants to be paid. Shape only; the rules are those of `billing.payouts.account_details`."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.payouts.states import Method
from portal.payout_words import ACCOUNT_TYPE_WORDS, METHOD_WORDS

_PRIVATE = {"autocomplete": "off", "spellcheck": "false"}
_DIGITS = {**_PRIVATE, "inputmode": "numeric"}
_LONGEST = 400


class AccountForm(forms.Form):
    """What each method needs. What the chosen one doesn't need is ignored."""

    method = forms.ChoiceField(label=_("How you want to be paid"), required=False)
    holder = forms.CharField(
        label=_("Name on the account or check"), required=False, max_length=_LONGEST,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )  # fmt: skip
    routing = forms.CharField(
        label=_("Routing number"), required=False, max_length=_LONGEST,
        help_text=_("Nine digits, at the bottom left of a check."), widget=forms.TextInput(attrs=_DIGITS),
    )  # fmt: skip
    account = forms.CharField(
        label=_("Account number"), required=False, max_length=_LONGEST,
        help_text=_("After you save, pages show its last four digits alone."), widget=forms.TextInput(attrs=_DIGITS),
    )  # fmt: skip
    account_type = forms.ChoiceField(
        label=_("Kind of account"), required=False, choices=list(ACCOUNT_TYPE_WORDS.items())
    )
    address = forms.CharField(
        label=_("Mailing address"), required=False, max_length=_LONGEST,
        help_text=_("Street, city, state, and ZIP code."), widget=forms.Textarea(attrs={**_PRIVATE, "rows": 3}),
    )  # fmt: skip
    wallet = forms.CharField(
        label=_("Wallet"), required=False, max_length=_LONGEST,
        help_text=_("Which one, and your name or address in it."), widget=forms.TextInput(attrs=_PRIVATE),
    )  # fmt: skip

    def __init__(self, methods: tuple[str, ...], data: Any = None, *, chosen: str = "") -> None:
        """`methods`: those on offer; `chosen`: the one in use."""
        super().__init__(data, initial={"method": chosen if chosen in methods else next(iter(methods), "")})
        offered = [(method, METHOD_WORDS[Method(method)]) for method in methods]
        self.fields["method"].choices = offered  # type: ignore[attr-defined]
        self.has_bank = bool({Method.ACH, Method.TRANSFER} & set(methods))
        self.has_check, self.has_wallet = Method.CHECK in methods, Method.WALLET in methods
