"""allauth's forms of passwords, addresses, and logging in again, in the words of this product (`settings.ACCOUNT_FORMS`)."""

from typing import Any

from allauth.account import forms as allauth
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

_RULES = gettext_noop("10 characters or more. A few words in a row work well.")


def _word(field: forms.Field, label: str, help_text: str = "") -> None:
    """The label says it: a placeholder would repeat it, and vanish when it is needed."""
    field.label, field.help_text = label, help_text
    field.widget.attrs.pop("placeholder", None)


class ChangePasswordForm(allauth.ChangePasswordForm):
    """The password of now, and the next one twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word(self.fields["oldpassword"], _("Current password"))
        _word(self.fields["password1"], _("New password"), _(_RULES))
        _word(self.fields["password2"], _("New password again"))


class SetPasswordForm(allauth.SetPasswordForm):
    """The first password of an account that logs in by emailed codes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word(self.fields["password1"], _("Password"), _(_RULES))
        _word(self.fields["password2"], _("Password again"))


class ResetPasswordKeyForm(allauth.ResetPasswordKeyForm):
    """The new password of somebody who has the link of the mail."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word(self.fields["password1"], _("New password"), _(_RULES))
        _word(self.fields["password2"], _("New password again"))


class ResetPasswordForm(allauth.ResetPasswordForm):
    """The address that the link goes to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word(self.fields["email"], _("Email address"))


class RequestLoginCodeForm(allauth.RequestLoginCodeForm):
    """The address that the code goes to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word(self.fields["email"], _("Email address"))


class AddEmailForm(allauth.AddEmailForm):
    """The address to change to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word(
            self.fields["email"],
            _("New email address"),
            _("We’ll send a code there. Nothing changes until you enter it."),
        )


class ReauthenticateForm(allauth.ReauthenticateForm):
    """The password, before something that matters."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word(self.fields["password"], _("Password"))
