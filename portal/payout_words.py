"""What an operator reads about payouts: ways to be paid, where a payout is, what keeps one back and where that is mended."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.payouts.models import PayoutAccount, PayoutItem
from billing.payouts.obstacles import BELOW_MINIMUM, NO_ACCOUNT, OPERATOR_WORDS
from billing.payouts.states import FORMAT_OF, AccountType, ItemState, Method
from core.days import write_date
from operators.standing import Obstacle

METHOD_WORDS = {
    Method.ACH: gettext_lazy("Direct deposit (ACH)"),
    Method.TRANSFER: gettext_lazy("Bank transfer"),
    Method.CHECK: gettext_lazy("Check by mail"),
    Method.WALLET: gettext_lazy("Wallet"),
}
ACCOUNT_TYPE_WORDS = {
    AccountType.CHECKING: gettext_lazy("Checking"),
    AccountType.SAVINGS: gettext_lazy("Savings"),
}
# Where each obstacle is mended: the page, and what the link says.
_MENDED = {
    NO_ACCOUNT: ("portal:payout-account", gettext_lazy("Say how you’re paid")),
    Obstacle.NO_DOCUMENT: ("portal:apply", gettext_lazy("Add a photo of your ID")),
    Obstacle.DOCUMENT_EXPIRED: ("portal:apply", gettext_lazy("Add a photo of your ID")),
    Obstacle.CONTRACT: ("portal:contract", gettext_lazy("Read and sign the contract")),
    Obstacle.TAX_FORM: ("portal:tax-form", gettext_lazy("Fill in your tax form")),
    Obstacle.TAX_FORM_EXPIRED: ("portal:tax-form", gettext_lazy("Fill in your tax form")),
}


@dataclass(frozen=True, slots=True)
class ShownObstacle:
    """Why nothing is paid, and the link that mends it, where there is one. `is_minor`: it passes by itself."""

    text: str
    href: str
    label: str
    is_minor: bool


def shown_obstacle(word: str) -> ShownObstacle:
    """For the page."""
    href, label = "", ""
    if word in _MENDED:
        page, link = _MENDED[word]
        href, label = reverse(page), str(link)
    text = OPERATOR_WORDS.get(word)
    words = _(text) if text else _("Something is in the way. Contact us.")
    return ShownObstacle(words, href, label, is_minor=word == BELOW_MINIMUM)


def account_words(account: PayoutAccount) -> str:
    """Where money goes, without what is secret: `Checking account ending in 6789`."""
    if account.last_four and account.account_type:
        kind = ACCOUNT_TYPE_WORDS[AccountType(account.account_type)]
        return _("%(kind)s account ending in %(digits)s") % {"kind": kind, "digits": account.last_four}
    return str(METHOD_WORDS[Method(account.method)])


def state_words(item: PayoutItem) -> str:
    """Where this payout is. Needs its run loaded."""
    if item.state == ItemState.PREPARED:
        return _prepared_words(item)
    if item.state == ItemState.APPROVED:
        is_for_bank = item.method in FORMAT_OF
        return _("Approved, about to go to the bank") if is_for_bank else _("Approved, about to be sent")
    if item.state == ItemState.EXPORTED:
        return _("Sent to the bank")
    if item.state == ItemState.PAID:
        return _("Paid on %(day)s") % {"day": write_date(item.paid_on)} if item.paid_on else _("Paid")
    at = timezone.localtime(item.returned_at) if item.returned_at else None
    day = write_date(at) if at else ""
    return _("Returned on %(day)s: %(why)s") % {"day": day, "why": item.return_reason}


def _prepared_words(item: PayoutItem) -> str:
    if item.run.canceled_at is not None:
        return _("Canceled. Nothing was taken off your balance.")
    if item.obstacle:
        return _("Not paid. %(why)s") % {"why": shown_obstacle(item.obstacle).text}
    return _("Being prepared")
