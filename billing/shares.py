"""Which share of what a customer pays is the operator's: the ordinary one, or a larger one for who came through her link.

Calls, texts, and tips ask this and nothing else, once, and keep the answer; everything later reads what was kept.
"""

from dataclasses import dataclass
from datetime import datetime

from customers.models import Customer
from operators.models import Operator
from operators.referrals import is_referred


@dataclass(frozen=True, slots=True)
class Share:
    """In basis points. `usual_bps`: the ordinary share that a larger one replaces, since the customer came through the operator's
    link; None where the ordinary one applies.
    """

    bps: int
    usual_bps: int | None = None

    @property
    def is_referral(self) -> bool:
        """Whether it is larger than the ordinary one."""
        return self.usual_bps is not None


def share_of(customer: Customer, operator: Operator, at: datetime) -> Share:
    """What applies between the two at `at`, the larger of both. No query where the operator has no larger share."""
    larger = operator.referral_share_bps
    if larger is None or larger <= operator.share_bps or not is_referred(customer, operator, at):
        return Share(operator.share_bps)
    return Share(larger, usual_bps=operator.share_bps)
