"""Access for adults who don't pay by card: they apply, staff decide, and a mailed code is entered once."""

import secrets
from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from brands.models import Brand
from core import audit, clock
from core.contact_masking import mask_phones
from core.db import transactional
from core.encryption import hashes
from core.errors import Conflict, Invalid, NotFound
from core.parse import checked_reason
from customers.domain_events import access_approved, access_declined, spending_rules_changed
from customers.models import AccessRequest, Customer
from customers.own_account import refuse_own_account
from customers.selectors import refuse_closed_account
from customers.states import AccessBasis, AccessRequestState

CODE_LASTS = timedelta(days=7)
MAX_WORDS = 500
_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # nothing that looks like something else
_LENGTH = 12
_PURPOSE = "access code"


@transactional
def apply_for_access(*, customer: Customer, brand: Brand, words: str) -> AccessRequest:
    """Put the application in the staff's queue.

    Raises Invalid (no words, too many), Conflict `already_asked` (one waits at a time), `has_access`, `account_closed`.
    """
    stated = mask_phones(words.replace("\x00", "").strip())
    if not 1 <= len(stated) <= MAX_WORDS:
        raise Invalid(
            _("Tell us why in a sentence or two, at most %(most)s characters.") % {"most": MAX_WORDS}
        )
    refuse_closed_account(customer)
    if Customer.objects.get(pk=customer.pk).adult_access_basis:
        raise Conflict(_("You already have access."), code="has_access")
    try:
        with transaction.atomic():
            return AccessRequest.objects.create(
                customer=customer, brand=brand, words=stated, created_at=clock.now()
            )
    except IntegrityError:
        raise Conflict(_("We have your application. We’ll answer by email."), code="already_asked") from None


@transactional
def approve_access(*, request_id: int, actor: AbstractBaseUser, reason: str) -> AccessRequest:
    """Mail a code to the customer; `reason` says what the decision rests on. The code is good for 7 days.

    Raises NotFound, NotAllowed `own_account`, Invalid (no reason), Conflict `decided`.
    """
    reason = checked_reason(reason)
    request = _waiting(request_id, actor)
    code = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    request.code_hash, request.code_expires_at = hashes(code, _PURPOSE)[0], clock.now() + CODE_LASTS
    _decide(request, AccessRequestState.APPROVED, actor, reason)
    access_approved.tell(request=request, code="-".join(code[at : at + 4] for at in range(0, _LENGTH, 4)))
    return request


@transactional
def decline_access(*, request_id: int, actor: AbstractBaseUser, reason: str) -> AccessRequest:
    """Say no; the customer reads `reason` in a letter. Raises as `approve_access` does."""
    request = _waiting(request_id, actor)
    request.answer = checked_reason(reason, "the customer reads it")
    _decide(request, AccessRequestState.DECLINED, actor, request.answer)
    access_declined.tell(request=request)
    return request


@transactional
def enter_access_code(*, customer: Customer, code: str) -> Customer:
    """The customer has access from now on. Raises Invalid `unknown_code`: of somebody else, used, expired, or no code at all."""
    row = Customer.objects.select_for_update().get(pk=customer.pk)
    entered = "".join(character for character in code.upper() if character in _ALPHABET)
    at = clock.now()
    used = AccessRequest.objects.filter(
        customer=row,
        state=AccessRequestState.APPROVED,
        code_hash__in=hashes(entered, _PURPOSE),
        code_used_at=None,
        code_expires_at__gt=at,
    ).update(code_used_at=at)
    if not used or row.closed_at is not None:
        raise Invalid(
            _("This code isn’t valid, or it has expired. Check it and try again."), code="unknown_code"
        )
    if not row.adult_access_basis:
        row.adult_access_basis = customer.adult_access_basis = AccessBasis.CODE
        row.save(update_fields=["adult_access_basis"])
        audit.record(
            actor=row.user, action="customer.access_basis", subject=row, reason="An access code was entered.",
            changes={"adult_access_basis": ["", AccessBasis.CODE]},
        )  # fmt: skip
        spending_rules_changed.after_commit(customer_id=row.pk)
    return row


def void_codes(customer: Customer) -> None:
    """Codes that were mailed and not used yet are good no longer: staff took the access away."""
    AccessRequest.objects.filter(
        customer=customer, state=AccessRequestState.APPROVED, code_used_at=None
    ).update(code_expires_at=clock.now())


def _waiting(request_id: int, actor: AbstractBaseUser) -> AccessRequest:
    requests = AccessRequest.objects.select_for_update(of=("self",)).select_related("customer__user", "brand")
    request = requests.filter(pk=request_id).first()
    if request is None:
        raise NotFound(_("Request not found."))
    refuse_own_account(actor, request.customer)
    if request.state != AccessRequestState.WAITING:
        raise Conflict(_("Someone else already decided this."), code="decided")
    return request


def _decide(request: AccessRequest, state: AccessRequestState, actor: AbstractBaseUser, reason: str) -> None:
    request.state, request.decided_at, request.decided_by_id = state, clock.now(), actor.pk
    request.save()
    audit.record(
        actor=actor, action=f"access.{state}", subject=request.customer, reason=reason, request=request.pk
    )
