"""What a call costs beside its rate, as quote, pages, API, and voice tell it before the call: one list for all of them.

A component of a bill whose amount does not follow from the length of the call is told by having its rule
(`billing.rating.COMPONENTS`) and its kind (`billing.ledger.states`).
"""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from billing.ledger.states import CALL_SALES, TransactionKind
from billing.outcome import CONNECT_FEE, TALK
from billing.rating import Tariff, fixed_components
from billing.taxes import as_percent

# What customers read, where the ledger has another word.
_LABELS = {CONNECT_FEE: gettext_noop("Connection fee")}
# What a voice says. A sound is kept by its words: other words are another sound, which nodes lack until it is made.
_SPOKEN = {CONNECT_FEE: "connect fee"}


@dataclass(frozen=True, slots=True)
class Fee:
    """Something paid once for each call that is charged, in minor units as prices are written: without tax on top."""

    kind: str
    amount_minor: int
    is_covered: bool = False  # free minutes pay it

    @property
    def label(self) -> str:
        """For customers, at the beginning of a line."""
        return label_of(self.kind)

    @property
    def is_connect_fee(self) -> bool:
        return self.kind == CONNECT_FEE


def fees_of(tariff: Tariff) -> tuple[Fee, ...]:
    """The fees of a call on these terms. The connect fee is among them even if it is nothing, others are not."""
    is_included = tariff.is_tax_included
    is_covered = bool(tariff.fee_covered_by)
    fees = (
        Fee(part.kind, part.price_minor(is_included), is_covered and part.kind == CONNECT_FEE)
        for part in fixed_components(tariff)
    )
    return tuple(fee for fee in fees if fee.amount_minor or fee.is_connect_fee)


def describe_tax(tariff: Tariff) -> str:
    """What customers read about tax before a call: "13.875%", "13.875%, included"; empty if nothing is taxed."""
    talk, fee = tariff.talk_tax_millionths, tariff.fee_tax_millionths
    if not talk and not fee:
        return ""
    words = as_percent(talk)
    if talk != fee and tariff.charged_fee_minor:
        words = _("talk %(talk)s, fee %(fee)s") % {"talk": as_percent(talk), "fee": as_percent(fee)}
    return _("%(words)s, included") % {"words": words} if tariff.is_tax_included else words


def taxed_on_top(tariff: Tariff) -> frozenset[str]:
    """What of `talk` and `fee` costs tax on top of its price."""
    rates = {"talk": tariff.talk_tax_millionths, "fee": tariff.fee_tax_millionths}
    return frozenset(what for what, rate in rates.items() if rate and not tariff.is_tax_included)


def label_of(kind: str) -> str:
    """How customers know a component of a bill: "Connection fee"."""
    return _(_LABELS.get(kind) or str(TransactionKind(kind).label).capitalize())


def spoken_fees_of(tariff: Tariff) -> dict[str, int]:
    """What a voice says: the words after "There is also a", and minor units. What costs nothing is not said."""
    return {words_of(fee.kind): fee.amount_minor for fee in fees_of(tariff) if fee.amount_minor}


def words_of(kind: str) -> str:
    """A component as a voice says it: "connect fee"."""
    return _SPOKEN.get(kind) or str(TransactionKind(kind).label)


def all_fee_words() -> list[str]:
    """The words of every fee that a call may have."""
    return [words_of(kind) for kind in CALL_SALES if kind != TALK]
