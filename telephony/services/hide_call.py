"""A customer takes a call out of their own history. Its receipt, the books and the operator's statement keep it."""

from django.utils.translation import gettext as _

from customers.models import Customer
from telephony.errors import UnknownCall
from telephony.models import Call
from telephony.states import LIVE_STATUSES


def hide_call(*, customer: Customer, call_id: str) -> None:
    """Not listed any more; doing it twice changes nothing. Raises UnknownCall, also while the call runs."""
    calls = Call.objects.filter(customer=customer, call_id=call_id).exclude(status__in=LIVE_STATUSES)
    if not calls.update(is_hidden=True):
        raise UnknownCall(_("Call not found."))
