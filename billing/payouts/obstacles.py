"""Why an operator's part of a run isn't paid. The words are stable; each has a sentence for staff and one for the operator."""

from datetime import datetime

from django.utils.translation import gettext_noop

from billing import conf
from billing.payouts.accounts import account_in_effect
from billing.payouts.models import PayoutAccount, PayoutItem
from billing.payouts.states import RunKind
from operators.models import Operator
from operators.standing import FOR_STAFF, TEXTS, payout_obstacle
from operators.states import ApprovalStatus

BELOW_MINIMUM, NOTHING, NO_ACCOUNT, SUSPENDED, OWN_ACCOUNT = (
    "below_minimum", "nothing_payable", "no_account", "suspended", "own_account",
)  # fmt: skip
OPERATOR_WORDS: dict[str, str] = {
    BELOW_MINIMUM: gettext_noop(
        "It’s less than the smallest payout. It stays yours and is paid with what follows."
    ),
    NOTHING: gettext_noop("Nothing is payable yet."),
    NO_ACCOUNT: gettext_noop("Tell us where to send your money first."),
    SUSPENDED: gettext_noop("Your account is suspended. Contact us if you think that’s a mistake."),
    OWN_ACCOUNT: gettext_noop("Someone else has to approve this payout."),
    **{str(word): text for word, text in TEXTS.items()},
}
STAFF_WORDS: dict[str, str] = {
    BELOW_MINIMUM: "Below the smallest payout.",
    NOTHING: "Nothing is payable.",
    NO_ACCOUNT: "There is no account to send it to, or it takes effect later.",
    SUSPENDED: "The operator is suspended.",
    OWN_ACCOUNT: "It’s the account of the person who approved the run.",
    **{str(word): text for word, text in FOR_STAFF.items()},
}


def obstacle_of(
    operator: Operator, payable_minor: int, at: datetime, *,
    least_minor: int | None = None, account: PayoutAccount | None = None,
) -> str:  # fmt: skip
    """What keeps `payable_minor` from being paid to this operator at `at`; empty if nothing does.

    `least_minor`: the smallest payout, where it isn't the setting. `account`: the one in effect, where the caller has read it.
    """
    least = conf.payout_rules().least_minor if least_minor is None else least_minor
    if operator.approval_status == ApprovalStatus.SUSPENDED:
        return SUSPENDED
    if payable_minor <= 0:
        return NOTHING
    if payable_minor < least and operator.approval_status != ApprovalStatus.CLOSED:
        return BELOW_MINIMUM
    if (found := payout_obstacle(operator, at)) is not None:
        return str(found)
    return "" if account or account_in_effect(operator.pk, at) else NO_ACCOUNT


def waits_for_approval(operator_id: int) -> bool:
    """Whether a payout that the operator asked for is being looked at."""
    waiting = PayoutItem.objects.filter(operator=operator_id, run__kind=RunKind.ON_REQUEST)
    return waiting.filter(run__approved_at=None, run__canceled_at=None).exists()
