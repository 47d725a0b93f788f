"""What a call needs of both phones and of the operator, before any money is looked at: for calls and reservations."""

from django.conf import settings
from django.utils.translation import gettext as _

from core.dialing import may_dial
from core.errors import Invalid
from core.phones import to_e164
from core.planned_query import PlannedQuery
from customers.models import Customer, CustomerPhone
from operators.models import Operator
from operators.phones import phone_obstacle
from operators.states import Availability
from telephony import errors


def phone_to_ring(customer: Customer, requested_number: str | None) -> CustomerPhone:
    """Their verified phone that is rung: the one they ask for, or their first. Raises PhoneNotVerified, NumberNotAllowed."""
    phones = [p for p in _PHONES.all(customer.pk) if p.verified_at is not None]
    if requested_number is not None:
        phones = [p for p in phones if p.number == _as_dialled(requested_number)]
        if not phones:
            raise errors.PhoneNotVerified(_("We only call a phone you’ve verified."))
    if not phones:
        raise errors.PhoneNotVerified(_("Verify your phone first: it’s the one we call."))
    phone = max(phones, key=lambda p: (p.is_primary, -p.pk))
    if not may_dial(phone.number, settings.TELEPHONY_ALLOWED_PREFIXES, settings.TELEPHONY_LAB_PREFIXES):
        raise errors.NumberNotAllowed(
            _("We can’t call this number. Please verify a regular US or Canadian one.")
        )
    return phone


def _as_dialled(text: str) -> str:
    """A number as we keep it, however it was typed; what is no number stays as it is and matches nothing."""
    try:
        return to_e164(text, lab_prefixes=settings.TELEPHONY_LAB_PREFIXES)
    except Invalid:
        return text.strip()


def require_free(operator: Operator) -> None:
    """Raise OperatorBusy or OperatorOffline if the operator can take no call now."""
    availability = operator.availability
    if availability == Availability.BUSY:
        raise errors.OperatorBusy(_("%(operator)s is on a call.") % {"operator": operator.stage_name})
    if availability != Availability.ONLINE or phone_obstacle(operator) is not None:
        raise errors.OperatorOffline(
            _("%(operator)s isn’t taking calls right now.") % {"operator": operator.stage_name}
        )


_PHONES = PlannedQuery(CustomerPhone.objects.all(), "customer")
