"""What the parties of a call hear, as lists of sound names (`call_plan.LegPlan.prompts`). Pure: no Django, no I/O.

Django names the sounds (`telephony.sounds`), the adapter plays them as `sound:aeims/<name>`. `a|b` means b where the
switch has no sound a: behind each sound that names a brand or an operator stands a neutral one. Amounts are whole cents.
"""

import re
from collections.abc import Collection, Mapping, Sequence

from telephony import sounds
from telephony.states import EndReason

TALK, FEE = "talk", "fee"  # what may be taxed on top of its price
LARGEST_MINOR = 999_999  # "ninety nine hundred ninety nine dollars ninety nine cents"

# Failures that the customer is told of; the adapter says "failed" for every other.
_SPOKEN_FAILURES = (
    EndReason.OPERATOR_BUSY,
    EndReason.OPERATOR_DECLINED,
    EndReason.OPERATOR_NO_ANSWER,
    EndReason.OPERATOR_NO_KEY,
    EndReason.OPERATOR_WRONG_KEY,
    EndReason.OPERATOR_DO_NOT_CALL,
    EndReason.OPERATOR_UNREACHABLE,
)
# What a node has whose sounds were made before these sentences; as neutral.
_OLDER_CUSTOMERS_ASK, _OLDER_OPERATORS_ASK = "common/press-1-to-connect", "common/press-1-to-accept"
_OLDER_CALLER = "common/the-caller-is"
_NOT_CALLED_AGAIN = ["common/not-called-again"]
_PLUS_TAX = ["common/plus-tax"]  # a node whose sounds are older says nothing here


def customer_prompts(
    brand_name: str,
    operator_name: str,
    rate_minor: int,
    fees: Mapping[str, int],
    *,
    confirms: bool = True,
    plus_tax: Collection[str] = (),
    greeting: str = "",
) -> dict[str, list[str]]:
    """What the customer hears: `ask` (press 1), `connecting` (who, at what price and fees), failures.

    `ask` names nobody and no price: a voicemail or a call screener records it. `connecting` plays after the 1, while the
    operator's phone rings; without a 1 (`confirms`) it is as neutral. Names are as they are spoken. `rate_minor` is per
    minute; `fees` are their words and minor units, those of 0 are not mentioned. `plus_tax`: what of talk and fee is taxed on top. `greeting`: the
    content id of the operator's recorded greeting, played after the price; a node that doesn't have it plays nothing there.
    Raises ValueError for an amount beyond `LARGEST_MINOR`.
    """
    fee_sounds = [
        name
        for words, fee_minor in fees.items()
        if fee_minor
        for name in (sounds.name_in_plan(sounds.fee(words), "common/fee"), *_amount(fee_minor))
    ]
    details = [
        f"{sounds.you_are_calling(brand_name).content_name}|neutral/you-are-calling",
        f"{sounds.operator_name(operator_name).content_name}|neutral/your-operator",
        "common/the-price-is",
        *_amount(rate_minor, "-a-minute"),
        *(_PLUS_TAX if TALK in plus_tax else []),
        *fee_sounds,
        *(_PLUS_TAX if FEE in plus_tax and fee_sounds else []),
        *([f"{sounds.CONTENT_FOLDER}/{greeting}"] if greeting else []),
    ]
    prompts = {
        "ask": [f"common/press-1-for-your-call|{_OLDER_CUSTOMERS_ASK}", "common/press-9-to-stop"],
        "connecting": [*(details if confirms else []), "common/connecting"],
        "failed": ["common/failed"],
        str(EndReason.CUSTOMER_DO_NOT_CALL): _NOT_CALLED_AGAIN,
    }
    return prompts | {str(reason): [f"common/{reason.replace('_', '-')}"] for reason in _SPOKEN_FAILURES}


def warning_prompts(warn_at_seconds: Sequence[int]) -> dict[str, list[str]]:
    """What the customer hears with so many seconds left; a plain tone where the switch has no such sound."""
    return {
        f"warning_{seconds}": [sounds.name_in_plan(sounds.warning(seconds), "common/warning")]
        for seconds in warn_at_seconds
    }


def add_funds_prompt(amount_minor: int) -> list[str]:
    """What offers a customer to add so much by a key, whispered after the warning. Raises ValueError as `customer_prompts` does."""
    return ["common/press-5-to-add", *_amount(amount_minor)]


CHARGING_CARD = ["common/charging-card"]  # the key was heard
CARD_DECLINED = ["common/card-declined"]
CARD_NOT_CHARGED = ["common/card-not-charged"]  # the key was heard, and something is in the way


def operator_prompts(
    alias: str,
    brand_name: str,
    rate_minor: int,
    free_minutes_pay: bool | None,
    plus_tax: Collection[str] = (),
    *,
    is_returning: bool = False,
) -> dict[str, list[str]]:
    """What the operator hears: `ask` (press 1), then `offer` (who, new or returning, from which brand, at what price, whether
    free minutes pay; press 1 or 2).

    `ask` names nobody, as the customer's. `free_minutes_pay`: None when the caller has none. `is_returning`: the two have talked
    before. `plus_tax` and what is raised: as `customer_prompts`.
    """
    free = (
        []
        if free_minutes_pay is None
        else [f"common/free-minutes-{'paid' if free_minutes_pay else 'unpaid'}"]
    )
    offer = [
        f"common/{'returning' if is_returning else 'new'}-caller|{_OLDER_CALLER}",
        *_alias(alias),
        f"{sounds.call_from(brand_name).content_name}|neutral/call-from",
        *_amount(rate_minor, "-a-minute"),
        *(_PLUS_TAX if TALK in plus_tax else []),
        *free,
        f"common/press-1-or-2|{_OLDER_OPERATORS_ASK}",
    ]
    return {
        "ask": [f"common/press-1-for-a-call|{_OLDER_OPERATORS_ASK}", "common/press-9-to-stop"],
        "offer": offer,
        str(EndReason.OPERATOR_DO_NOT_CALL): _NOT_CALLED_AGAIN,
    }


def verification_prompts(code: str) -> list[str]:
    """What speaks a code of digits, twice. No brand is named: somebody else may have answered. Raises ValueError."""
    if not re.fullmatch(r"[0-9]{4,10}", code):
        raise ValueError("a code is 4 to 10 digits")
    digits = [f"numbers/{digit}" for digit in code]
    return ["common/your-code-is", *digits, "common/once-more", *digits, "common/goodbye"]


def phone_test_prompts() -> tuple[list[str], list[str]]:
    """What an operator's phone hears in a test call: the question, and the thanks for the 1. As with codes, no brand and no name."""
    return [f"common/test-call|{_OLDER_OPERATORS_ASK}"], ["common/test-call-worked|common/goodbye"]


def greeting_prompts() -> dict[str, list[str]]:
    """What an operator hears who records a greeting. As with codes, no brand and no name: somebody else may have answered."""
    return {
        "ask": ["common/record-after-the-tone"],
        "too_short": ["common/recording-too-short"],
        "review": ["common/your-recording"],
        "choose": ["common/press-1-to-keep"],
        "kept": ["common/recording-kept"],
        "given_up": ["common/recording-not-kept"],
    }


def _amount(minor: int, ending: str = "") -> list[str]:
    """An amount of money; `ending` goes to the last word ("cents" becomes "cents-a-minute")."""
    if not 0 <= minor <= LARGEST_MINOR:
        raise ValueError(f"cannot say {minor} cents")
    dollars, cents = divmod(minor, 100)
    names: list[str] = []
    if dollars:
        names += [*_number(dollars), "common/dollar" if dollars == 1 else "common/dollars"]
    if cents or not dollars:
        names += [*_number(cents), "common/cent" if cents == 1 else "common/cents"]
    return [*names[:-1], names[-1] + ending]


def _alias(alias: str) -> list[str]:
    """A customer's alias, such as "Amber Heron 482", by the words that nodes can say."""
    names: list[str] = []
    for word in alias.split():
        if word in sounds.ALIAS_WORDS:
            names.append(f"alias/{word.lower()}")
        elif re.fullmatch(r"[1-9][0-9]{2}", word):
            hundreds, rest = divmod(int(word), 100)
            names += [f"numbers/{hundreds}", *(["numbers/0"] if rest < 10 else []), f"numbers/{rest}"]
    return names or ["common/a-customer"]


def _number(number: int) -> list[str]:
    """A whole number below ten thousand, in hundreds as people say prices ("twelve hundred fifty")."""
    hundreds, rest = divmod(number, 100)
    names = [f"numbers/{hundreds}", "common/hundred"] if hundreds else []
    return [*names, f"numbers/{rest}"] if rest or not hundreds else names
