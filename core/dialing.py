"""Which phone numbers may be dialled: one rule, asked by Django when one is given and at
the click, and by the adapter before it dials.

Pure. Only strict E.164 passes: a plus sign and ASCII digits, nothing else, so no other spelling of a number can
slip past a list of prefixes. Inside the North American plan (+1) numbers that cost extra or are no subscriber's
are refused whatever the prefix list says. Source of the lists: NANPA's area code reports; for access stimulation, FCC
19-79 and carriers' published surcharge lists.
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
# Toll-free, and what is reserved for it: nobody's phone, and the called company pays for the call (and for its fraud).
_TOLL_FREE = re.compile("800|822|833|844|855|866|877|88[0-9]")
# Area code and exchange of conference and chat lines in rural exchanges, which live on what the caller's carrier has to pay
# them (access stimulation). Carriers bill such calls extra. Add a line here when a bill shows another.
_ACCESS_STIMULATION = frozenset({
    "218339", "218844", "218862",  # Minnesota
    "559726", "760569",  # California
    "605475", "605477", "605562",  # South Dakota
    "641715", "712432", "712451", "712770", "712775", "712832",  # Iowa
})  # fmt: skip
_PREMIUM_EXCHANGES = frozenset({"950", "976"})  # carrier access; pay-per-call
_DIRECTORY_ASSISTANCE = ("555", "1212")  # charged in every area code


def may_dial(number: str, allowed: Sequence[str], lab: Sequence[str] = ()) -> bool:
    """Whether `number` may be dialled.

    `allowed` are E.164 prefixes ("+1"), and, with a minus sign, what is refused all the same ("-1712550"); `lab` are
    prefixes of numbers that no numbering plan has but a laboratory switch answers ("+1999"). A malformed or empty
    prefix matches nothing.
    """
    if not is_e164(number):
        return False
    if _starts_with(number, lab):
        return True
    refused = [prefix.replace("-", "+", 1) for prefix in allowed if prefix.startswith("-")]
    if not _starts_with(number, allowed) or _starts_with(number, refused):
        return False
    return not number.startswith("+1") or _is_plain_north_american(number)


def _starts_with(number: str, prefixes: Sequence[str]) -> bool:
    return any(_PREFIX.fullmatch(prefix) and number.startswith(prefix) for prefix in prefixes)


def _is_plain_north_american(number: str) -> bool:
    """A geographic subscriber of the United States (territories included) or Canada."""
    match = _NANP.fullmatch(number)
    if not match:
        return False
    area, exchange, line = match.groups()
    if _ABROAD.fullmatch(area) or _SPECIAL_AREAS.fullmatch(area) or exchange in _PREMIUM_EXCHANGES:
        return False
    if _TOLL_FREE.fullmatch(area) or area + exchange in _ACCESS_STIMULATION:
        return False
    # Reserved for expansion; service codes such as 911.
    if area[1] == "9" or "11" in (area[1:], exchange[1:]):
        return False
    return (exchange, line) != _DIRECTORY_ASSISTANCE
