"""What a call of some minutes comes to, in the words of the pages for visitors. Pure."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from billing.fees import Fee
from core.money import format_money


@dataclass(frozen=True, slots=True)
class Example:
    """What a call of so many minutes comes to, for whoever has not called yet. Cents."""

    minutes: int
    talk_minor: int
    fees: tuple[Fee, ...]
    total_minor: int
    currency: str = "USD"
    tax_minor: int = 0
    tax_words: str = ""

    @property
    def label(self) -> str:
        has_fees = len(self.fees) > 1
        if self.tax_minor:
            words = (
                _("%(count)s minutes, fees and tax included")
                if has_fees
                else _("%(count)s minutes, fee and tax included")
            )
        else:
            words = (
                _("%(count)s minutes, fees included") if has_fees else _("%(count)s minutes, fee included")
            )
        return words % {"count": self.minutes}

    @property
    def tax_amount_words(self) -> str:
        return format_money(self.tax_minor, self.currency)

    @property
    def talk_words(self) -> str:
        return format_money(self.talk_minor, self.currency)

    @property
    def total_words(self) -> str:
        return format_money(self.total_minor, self.currency)

    @property
    def nothing_words(self) -> str:
        return format_money(0, self.currency)
