"""What somebody says about SMS to their number: kept word for word, and obeyed at once on every brand."""

from core import clock
from core.contact_masking import mask_phones
from core.db import transactional
from customers.models import User
from messaging.models import Sms, SmsConsent
from messaging.states import ConsentAction, ConsentSource, SmsState
from phones.models import PhoneNumber


@transactional
def record_consent(
    *,
    phone_number: PhoneNumber,
    action: ConsentAction,
    source: ConsentSource,
    said: str = "",
    our_number: str = "",
    sid: str = "",
    actor: User | None = None,
) -> SmsConsent:
    """Write down `action`; in `said` a phone number is hidden. After STOP nothing that still waits for this number is sent."""
    at = clock.now()
    if action == ConsentAction.STOP:
        waiting = Sms.objects.filter(phone_number=phone_number, state=SmsState.QUEUED)
        waiting.update(state=SmsState.DROPPED, changed_at=at)
    return SmsConsent.objects.raw(
        "SELECT * FROM messaging_record_consent(%s, %s, %s, %s, %s, %s, %s, %s)",
        [
            *(phone_number.pk, action, source, mask_phones(said)[:200]),
            *(our_number, sid, actor.pk if actor else None, at),
        ],
    )[0]
