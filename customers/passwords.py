"""What a password must not be, beyond Django's own rules (`settings.AUTH_PASSWORD_VALIDATORS`)."""

from pathlib import Path
from typing import Any

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from brands.models import Brand

# Every password of 10 characters or more among the 999,999 most frequent of the 10 million that Mark Burnett published
# from breaches (2015, public domain): lower case, printable ASCII, sorted; 112,130 lines.
BREACHED = Path(__file__).parent / "data" / "breached-passwords.txt.gz"
OWN_NAMES = ("aeims", "sexacomms")
LEAST_OWN_CHARACTERS = 8


class BreachedPasswordValidator(CommonPasswordValidator):
    """Refuses passwords known from breaches. The list is shipped: nothing about a password leaves this machine."""

    def __init__(self) -> None:
        super().__init__(password_list_path=BREACHED)

    def get_error_message(self) -> str:
        return _("This password is known from a data breach. Choose another one.")

    def get_help_text(self) -> str:
        return _("Your password can’t be one that is known from a data breach.")


class BrandNameValidator:
    """Refuses passwords that are little more than the name of a brand or of the platform."""

    def validate(self, password: str, user: Any = None) -> None:
        rest = password.casefold()
        names = Brand.objects.values_list("slug", "name")
        for word in sorted(
            {*OWN_NAMES, *(name.casefold() for row in names for name in row)}, key=len, reverse=True
        ):
            rest = rest.replace(word, "") if word else rest
        if rest != password.casefold() and len(rest) < LEAST_OWN_CHARACTERS:
            raise ValidationError(
                _("This password is too close to our name. Choose another one."), code="brand_name"
            )

    def get_help_text(self) -> str:
        return _("Your password can’t be too close to our name.")
