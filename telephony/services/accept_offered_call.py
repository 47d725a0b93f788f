"""The operator accepts an offered call on the page. It stands for the second 1; the first is pressed on the phone."""

from django.utils.translation import gettext as _

from core import clock
from core.db import transactional
from operators.models import Operator
from telephony import adapter_client
from telephony.errors import NotAnswered, PhoneSystemUnavailable, UnknownCall
from telephony.models import Call
from telephony.push import push_call


def accept_offered_call(*, operator: Operator, call_id: str) -> None:
    """From now on one press of 1 on the phone takes the call. Raises UnknownCall, NotAnswered, PhoneSystemUnavailable.

    The page alone joins nobody: a voicemail may have the line.
    """
    call = Call.objects.filter(operator=operator, call_id=call_id).first()
    if call is None or not call.is_live:
        raise UnknownCall(_("This call is over."))
    try:
        answer = adapter_client.accept(call_id)
    except (adapter_client.Refused, adapter_client.Unknown):
        raise PhoneSystemUnavailable(
            _("Our phone system isn’t responding. Please press 1 on your phone.")
        ) from None
    if not answer.is_ok:
        raise NotAnswered(_("Your phone isn’t ringing yet. Try again in a moment, or press 1 on it."))
    _note(call.pk)


@transactional
def _note(call_pk: int) -> None:
    call = Call.objects.locked().get(pk=call_pk)
    if call.is_live and call.joined_at is None and call.operator_accepted_at is None:
        call.operator_accepted_at = clock.now()
        call.sequence += 1
        call.save(update_fields=["operator_accepted_at", "sequence"])
        push_call(call)
