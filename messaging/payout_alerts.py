"""An SMS to an operator whose payouts are to go elsewhere, where they want SMS: one more way in which they hear of it.

It names nothing private, and goes out at once: the change takes effect after some days.
"""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from billing.domain_events import payout_account_changed
from billing.payouts.models import PayoutAccount
from core import clock
from messaging.gateways import sending_gateway
from messaging.selectors import wants_sms
from messaging.services.deliver_by_sms import queue_sms
from messaging.states import SmsKind
from operators.models import Operator

CHANGED = gettext_noop(
    "Your account settings changed. If this wasn't you, log in and undo it. Reply STOP to stop alerts."
)


@payout_account_changed.listener
def _changed(*, account: PayoutAccount, operator: Operator) -> None:
    phone, at = operator.phone_number, clock.now()
    if phone is not None and wants_sms(phone):
        ours = sending_gateway().phone_number()
        queue_sms(kind=SmsKind.ALERT, phone=phone, ours=ours, body=_(CHANGED), send_at=at, at=at)
