"""That a call ends at an amount or a time which its customer chose, in one sentence for both sides."""

from django.utils.translation import gettext as _

from billing.models import Authorization
from core.days import write_clock
from core.money import format_money
from customers.models import Customer
from operators.models import Operator


def cap_words(authorization: Authorization | None, reader: Customer | Operator) -> str:
    """In one sentence: "This call ends at $20.00.", "This call ends at 9:45 PM.", or both; empty where nothing was chosen. By the clock of `reader`."""
    if authorization is None or not authorization.cap.is_set:
        return ""
    amount = time = ""
    if authorization.cap_minor is not None:
        amount = format_money(authorization.cap_minor, authorization.currency)
    if authorization.ends_at is not None:
        time = write_clock(authorization.ends_at, reader.user.time_zone)
    if amount and time:
        return _("This call ends at %(amount)s or %(time)s.") % {"amount": amount, "time": time}
    return _("This call ends at %(when)s.") % {"when": amount or time}
