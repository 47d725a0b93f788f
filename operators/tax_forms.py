"""The W-9 (Rev. March 2024) and the W-8BEN (Rev. October 2021) as we take them: what each line may hold, and until when it counts.

`operators.services.tax_forms` keeps what `checked` returns.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from core.errors import Invalid
from customers.models import User
from customers.services.sign_up import ADULT_YEARS, age_on
from operators.countries import COUNTRIES
from operators.models import SignedTaxForm
from operators.regions import REGIONS
from operators.states import LlcClass, NumberKind, TaxClass, TaxForm

# Of our forms; raised when what they certify changes. A test knows the text of each edition.
EDITION = "2026-12"
MAX_LINE = 120
EXPIRING_DAYS = 60  # before its end we ask for a new W-8BEN
_VALID_YEARS = 3  # until the end of the third calendar year after the one it was signed in
_MAX_RATE = 30  # percent: what is withheld without a treaty
_ZIP = re.compile(r"\d{5}(-\d{4})?")
_FOREIGN_NUMBER = re.compile(r"[A-Z0-9]{4,25}")
_ITIN_GROUPS = {*range(50, 66), *range(70, 89), *range(90, 93), *range(94, 100)}
_ONLY_EIN = (TaxClass.C_CORPORATION, TaxClass.S_CORPORATION, TaxClass.PARTNERSHIP, TaxClass.LLC)

Fields = Mapping[str, Any]


def newest(user_id: int) -> SignedTaxForm | None:
    """The form that counts, whether or not it has expired."""
    return SignedTaxForm.objects.filter(user=user_id).order_by("-pk").first()


def is_valid_on(form: SignedTaxForm, day: date) -> bool:
    """Whether it counts on this day."""
    return form.valid_until is None or day <= form.valid_until


def valid_until(kind: str, day: date) -> date | None:
    """The last day of a form that is signed on this one; None: it counts until another one is given."""
    return date(day.year + _VALID_YEARS, 12, 31) if kind == TaxForm.W8BEN else None


def day_of(user: User, at: datetime) -> date:
    """The date at the person's."""
    return at.astimezone(ZoneInfo(user.time_zone)).date()


def checked(kind: str, fields: Fields, *, today: date) -> dict[str, Any]:
    """What the form says, as it is kept: every name of it. Raises Invalid, with the `field` that is wrong."""
    if kind == TaxForm.W9:
        return _checked_w9(fields)
    if kind == TaxForm.W8BEN:
        return _checked_w8ben(fields, today)
    raise Invalid("Choose a tax form.")


def number_of(data: Mapping[str, Any]) -> str:
    """The taxpayer's number on a form, bare; empty if it has none."""
    return str(data.get("number") or data.get("foreign_number") or "")


def require_signature(kind: str, data: Mapping[str, Any], typed_name: str) -> str:
    """The name as it is kept. Whoever signs for themselves types the name on the form. Raises Invalid."""
    name = _line({"typed_name": typed_name}, "typed_name", "Type your full name to sign.")
    is_own = kind == TaxForm.W8BEN or data["tax_class"] == TaxClass.INDIVIDUAL
    if is_own and name.casefold() != data["name"].casefold():
        raise Invalid("Type your name exactly as in the first line.", field="typed_name")
    return name


def _checked_w9(fields: Fields) -> dict[str, Any]:
    tax_class = _choice(fields, "tax_class", TaxClass.values, "Choose your federal tax classification.")
    kind = _choice(fields, "number_kind", NumberKind.values, "Choose which number you give us.")
    if tax_class in _ONLY_EIN and kind != NumberKind.EIN:
        raise Invalid("A corporation, partnership, or LLC gives its EIN.", field="number_kind")
    llc_class = other_class = ""
    if tax_class == TaxClass.LLC:
        llc_class = _choice(fields, "llc_class", LlcClass.values, "Choose how your LLC is taxed.")
    if tax_class == TaxClass.OTHER:
        other_class = _line(fields, "other_class", "Enter your classification.")
    return {
        "name": _line(fields, "name", "Enter your name as on your tax return."),
        "business_name": _line(fields, "business_name"),
        "tax_class": tax_class,
        "llc_class": llc_class,
        "other_class": other_class,
        "exempt_payee_code": _exempt_code(fields, tax_class),
        "address": _line(fields, "address", "Enter your street address."),
        "city": _line(fields, "city", "Enter your city."),
        "region": _choice(fields, "region", REGIONS, "Choose your state."),
        "postal_code": _zip(fields),
        "number_kind": kind,
        "number": us_number(fields.get("number"), kind),
        "has_withholding": bool(fields.get("has_withholding")),
    }


def _checked_w8ben(fields: Fields, today: date) -> dict[str, Any]:
    born_on = fields.get("born_on")
    if not isinstance(born_on, date) or not ADULT_YEARS <= age_on(today, born_on) <= 120:
        raise Invalid("Enter your date of birth.", field="born_on")
    country = _choice(fields, "country", COUNTRIES, "Choose the country you live in.")
    citizenship = _choice(fields, "citizenship", COUNTRIES, "Choose your country of citizenship.")
    for field, code in (("country", country), ("citizenship", citizenship)):
        if code == "US":
            raise Invalid("This form is not for US citizens and residents. Fill in the W-9.", field=field)
    foreign = _foreign_number(fields)
    us = str(fields.get("us_number") or "").strip()
    number = us_number(us, NumberKind.SSN, field="us_number") if us else ""
    return {
        "name": _line(fields, "name", "Enter your name as on your passport."),
        "citizenship": citizenship,
        "address": _line(fields, "address", "Enter your street address."),
        "city": _line(fields, "city", "Enter your city."),
        "postal_code": _line(fields, "postal_code"),
        "country": country,
        "mailing_address": _line(fields, "mailing_address"),
        "us_number": number,
        "foreign_number": foreign,
        "no_number_reason": ""
        if foreign
        else _line(fields, "no_number_reason", "Enter a tax number, or why you have none."),
        "born_on": born_on.isoformat(),
        **_treaty(fields, country, has_number=bool(foreign or number)),
    }


def us_number(text: Any, kind: str, *, field: str = "number") -> str:
    """The nine digits of an SSN, ITIN, or EIN. Raises Invalid for what can't be one."""
    digits = re.sub(r"[\s-]", "", str(text or ""))
    if not (digits.isascii() and digits.isdigit() and len(digits) == 9):
        raise Invalid("Enter nine digits.", field=field)
    if kind == NumberKind.EIN:
        is_one = digits[:2] != "00" and digits[2:] != "0000000"
    else:
        area, group, serial = int(digits[:3]), int(digits[3:5]), int(digits[5:])
        is_ssn = area not in (0, 666) and area < 900 and group and serial
        is_one = bool(is_ssn or (area >= 900 and group in _ITIN_GROUPS))
    if not is_one:
        raise Invalid("No one has this number. Check each digit.", field=field)
    return digits


def _foreign_number(fields: Fields) -> str:
    bare = re.sub(r"[\s./-]", "", str(fields.get("foreign_number") or "")).upper()
    if bare and not _FOREIGN_NUMBER.fullmatch(bare):
        raise Invalid("Enter the tax number of your country: letters and digits.", field="foreign_number")
    return bare


def _treaty(fields: Fields, country: str, *, has_number: bool) -> dict[str, str]:
    """Lines 9 and 10: nothing, the country alone, or all of it."""
    claimed = str(fields.get("treaty_country") or "")
    article, rate = _line(fields, "treaty_article"), _rate(fields)
    if not claimed:
        if article or rate:
            raise Invalid("Choose the treaty country, too.", field="treaty_country")
        return {"treaty_country": "", "treaty_article": "", "treaty_rate": "", "treaty_income": ""}
    if claimed != country:
        raise Invalid("The treaty has to be that of the country you live in.", field="treaty_country")
    if not has_number:
        raise Invalid("Treaty benefits need a US or foreign tax number.", field="foreign_number")
    if bool(article) != bool(rate):
        raise Invalid(
            "Give the article and the rate, or neither.", field="treaty_rate" if article else "treaty_article"
        )
    income = _line(fields, "treaty_income", "Enter the type of income." if article else "")
    return {
        "treaty_country": claimed,
        "treaty_article": article,
        "treaty_rate": rate,
        "treaty_income": income,
    }


def _rate(fields: Fields) -> str:
    text = str(fields.get("treaty_rate") or "").strip().removesuffix("%").strip()
    if not text:
        return ""
    try:
        rate = Decimal(text)
    except InvalidOperation:
        rate = Decimal(-1)
    if not rate.is_finite() or not 0 <= rate <= _MAX_RATE or rate != round(rate, 2):
        raise Invalid(f"Enter a rate from 0 to {_MAX_RATE} percent.", field="treaty_rate")
    return f"{rate.normalize():f}"


def _exempt_code(fields: Fields, tax_class: str) -> str:
    code = str(fields.get("exempt_payee_code") or "").strip()
    if not code:
        return ""
    if tax_class == TaxClass.INDIVIDUAL:
        raise Invalid("Individuals aren’t exempt. Leave this empty.", field="exempt_payee_code")
    if code not in map(str, range(1, 14)):
        raise Invalid("Enter a code from 1 to 13, or leave it empty.", field="exempt_payee_code")
    return code


def _zip(fields: Fields) -> str:
    code = str(fields.get("postal_code") or "").strip()
    if not (code.isascii() and _ZIP.fullmatch(code)):
        raise Invalid("Enter your ZIP code: five digits.", field="postal_code")
    return code


def _line(fields: Fields, field: str, missing: str = "") -> str:
    """One line of text. Raises Invalid if it is empty although there are words for that, or too long."""
    text = " ".join(str(fields.get(field) or "").replace("\x00", "").split())
    if missing and not text:
        raise Invalid(missing, field=field)
    if len(text) > MAX_LINE:
        raise Invalid(f"At most {MAX_LINE} characters.", field=field)
    return text


def _choice(fields: Fields, field: str, values: Any, missing: str) -> str:
    value = str(fields.get(field) or "")
    if value not in values:
        raise Invalid(missing, field=field)
    return value
