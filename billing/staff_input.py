"""What staff type, at a form or a command line: people by the names they know them by, a day by its date."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.dateparse import parse_date, parse_datetime

from core.days import end_of_date, end_of_day
from core.errors import Invalid, NotAllowed, NotFound
from core.parse import MAX_ID, whole_number
from customers.models import Customer, User
from operators.models import Operator


def find_customer(text: str) -> Customer:
    """A customer by id or by e-mail address. Raises NotFound."""
    text = text.strip()
    customers = Customer.objects.select_related("user", "home_brand")
    number = whole_number(text, most=MAX_ID)
    matches = customers.filter(user__email__iexact=text) if number is None else customers.filter(pk=number)
    customer = matches.first()
    if customer is None:
        raise NotFound(f"There's no customer {text!r}: give an id or an email address.")
    return customer


def find_staff(email: str, permission: str) -> User:
    """A member of staff by e-mail address, who may do what `permission` names. Raises NotFound, NotAllowed."""
    actor = User.objects.filter(email__iexact=email.strip(), is_staff=True, is_active=True).first()
    if actor is None:
        raise NotFound(f"There's no staff member {email!r}.")
    if not actor.has_perm(permission):
        raise NotAllowed(f"{actor} isn’t allowed to do this: {permission} is missing.")
    return actor


def find_operator(text: str) -> Operator:
    """An operator by id, by the name in the address or by stage name. Raises NotFound, and Invalid if several match."""
    text = text.strip()
    number = whole_number(text, most=MAX_ID)
    if number is not None:
        matches = list(Operator.objects.filter(pk=number))
    else:
        matches = list(Operator.objects.filter(slug=text)) or list(
            Operator.objects.filter(stage_name__iexact=text)[:9]
        )
    if not matches:
        raise NotFound(f"There is no operator {text!r}: give an id or a stage name.")
    if len(matches) > 1:
        ids = ", ".join(str(operator.pk) for operator in matches)
        raise Invalid(f"Several operators are called {text!r}: give one of the ids {ids}.")
    return matches[0]


def parse_expiry(text: str, at: datetime, time_zone: str) -> datetime:
    """`+30d` or a date (both through the end of that day in `time_zone`), or a time with its zone. Raises Invalid."""
    text = text.strip()
    span = re.fullmatch(r"\+([0-9]{1,4})d", text)
    if span:
        return end_of_day(at + timedelta(days=int(span[1])), time_zone)
    try:
        day = parse_date(text)
        moment = None if day else parse_datetime(text)
    except ValueError:
        day = moment = None
    if day:
        return end_of_date(day, time_zone)
    if moment is None or moment.tzinfo is None:
        raise Invalid(f"Expiry {text!r}: enter a date like 2027-01-31 or a span like +30d.")
    return moment


def describe_expiry(expires_at: datetime, time_zone: str) -> str:
    """A moment for staff, as the customer's clock shows it."""
    local = expires_at.astimezone(ZoneInfo(time_zone))
    return f"{local:%Y-%m-%d %H:%M} {time_zone}"
