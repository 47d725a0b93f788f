"""What is fixed for each kind of notice: its words outside of the mail, how long it is worth sending, what the person may turn off.

Subjects are shown on lock screens. They name no brand, person, amount, mood, or reason.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from notices.states import NoticeKind, PreferenceGroup


@dataclass(frozen=True, slots=True)
class KindRules:
    """`lifetime`: when it is not sent by then, it is given up. `is_secret`: a code or link that lets somebody in.

    `group`: what the person turns it on and off with, and what obeys their quiet hours; none: it is always mailed, at
    once. `is_mail_fixed`: its mail goes out whatever they chose. `can_wait`: whoever wants one email a day has it in that.
    `words`: what pages and that email say of it, with the texts of the notice; empty: neither shows it. `lock_words`: what
    a push notification says; empty: there is none. `is_for_operators`: a notification in the operator’s browsers, and
    nothing else; its title is `subject`. `is_urgent`: a phone rings, so it goes out before all else.
    """

    subject: str
    lifetime: timedelta = timedelta(days=2)
    is_secret: bool = False
    is_for_owner: bool = False
    group: PreferenceGroup | None = None
    is_mail_fixed: bool = False
    can_wait: bool = False
    words: str = ""
    lock_words: str = ""
    is_for_operators: bool = False
    is_urgent: bool = False


_CODE = timedelta(minutes=10)  # codes are good for no longer (ACCOUNT_LOGIN_BY_CODE_TIMEOUT)
_LINK = timedelta(hours=1)
# Beyond the ring: the call is told of while the customer's phone still rings, too.
_RING = timedelta(seconds=settings.OPERATOR_RING_SECONDS + 20)
_HOUR = timedelta(hours=1)
_MONEY, _ACCOUNT = PreferenceGroup.MONEY, PreferenceGroup.ACCOUNT

_LOOK = gettext_noop("Open the console.")
_BALANCE, _ANSWERED = gettext_noop("Your balance changed."), gettext_noop("We answered your request.")


def _to_operators(
    subject: str, lifetime: timedelta, group: PreferenceGroup, *, is_urgent: bool = False
) -> KindRules:
    return KindRules(
        subject, lifetime, group=group, lock_words=_LOOK, is_for_operators=True, is_urgent=is_urgent
    )


RULES = {
    NoticeKind.LOGIN_CODE: KindRules(gettext_noop("Your code"), _CODE, is_secret=True),
    NoticeKind.ADDRESS_CODE: KindRules(gettext_noop("Your code"), _CODE, is_secret=True),
    NoticeKind.PASSWORD_RESET: KindRules(gettext_noop("Your account"), _LINK, is_secret=True),
    NoticeKind.ACCOUNT_EXISTS: KindRules(gettext_noop("Your account"), _LINK),
    NoticeKind.NO_ACCOUNT: KindRules(gettext_noop("Your account"), _LINK),
    NoticeKind.SECURITY_CHANGE: KindRules(gettext_noop("Your account")),
    NoticeKind.RECEIPT: KindRules(gettext_noop("Your receipt"), group=PreferenceGroup.RECEIPTS),
    NoticeKind.FUNDS_ANSWERED: KindRules(
        gettext_noop("Your request"),
        group=_MONEY,
        is_mail_fixed=True,
        words=gettext_noop("We answered your request to add {amount}. Check your email."),
        lock_words=_ANSWERED,
    ),
    NoticeKind.FUNDS_CREDITED: KindRules(
        gettext_noop("Your balance"),
        group=_MONEY,
        can_wait=True,
        words=gettext_noop("We added {amount} to your balance."),
        lock_words=_BALANCE,
    ),
    NoticeKind.FUNDS_DECLINED: KindRules(
        gettext_noop("Your request"),
        group=_MONEY,
        is_mail_fixed=True,
        words=gettext_noop("We couldn’t add {amount}. Check your email."),
        lock_words=_ANSWERED,
    ),
    NoticeKind.PAYMENT_RECEIVED: KindRules(
        gettext_noop("Your receipt"),
        group=_MONEY,
        is_mail_fixed=True,
        words=gettext_noop("We added your payment of {amount} to your balance."),
        lock_words=_BALANCE,
    ),
    NoticeKind.PAYMENT_DISPUTED: KindRules(gettext_noop("Your account")),
    NoticeKind.PAID_BACK: KindRules(
        gettext_noop("Your balance"),
        group=_MONEY,
        is_mail_fixed=True,
        words=gettext_noop("We paid {amount} back to your card."),
        lock_words=_BALANCE,
    ),
    NoticeKind.PAY_BACK_REFUSED: KindRules(
        gettext_noop("Your balance"),
        group=_MONEY,
        is_mail_fixed=True,
        words=gettext_noop("We couldn’t pay {amount} back to your card. Check your email."),
        lock_words=_ANSWERED,
    ),
    NoticeKind.CASE_OPENED: KindRules(gettext_noop("We have your message")),
    NoticeKind.CASE_ANSWERED: KindRules(gettext_noop("Our answer")),
    NoticeKind.CASE_DECIDED: KindRules(gettext_noop("Our answer")),
    NoticeKind.ACCESS_APPROVED: KindRules(gettext_noop("Your request"), is_secret=True),
    NoticeKind.ACCESS_DECLINED: KindRules(gettext_noop("Your request")),
    NoticeKind.REFUND: KindRules(
        gettext_noop("Your balance"),
        group=_MONEY,
        can_wait=True,
        words=gettext_noop("We refunded {amount} for {what}."),
        lock_words=_BALANCE,
    ),
    NoticeKind.CHARGE_CORRECTED: KindRules(
        gettext_noop("Your balance"),
        group=_MONEY,
        can_wait=True,
        words=gettext_noop("We corrected {what}. {amount} is back in your balance."),
        lock_words=_BALANCE,
    ),
    NoticeKind.SELF_EXCLUDED: KindRules(gettext_noop("Your account")),
    NoticeKind.ACCOUNT_CLOSED: KindRules(
        gettext_noop("Your account"),
        group=_ACCOUNT,
        is_mail_fixed=True,
        lock_words=gettext_noop("Your account is closed."),
    ),
    NoticeKind.BALANCE_RETURNED: KindRules(gettext_noop("Your account")),
    NoticeKind.ERASURE_REQUESTED: KindRules(gettext_noop("Your account")),
    NoticeKind.ERASED: KindRules(gettext_noop("Your account")),
    NoticeKind.DATA_READY: KindRules(gettext_noop("Your account")),
    NoticeKind.OPERATOR_APPROVED: KindRules(gettext_noop("Your account")),
    NoticeKind.OPERATOR_SUSPENDED: KindRules(gettext_noop("Your account")),
    NoticeKind.APPLICATION_RECEIVED: KindRules(gettext_noop("We have your form")),
    NoticeKind.APPLICATION_INCOMPLETE: KindRules(gettext_noop("Your form")),
    NoticeKind.APPLICATION_DECLINED: KindRules(gettext_noop("Your form")),
    NoticeKind.FIRST_CALL: KindRules(gettext_noop("Your first day")),
    NoticeKind.FIRST_STATEMENT: KindRules(gettext_noop("Your statement")),
    NoticeKind.TAX_FORM_EXPIRING: KindRules(gettext_noop("A form to renew")),
    NoticeKind.PHOTO_APPROVED: KindRules(gettext_noop("Your profile")),
    NoticeKind.PHOTO_REFUSED: KindRules(gettext_noop("Your profile")),
    NoticeKind.PHOTO_REMOVED: KindRules(gettext_noop("Your profile")),
    NoticeKind.GREETING_APPROVED: KindRules(gettext_noop("Your profile")),
    NoticeKind.GREETING_REFUSED: KindRules(gettext_noop("Your profile")),
    NoticeKind.GREETING_REMOVED: KindRules(gettext_noop("Your profile")),
    NoticeKind.EARNINGS_HELD: KindRules(gettext_noop("Your account")),
    NoticeKind.EARNINGS_RELEASED: KindRules(gettext_noop("Your account")),
    NoticeKind.EARNINGS_WITHDRAWN: KindRules(gettext_noop("Your account")),
    NoticeKind.PAYOUT_ACCOUNT_CHANGED: KindRules(gettext_noop("Your account")),
    NoticeKind.PAYOUT_APPROVED: KindRules(gettext_noop("Your account")),
    NoticeKind.PAYOUT_PAID: KindRules(gettext_noop("Your account")),
    NoticeKind.PAYOUT_RETURNED: KindRules(gettext_noop("Your account")),
    NoticeKind.PROFILE_TEXT_APPROVED: KindRules(gettext_noop("Your profile")),
    NoticeKind.PROFILE_TEXT_REFUSED: KindRules(gettext_noop("Your profile")),
    NoticeKind.WATCHED_FREE: KindRules(
        gettext_noop("What you asked for"),
        timedelta(minutes=30),
        group=PreferenceGroup.CALLBACKS,
        words=gettext_noop("{operator} is free now."),
        lock_words=gettext_noop("You asked us to let you know."),
    ),
    NoticeKind.CALLBACK_REQUESTED: KindRules(gettext_noop("Your console"), timedelta(hours=1)),
    NoticeKind.CALLBACK_OFFERED: KindRules(
        gettext_noop("What you asked for"),
        timedelta(minutes=2),
        group=PreferenceGroup.CALLBACKS,
        words=gettext_noop("{operator} can talk now."),
        lock_words=gettext_noop("You asked us to let you know."),
    ),
    NoticeKind.CALLBACK_DECLINED: KindRules(
        gettext_noop("What you asked for"),
        timedelta(hours=1),
        group=PreferenceGroup.CALLBACKS,
        words=gettext_noop("{operator} can’t call back right now."),
        lock_words=gettext_noop("We answered your request."),
    ),
    NoticeKind.HOURS_BEGIN: KindRules(gettext_noop("Your hours"), _HOUR),
    NoticeKind.SERVER_ERROR: KindRules(
        gettext_noop("Error on the site"), timedelta(hours=6), is_for_owner=True
    ),
    NoticeKind.LEDGER_HEAD: KindRules(gettext_noop("Daily seal"), is_for_owner=True),
    NoticeKind.MORNING: KindRules(gettext_noop("Your daily summary"), timedelta(hours=18), is_for_owner=True),
    NoticeKind.EXCHANGE_ALARM: KindRules(gettext_noop("Costs to check"), is_for_owner=True),
    NoticeKind.APPROVAL_REQUESTED: KindRules(gettext_noop("A request to approve")),
    NoticeKind.APPROVAL_DELAYED: KindRules(
        gettext_noop("A request to check"), timedelta(days=1), is_for_owner=True
    ),
    NoticeKind.APPROVAL_DECIDED: KindRules(gettext_noop("A request was decided")),
    NoticeKind.MESSAGE_WAITING: KindRules(
        gettext_noop("A new message"),
        group=PreferenceGroup.MESSAGES,
        can_wait=True,
        words=gettext_noop("{operator} wrote to you."),
        lock_words=gettext_noop("You have a new message."),
    ),
    NoticeKind.MINUTES_ENDING: KindRules(
        gettext_noop("Your minutes"),
        group=_MONEY,
        can_wait=True,
        words=gettext_noop("Use your {minutes} by {until}."),
        lock_words=gettext_noop("Your minutes expire soon."),
    ),
    NoticeKind.LIMIT_REACHED: KindRules(
        gettext_noop("Your limit"),
        timedelta(hours=12),
        lock_words=gettext_noop("You reached a limit you set."),
        group=_ACCOUNT,
        can_wait=True,
        words=gettext_noop("A call ended because you reached your {limit}."),
    ),
    NoticeKind.TEST: KindRules(
        gettext_noop("A test"), timedelta(hours=1), lock_words=gettext_noop("This is a test.")
    ),
    NoticeKind.DIGEST: KindRules(gettext_noop("Your daily update"), timedelta(hours=18)),
    NoticeKind.OPERATOR_RING: _to_operators(
        gettext_noop("Incoming call"), _RING, PreferenceGroup.CALLS, is_urgent=True
    ),
    NoticeKind.OPERATOR_MISSED: _to_operators(
        gettext_noop("Missed call"), _HOUR, PreferenceGroup.CALLS, is_urgent=True
    ),
    NoticeKind.OPERATOR_RING_OVER: _to_operators(
        gettext_noop("No longer ringing"), _RING, PreferenceGroup.CALLS, is_urgent=True
    ),
    NoticeKind.OPERATOR_MESSAGE: _to_operators(
        gettext_noop("A new message"), timedelta(hours=12), PreferenceGroup.MESSAGES
    ),
    NoticeKind.OPERATOR_ACCOUNT: KindRules(
        gettext_noop("Your account"),
        lock_words=gettext_noop("Your settings changed. Was that you?"),
        is_for_operators=True,
    ),
    NoticeKind.OPERATOR_CALLBACK: _to_operators(
        gettext_noop("A callback request"), _HOUR, PreferenceGroup.CALLBACKS
    ),
    NoticeKind.OPERATOR_HOURS: _to_operators(gettext_noop("Your hours"), _HOUR, PreferenceGroup.CALLBACKS),
}
_OPEN = gettext_noop("Open this email to read it.")
IN_DIGEST = tuple(dict.fromkeys(rules.group for rules in RULES.values() if rules.can_wait and rules.group))


def preview_of(kind: NoticeKind) -> str:
    """What lists of mail and lock screens show below the subject."""
    return _(RULES[kind].lock_words or _OPEN)


def mail_groups(kind: NoticeKind) -> tuple[PreferenceGroup, ...]:
    """What a mail of this kind lets the person turn off; nothing: it always goes out."""
    if kind == NoticeKind.DIGEST:
        return IN_DIGEST
    rules = RULES[kind]
    return () if rules.group is None or rules.is_mail_fixed else (rules.group,)
