"""What is fixed for each kind of notice: the subject, how long it is worth sending, and whether it holds a secret.

Subjects are shown on lock screens. They name no brand, person, amount, mood, or reason.
"""

from dataclasses import dataclass
from datetime import timedelta

from notices.states import NoticeKind


@dataclass(frozen=True, slots=True)
class KindRules:
    """`lifetime`: when it is not sent by then, it is given up. `is_secret`: a code or link that lets somebody in."""

    subject: str
    lifetime: timedelta = timedelta(days=2)
    is_secret: bool = False
    is_for_owner: bool = False


_CODE = timedelta(minutes=10)  # codes are good for no longer (ACCOUNT_LOGIN_BY_CODE_TIMEOUT)
_LINK = timedelta(hours=1)

RULES = {
    NoticeKind.LOGIN_CODE: KindRules("Your code", _CODE, is_secret=True),
    NoticeKind.ADDRESS_CODE: KindRules("Your code", _CODE, is_secret=True),
    NoticeKind.PASSWORD_RESET: KindRules("Your account", _LINK, is_secret=True),
    NoticeKind.ACCOUNT_EXISTS: KindRules("Your account", _LINK),
    NoticeKind.NO_ACCOUNT: KindRules("Your account", _LINK),
    NoticeKind.SECURITY_CHANGE: KindRules("Your account"),
    NoticeKind.RECEIPT: KindRules("Your receipt"),
    NoticeKind.FUNDS_ANSWERED: KindRules("Your request"),
    NoticeKind.FUNDS_CREDITED: KindRules("Your balance"),
    NoticeKind.FUNDS_DECLINED: KindRules("Your request"),
    NoticeKind.PAYMENT_RECEIVED: KindRules("Your receipt"),
    NoticeKind.PAYMENT_DISPUTED: KindRules("Your account"),
    NoticeKind.PAID_BACK: KindRules("Your balance"),
    NoticeKind.PAY_BACK_REFUSED: KindRules("Your balance"),
    NoticeKind.CASE_OPENED: KindRules("We have your message"),
    NoticeKind.CASE_ANSWERED: KindRules("Our answer"),
    NoticeKind.CASE_DECIDED: KindRules("Our answer"),
    NoticeKind.ACCESS_APPROVED: KindRules("Your request", is_secret=True),
    NoticeKind.ACCESS_DECLINED: KindRules("Your request"),
    NoticeKind.REFUND: KindRules("Your balance"),
    NoticeKind.CHARGE_CORRECTED: KindRules("Your balance"),
    NoticeKind.SELF_EXCLUDED: KindRules("Your account"),
    NoticeKind.ACCOUNT_CLOSED: KindRules("Your account"),
    NoticeKind.BALANCE_RETURNED: KindRules("Your account"),
    NoticeKind.ERASURE_REQUESTED: KindRules("Your account"),
    NoticeKind.ERASED: KindRules("Your account"),
    NoticeKind.DATA_READY: KindRules("Your account"),
    NoticeKind.OPERATOR_APPROVED: KindRules("Your account"),
    NoticeKind.OPERATOR_SUSPENDED: KindRules("Your account"),
    NoticeKind.PHOTO_APPROVED: KindRules("Your profile"),
    NoticeKind.PHOTO_REFUSED: KindRules("Your profile"),
    NoticeKind.PHOTO_REMOVED: KindRules("Your profile"),
    NoticeKind.EARNINGS_HELD: KindRules("Your account"),
    NoticeKind.EARNINGS_RELEASED: KindRules("Your account"),
    NoticeKind.EARNINGS_WITHDRAWN: KindRules("Your account"),
    NoticeKind.PROFILE_TEXT_APPROVED: KindRules("Your profile"),
    NoticeKind.PROFILE_TEXT_REFUSED: KindRules("Your profile"),
    NoticeKind.SERVER_ERROR: KindRules("Error on the site", timedelta(hours=6), is_for_owner=True),
    NoticeKind.LEDGER_HEAD: KindRules("Daily seal", is_for_owner=True),
    NoticeKind.MORNING: KindRules("Your daily summary", timedelta(hours=18), is_for_owner=True),
    NoticeKind.EXCHANGE_ALARM: KindRules("Costs to check", is_for_owner=True),
    NoticeKind.APPROVAL_REQUESTED: KindRules("A request to approve"),
    NoticeKind.APPROVAL_DELAYED: KindRules("A request to check", timedelta(days=1), is_for_owner=True),
    NoticeKind.APPROVAL_DECIDED: KindRules("A request was decided"),
}
