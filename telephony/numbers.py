"""Which phone numbers may be dialled: one rule, asked by Django at the click and by the adapter before it dials.

Pure. Only strict E.164 passes: a plus sign and ASCII digits, nothing else, so no other spelling of a number can
slip past a list of prefixes. Inside the North American plan (+1) numbers that cost extra or are no subscriber's
are refused whatever the prefix list says. Source of the lists: NANPA's area code reports.
"""

import re
from collections.abc import Sequence

from core.phones import is_e164

_PREFIX = re.compile(r"\+[1-9][0-9]{0,14}")
_NANP = re.compile(r"\+1([2-9][0-9]{2})([2-9][0-9]{2})([0-9]{4})")

# Countries under +1 other than the United States and Canada: billed as international, the usual prey of fraud.
_ABROAD = re.compile("242|246|264|268|284|345|441|473|649|658|664|721|758|767|784|809|829|849|868|869|876")
# Area codes of no place: premium rate (900), personal "follow me" numbers (5xx), carrier and government services.
_SPECIAL_AREAS = re.compile("456|500|52[1-9]|533|544|566|577|588|600|622|633|644|655|677|688|700|710|900")
_PREMIUM_EXCHANGES = frozenset({"950", "976"})  # carrier access; pay-per-call
_DIRECTORY_ASSISTANCE = ("555", "1212")  # charged in every area code


def may_dial(number: str, allowed: Sequence[str], lab: Sequence[str] = ()) -> bool:
    """Whether `number` may be dialled.

    `allowed` are E.164 prefixes ("+1"); `lab` are prefixes of numbers that no numbering plan has but a laboratory
    switch answers ("+1999"). A malformed or empty prefix matches nothing.
    """
    if not is_e164(number):
        return False
    if _starts_with(number, lab):
        return True
    if not _starts_with(number, allowed):
        return False
    return not number.startswith("+1") or _is_plain_north_american(number)


def _starts_with(number: str, prefixes: Sequence[str]) -> bool:
    return any(_PREFIX.fullmatch(prefix) and number.startswith(prefix) for prefix in prefixes)


def _is_plain_north_american(number: str) -> bool:
    """A geographic or toll-free subscriber of the United States (territories included) or Canada."""
    match = _NANP.fullmatch(number)
    if not match:
        return False
    area, exchange, line = match.groups()
    if _ABROAD.fullmatch(area) or _SPECIAL_AREAS.fullmatch(area) or exchange in _PREMIUM_EXCHANGES:
        return False
    # Reserved for expansion; service codes such as 911.
    if area[1] == "9" or "11" in (area[1:], exchange[1:]):
        return False
    return (exchange, line) != _DIRECTORY_ASSISTANCE
