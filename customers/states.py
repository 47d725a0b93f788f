"""Words about customers."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ConsentKind(TextChoices):
    """What a customer agreed to, in so many words, at a time we can name."""

    ADULT = "adult", _("I am 18 or older")
    TERMS = "terms", _("Terms")
    PRIVACY = "privacy", _("Privacy notice")
    PRICES = "prices", _("Prices and how calls are charged")


class AccessBasis(TextChoices):
    """Why we may believe that an account belongs to an adult (docs/design.md section 9)."""

    NONE = "", "none yet"
    CARD = "card", "a confirmed card payment"
    IDENTITY = "identity", "an identity document that staff checked"
    CODE = "code", "an access code after an application"


class AccessRequestState(TextChoices):
    """Where an application for access stands. It leaves `waiting` once."""

    WAITING = "waiting", "waiting"
    APPROVED = "approved", "approved"
    DECLINED = "declined", "declined"


class PhoneBlockReason(TextChoices):
    """Why a phone is not called."""

    DO_NOT_CALL = "do_not_call", "9 was pressed during a call"


class LimitPeriod(TextChoices):
    """What a limit counts together: days, weeks from Monday, months from the 1st, where the customer lives."""

    DAY = "day", "day"
    WEEK = "week", "week"
    MONTH = "month", "month"


class LimitMeasure(TextChoices):
    """What a limit is an amount of."""

    MONEY = "money", "money"
    MINUTES = "minutes", "minutes on the phone"
