"""What becomes of verified phones: which one we ring, which we forget, and which asked not to be called."""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core import audit, clock
from core.db import transactional
from core.errors import Conflict, NotFound
from core.models import AuditRecord
from core.parse import checked_reason
from customers.domain_events import phone_verified
from customers.models import Customer, CustomerPhone
from customers.own_account import refuse_own_account
from customers.services.follow_person import share_break
from customers.states import PhoneBlockReason
from phones.models import PhoneNumber

_REMOVED = "phone.remove"


@transactional
def make_primary(*, customer: Customer, phone_id: int) -> None:
    """From now on this verified phone is the one we ring. Raises NotFound."""
    phone = _mine(customer, phone_id)
    customer.phones.filter(is_primary=True).update(is_primary=False)
    phone.is_primary = True
    phone.save(update_fields=["is_primary"])


@transactional
def remove_phone(*, customer: Customer, phone_id: int) -> None:
    """Forget a phone; another verified one becomes the one we ring. Past calls keep their reference to it.

    A phone that calls refer to is kept without being verified, so it is never rung again. Raises NotFound.
    """
    phone = _mine(customer, phone_id)
    phone.verified_at, phone.is_primary = None, False
    phone.save(update_fields=["verified_at", "is_primary"])
    _choose_primary(customer)
    audit.record(actor=customer.user, action=_REMOVED, subject=customer, phone=phone.pk)


@transactional
def verify_by_staff(*, phone_id: int, actor: AbstractBaseUser, reason: str) -> CustomerPhone:
    """Staff called this number and its owner answered: it may be rung, also after a 9. On record, with how they know.

    Raises NotFound, NotAllowed `own_account`, Invalid (no reason), Conflict `already_verified` and `number_taken` (another customer's verified phone).
    """
    reason = checked_reason(reason)
    phones = CustomerPhone.objects.select_for_update(no_key=True, of=("self",)).select_related("customer")
    phone = phones.filter(pk=phone_id).first()
    if phone is None:
        raise NotFound(_("Phone not found."))
    refuse_own_account(actor, phone.customer)
    if phone.verified_at is not None:
        raise Conflict(_("This phone is already verified."), code="already_verified")
    phone.verified_at, phone.blocked_at, phone.block_reason = clock.now(), None, ""
    try:
        with transaction.atomic():
            phone.save(update_fields=["verified_at", "blocked_at", "block_reason"])
    except IntegrityError:
        raise Conflict(
            _("This number is already verified for another customer."), code="number_taken"
        ) from None
    _choose_primary(phone.customer)
    share_break(phone.customer, phone.verified_at)
    audit.record(actor=actor, action="phone.verify", subject=phone.customer, reason=reason, phone=phone.pk)
    phone_verified.tell(customer=phone.customer, brand=None)
    return phone


@transactional
def take_away_phone(*, phone_id: int) -> None:
    """Staff take a phone from a customer; the admin's form writes down who did. One that was ever verified stays as a row, never
    to be called: a block and a break still follow whoever has it. An unverified one is deleted.
    """
    phone = CustomerPhone.objects.select_for_update(of=("self",)).select_related("customer").get(pk=phone_id)
    if phone.verified_at is None and phone.blocked_at is None and not _was_removed(phone):
        phone.delete()
        return
    if phone.verified_at is not None:
        phone.verified_at, phone.is_primary = None, False
        phone.save(update_fields=["verified_at", "is_primary"])
        _choose_primary(phone.customer)
    audit.record(actor=None, action=_REMOVED, subject=phone.customer, phone=phone.pk)


def block_number(*, number: PhoneNumber, before: datetime, call_id: str, at: datetime) -> None:
    """Whoever answered at `number` asked not to be called: it is no longer verified, on record. Inside a transaction.

    A phone that was verified after `before` stays: its owner has allowed calls since.
    """
    phones = CustomerPhone.objects.select_for_update(no_key=True, of=("self",)).select_related("customer")
    for phone in phones.filter(phone_number=number, verified_at__lte=before):
        phone.verified_at, phone.is_primary = None, False
        phone.blocked_at, phone.block_reason = at, PhoneBlockReason.DO_NOT_CALL
        phone.save(update_fields=["verified_at", "is_primary", "blocked_at", "block_reason"])
        _choose_primary(phone.customer)
        audit.record(
            actor=None, action="phone.do_not_call", subject=phone.customer, reason="9 was pressed during a call",
            phone=phone.pk, call=call_id,
        )  # fmt: skip


def _choose_primary(customer: Customer) -> None:
    """Where no phone is the one we ring, the oldest verified one becomes it."""
    following = customer.phones.filter(verified_at__isnull=False).order_by("id").first()
    if following and not customer.phones.filter(is_primary=True).exists():
        following.is_primary = True
        following.save(update_fields=["is_primary"])


def _was_removed(phone: CustomerPhone) -> bool:
    name = f"{Customer._meta.label_lower}:{phone.customer_id}"
    return AuditRecord.objects.filter(subject=name, action=_REMOVED, details__phone=phone.pk).exists()


def _mine(customer: Customer, phone_id: int) -> CustomerPhone:
    # The customer's row first: two requests at once do not leave two primary phones.
    Customer.objects.select_for_update().get(pk=customer.pk)
    phone = customer.phones.filter(pk=phone_id, verified_at__isnull=False).first()
    if phone is None:
        raise NotFound(_("Phone not found."))
    return phone
