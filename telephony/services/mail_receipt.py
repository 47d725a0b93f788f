"""The receipt of a call by email, for customers who asked for it. The brand signs at the end.

The subject and the first lines, which a lock screen shows, name neither the brand nor the operator.
"""

from zoneinfo import ZoneInfo

from django.core.mail import send_mail

from core.money import format_money
from telephony.models import Call

SUBJECT = "Your receipt"


def mail_receipt(*, call_id: str) -> bool:
    """Send it if the customer (still) wants it; whether it was sent. The worker calls this after the call."""
    call = (
        Call.objects.select_related("customer__user", "authorization", "brand")
        .filter(call_id=call_id)
        .first()
    )
    if (
        call is None
        or call.authorization is None
        or call.ended_at is None
        or not call.customer.mails_receipts
    ):
        return False
    user, bill = call.customer.user, call.authorization
    at = call.ended_at.astimezone(ZoneInfo(user.time_zone))
    minutes, seconds = divmod(call.charged_seconds or 0, 60)
    body = (
        f"Hello,\n\nyour receipt {call.call_id}\n\n"
        f"{at:%B} {at.day}, {at.year}, {at:%I:%M %p}\n"
        f"Time   {minutes:02}:{seconds:02}\n"
        f"Total  {format_money(bill.charged_minor, bill.currency)}\n\n"
        "You asked for these e-mails on your account's page, and can stop them there.\n\n"
        f"{call.brand.name}\n"
    )
    return bool(send_mail(SUBJECT, body, None, [user.email]))
