"""Which news becomes which letter. Each listener runs in the transaction of the change, so that none is lost.

Letters hold finished texts: amounts, and times in the recipient's zone.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from billing import conf
from billing.domain_events import balance_returned, funds_answered, funds_declined
from billing.models import FundsRequest
from billing.receipt_numbers import ReceiptOf, receipt_number
from billing.selectors import wallet_of
from brands.models import Brand
from core.days import write_date, write_time
from core.money import format_money
from customers.domain_events import account_closed, self_excluded
from customers.exclusion import is_for_good
from customers.models import Customer, User
from notices.pages import CUSTOMER_HOME, OPERATOR_HOME
from notices.services.enqueue import enqueue
from notices.services.subscriptions import end_subscriptions
from notices.states import NoticeKind
from operators.domain_events import greeting_decided, operator_reviewed, photo_decided, profile_text_decided
from operators.models import Operator
from operators.states import ApprovalStatus, ProfileField

_REVIEWS = {
    ApprovalStatus.APPROVED: NoticeKind.OPERATOR_APPROVED,
    ApprovalStatus.SUSPENDED: NoticeKind.OPERATOR_SUSPENDED,
}
_PHOTOS = {
    "approved": NoticeKind.PHOTO_APPROVED,
    "refused": NoticeKind.PHOTO_REFUSED,
    "removed": NoticeKind.PHOTO_REMOVED,
}

_GREETINGS = {
    "approved": NoticeKind.GREETING_APPROVED,
    "refused": NoticeKind.GREETING_REFUSED,
    "removed": NoticeKind.GREETING_REMOVED,
}


def day_of(at: datetime, user: User) -> str:
    """A date on the reader's calendar: `Mar 3, 2027`."""
    return write_date(at.astimezone(ZoneInfo(user.time_zone)))


def time_of(at: datetime, user: User) -> str:
    """A date and time in the reader's zone: `Mar 3, 2027, 6:05 PM`."""
    return write_time(at, user.time_zone)


def customer_home(brand: Brand) -> str:
    """The address of the customer's first page on this brand; empty while the brand has no host."""
    host = brand.hosts.first()
    return CUSTOMER_HOME.url(host=host.host) if host else ""


def balance_text(customer: Customer) -> str:
    """What the customer has available now: `$45.00`."""
    wallet = wallet_of(customer.pk)
    return format_money(wallet.balance_minor - wallet.held_minor, wallet.currency)


@funds_answered.listener
def _funds_answered(*, request: FundsRequest, text: str, key: str) -> None:
    amount = format_money(request.amount_minor, conf.currency())
    enqueue(
        NoticeKind.FUNDS_ANSWERED, recipient=request.customer.user, brand=request.brand, key=key,
        amount=amount, text=text,
    )  # fmt: skip


@funds_declined.listener
def _funds_declined(*, request: FundsRequest, text: str) -> None:
    enqueue(
        NoticeKind.FUNDS_DECLINED,
        recipient=request.customer.user,
        brand=request.brand,
        key=f"funds-request:{request.pk}",
        amount=format_money(request.amount_minor, conf.currency()),
        reason=text,
    )


@self_excluded.listener
def _self_excluded(*, customer: Customer, until: datetime) -> None:
    paid_minor = wallet_of(customer.pk).paid_minor
    enqueue(
        NoticeKind.SELF_EXCLUDED,
        recipient=customer.user,
        brand=customer.home_brand,
        until="" if is_for_good(until) else day_of(until, customer.user),
        balance=format_money(paid_minor, conf.currency()) if paid_minor > 0 else "",
    )


@account_closed.listener
def _account_closed(*, customer: Customer) -> None:
    paid_minor = wallet_of(customer.pk).paid_minor
    enqueue(
        NoticeKind.ACCOUNT_CLOSED,
        recipient=customer.user,
        brand=customer.home_brand,
        balance=format_money(paid_minor, conf.currency()) if paid_minor > 0 else "",
    )
    end_subscriptions(customer.user)


@balance_returned.listener
def _balance_returned(*, customer: Customer, amount_minor: int, how: str, transaction_id: int) -> None:
    enqueue(
        NoticeKind.BALANCE_RETURNED,
        recipient=customer.user,
        brand=customer.home_brand,
        key=f"balance-returned:{transaction_id}",
        amount=format_money(amount_minor, conf.currency()),
        how=how,
        receipt=receipt_number(ReceiptOf.FUNDS, transaction_id),
        which=_("that was left when you closed your account")
        if customer.closed_at
        else _("that you asked for"),
    )


@operator_reviewed.listener
def _operator_reviewed(*, operator: Operator, decision: str, reason: str) -> None:
    """Why somebody was approved (how the identity was checked) is the staff's; why suspended, the operator reads."""
    kind = _REVIEWS[ApprovalStatus(decision)]
    if kind == NoticeKind.OPERATOR_APPROVED:
        enqueue(kind, recipient=operator.user, url=_operator_home())
    else:
        enqueue(kind, recipient=operator.user, reason=reason)


@photo_decided.listener
def _photo_decided(*, operator: Operator, decision: str, reason: str, photo: str) -> None:
    enqueue(_PHOTOS[decision], recipient=operator.user, reason=reason, url=_operator_home())


@greeting_decided.listener
def _greeting_decided(*, operator: Operator, decision: str, reason: str, greeting: str) -> None:
    enqueue(_GREETINGS[decision], recipient=operator.user, reason=reason, url=_operator_home())


@profile_text_decided.listener
def _profile_text_decided(*, operator: Operator, field: str, decision: str, reason: str) -> None:
    what = ProfileField(field).label
    if decision == "approved":
        enqueue(NoticeKind.PROFILE_TEXT_APPROVED, recipient=operator.user, what=what, url=_operator_home())
    else:
        enqueue(
            NoticeKind.PROFILE_TEXT_REFUSED,
            recipient=operator.user,
            what=what,
            reason=reason,
            url=_operator_home(),
        )


def _operator_home() -> str:
    return OPERATOR_HOME.url(host=settings.PORTAL_HOSTS[0])
