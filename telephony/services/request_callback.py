"""A customer asks an operator for a callback, or no longer."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from billing.first_minutes import promised_seconds
from billing.selectors import quote as quote_for
from brands.models import Brand
from core import clock
from core.db import transactional
from core.errors import Conflict, InsufficientCredit, LimitReached
from core.money import format_money
from customers.models import Customer
from notices.pages import OPERATOR_CONSOLE, OPERATOR_HOME
from notices.selectors import is_page_open, portal_subscriptions_of
from notices.services.enqueue import enqueue
from notices.services.operator_push import push_to_operator
from notices.states import NoticeKind
from operators import pricing
from operators.eligibility import may_call
from operators.models import Operator
from operators.selectors import listed_operator
from telephony import errors
from telephony.callbacks import open_callbacks
from telephony.models import CallbackRequest
from telephony.operator_checks import phone_to_ring
from telephony.push import push_callback
from telephony.selectors import live_call_of
from telephony.states import OPEN_CALLBACKS, CallbackState

CALLBACK_LASTS = timedelta(minutes=60)
MOST_OPEN = 5  # of one customer at a time
MOST_AN_HOUR = 10  # of one customer
NOT_AGAIN_FOR = timedelta(minutes=60)  # after the operator declined
_HOUR = timedelta(hours=1)


@transactional
def request_callback(
    *, customer: Customer, operator_id: int, brand: Brand, rings: bool = False
) -> CallbackRequest:
    """Ask for a callback within an hour; the open request of the pair again, if there is one. Nothing is reserved.

    `rings`: call the customer's phone once when the operator is ready, if a call costs no more then than now. Raises as
    `initiate` does for whom the customer couldn't call if she were free; Conflict `declined_lately`; LimitReached
    `too_many_callbacks`.
    """
    operator = listed_operator(brand, operator_id)
    require_could_call(customer, operator, brand)
    Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)  # one at a time: they are counted
    at = clock.now()
    earlier = open_callbacks(at).filter(customer=customer, operator=operator).first()
    if earlier is not None:
        return earlier
    _require_not_too_many(customer, operator, at)
    _end_what_is_over(customer, operator, at)
    request = CallbackRequest.objects.create(
        customer=customer,
        operator=operator,
        brand=brand,
        rings=rings,
        rate_minor=pricing.rate_minor(operator, at),
        fee_minor=operator.connect_fee_minor,
        first_seconds=promised_seconds(customer, operator, at),
        created_at=at,
        expires_at=at + CALLBACK_LASTS,
    )
    _tell_operator(operator, request, at)
    push_callback(request)
    return request


@transactional
def cancel_callback(*, customer: Customer, operator_id: int) -> bool:
    """The customer no longer wants it, or turns an offer down; whether there was one."""
    own = CallbackRequest.objects.filter(
        customer=customer, operator=operator_id, state__in=OPEN_CALLBACKS
    ).first()
    if own is None:
        return False
    open_one = CallbackRequest.objects.filter(pk=own.pk, state__in=OPEN_CALLBACKS)
    is_ended = bool(open_one.update(state=CallbackState.CANCELED, ended_at=clock.now()))
    push_callback(own)
    return is_ended


def require_could_call(customer: Customer, operator: Operator, brand: Brand) -> None:
    """Everything that a call needs but for the operator's time."""
    may_call(customer, operator, brand, clock.now())
    phone_to_ring(customer, None)
    live = live_call_of(customer)
    if live is not None and live.operator_id == operator.pk:
        raise errors.AlreadyInCall(_("You’re already on a call."), call_id=live.call_id)
    quote = quote_for(customer, operator, brand)
    if not quote.may_start and live is None:
        needed = format_money(quote.required_minor, quote.currency)
        raise InsufficientCredit(
            _("You need %(needed)s for the first minute with %(operator)s. Add funds first.")
            % {"needed": needed, "operator": operator.stage_name},
            balance_minor=quote.balance_minor,
            required_minor=quote.required_minor,
        )


def _require_not_too_many(customer: Customer, operator: Operator, at: datetime) -> None:
    own = CallbackRequest.objects.filter(customer=customer)
    declined = own.filter(
        operator=operator, state=CallbackState.DECLINED, ended_at__gt=at - NOT_AGAIN_FOR
    ).exists()
    if declined:
        raise Conflict(
            _("%(operator)s can’t call back right now. You can leave a message.")
            % {"operator": operator.stage_name},
            code="declined_lately",
        )
    if open_callbacks(at).filter(customer=customer).count() >= MOST_OPEN:
        raise LimitReached(
            _("You’ve asked %(count)s people for a callback. Cancel one first.") % {"count": MOST_OPEN},
            code="too_many_callbacks",
        )
    if own.filter(created_at__gt=at - _HOUR).count() >= MOST_AN_HOUR:
        raise LimitReached(
            _("You’ve asked for a lot of callbacks. Please try again in an hour."), code="too_many_callbacks"
        )


def _end_what_is_over(customer: Customer, operator: Operator, at: datetime) -> None:
    """Write down what time has ended of this pair, so that there is room for one more."""
    own = CallbackRequest.objects.filter(customer=customer, operator=operator)
    own.filter(state=CallbackState.REQUESTED).update(state=CallbackState.EXPIRED, ended_at=at)
    own.filter(state=CallbackState.OFFERED).update(state=CallbackState.MISSED, ended_at=at)


def _tell_operator(operator: Operator, request: CallbackRequest, at: datetime) -> None:
    """One email an hour, however many ask, and a notification for each while no page is open; the console shows them all."""
    enqueue(
        NoticeKind.CALLBACK_REQUESTED,
        recipient=operator.user,
        key=f"callback_requested:{operator.pk}:{at:%Y%m%d%H}",
        url=OPERATOR_HOME.url(host=settings.PORTAL_HOSTS[0]),
    )
    if portal_subscriptions_of(operator.user_id).exists() and not is_page_open(operator.user):
        event = f"{request.pk}"
        push_to_operator(
            NoticeKind.OPERATOR_CALLBACK, operator.user, event=event, path=OPERATOR_CONSOLE.path()
        )
