"""A customer asks staff for more funds; staff write how to pay, credit the wallet, or decline. Each answer is a letter."""

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from billing import conf
from billing.domain_events import funds_answered, funds_declined
from billing.models import FundsRequest
from billing.services.credit_wallet import credit_wallet
from billing.staff_limits import Approval
from billing.states import CreditSource, FundsRequestState
from brands.models import Brand
from core import audit, clock, money
from core.contact_masking import mask_phones
from core.db import transactional
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.parse import checked_reason
from customers.models import Customer
from customers.own_account import refuse_own_account

EXCLUDED = gettext_noop("You chose self-exclusion. No funds can be added until it ends.")
ANSWER = "funds.answer"  # in the audit trail


@transactional
def request_funds(*, customer: Customer, brand: Brand, amount_minor: int, words: str = "") -> FundsRequest:
    """Put the wish in the staff's queue. Raises Invalid, NotAllowed `self_excluded`, Conflict `already_asked` (one waits at a time)."""
    if customer.is_excluded(clock.now()):
        raise NotAllowed(_(EXCLUDED), code="self_excluded")
    most = conf.max_balance_minor()
    if not 1 <= amount_minor <= most:
        raise Invalid(
            _("Ask for an amount up to %(amount)s.") % {"amount": money.format_money(most, conf.currency())}
        )
    if len(words) > 500:
        raise Invalid(_("At most 500 characters, please."))
    funds_request = FundsRequest(
        customer=customer,
        brand=brand,
        amount_minor=amount_minor,
        words=mask_phones(words.strip()),
        created_at=clock.now(),
    )
    try:
        funds_request.save(force_insert=True)
    except IntegrityError:
        raise Conflict(_("We’re still working on your last request."), code="already_asked") from None
    return funds_request


@transactional
def answer_request(*, request_id: int, text: str, actor: AbstractBaseUser) -> FundsRequest:
    """Write to the customer how to pay; the request stays in the queue. Raises Invalid, NotFound, Conflict."""
    text = checked_reason(text, "the customer reads it", may_hold_phones=True)
    request = _waiting(request_id)
    record = audit.record(actor=actor, action=ANSWER, subject=request, reason=text)
    funds_answered.tell(request=request, text=text, key=f"funds-answer:{record.pk}")
    return request


@transactional
def credit_request(
    *,
    request_id: int,
    amount_minor: int,
    source: CreditSource,
    reason: str,
    actor: AbstractBaseUser,
    approval: Approval | None = None,
    payment_reference: str = "",
) -> FundsRequest:
    """Credit the wallet and take the request off the queue, together. Raises what `credit_wallet` does, and Conflict."""
    request = _waiting(request_id)
    refuse_own_account(actor, request.customer)
    credit_wallet(
        customer=request.customer,
        amount_minor=amount_minor,
        source=source,
        reason=reason,
        actor=actor,
        idempotency_key=f"funds-request:{request.pk}",
        approval=approval,
        brand=request.brand,
        payment_reference=payment_reference,
    )
    return _close(request, FundsRequestState.DONE, reason, actor)


@transactional
def decline_request(*, request_id: int, reason: str, actor: AbstractBaseUser) -> FundsRequest:
    """Take the request off the queue without money. Raises Invalid, NotFound, NotAllowed `own_account`, Conflict."""
    reason = checked_reason(reason, "the customer reads it")
    request = _waiting(request_id)
    refuse_own_account(actor, request.customer)
    request = _close(request, FundsRequestState.DECLINED, reason, actor)
    audit.record(actor=actor, action="funds.decline", subject=request, reason=request.answer)
    funds_declined.tell(request=request, text=reason)
    return request


def _waiting(request_id: int) -> FundsRequest:
    request = (
        FundsRequest.objects.select_for_update(of=("self",))
        .select_related("customer__user", "brand")
        .filter(pk=request_id)
        .first()
    )
    if request is None:
        raise NotFound(_("Request not found."))
    if request.state != FundsRequestState.WAITING:
        raise Conflict(_("Someone has already handled this request."), code="already_handled")
    return request


def _close(
    request: FundsRequest, state: FundsRequestState, reason: str, actor: AbstractBaseUser
) -> FundsRequest:
    request.state, request.handled_at, request.handled_by_id = state, clock.now(), actor.pk
    request.answer = reason.strip()
    request.save(update_fields=["state", "handled_at", "handled_by", "answer"])
    return request
