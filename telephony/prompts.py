"""What the parties of a call hear, as lists of sound names (`call_plan.LegPlan.prompts`). Pure: no Django, no I/O.

Django names the sounds, the adapter plays them as `sound:aeims/<name>`, `deploy/asterisk/make_prompts.py` makes them.
`a|b` means b where the switch has no sound a. Amounts are whole cents.
"""

import re
from collections.abc import Sequence

from telephony.states import EndReason

LARGEST_MINOR = 999_999  # "ninety nine hundred ninety nine dollars ninety nine cents"

# Failures that the customer is told of; the adapter says "failed" for every other.
_SPOKEN_FAILURES = (
    EndReason.OPERATOR_BUSY,
    EndReason.OPERATOR_DECLINED,
    EndReason.OPERATOR_NO_ANSWER,
    EndReason.OPERATOR_NO_KEY,
    EndReason.OPERATOR_WRONG_KEY,
    EndReason.OPERATOR_UNREACHABLE,
)


def customer_prompts(
    brand_slug: str, operator_id: int, rate_minor: int, fee_minor: int
) -> dict[str, list[str]]:
    """What the customer hears: `ask` (who, at what price and fee, press 1), `connecting`, failures.

    `rate_minor` is per minute; a fee of 0 is not mentioned. Raises ValueError for a slug that can be no sound name
    and for an amount beyond `LARGEST_MINOR`.
    """
    brand = _brand(brand_slug)
    fee = [f"{brand}/connect-fee", *_amount(fee_minor)] if fee_minor else []
    prompts = {
        "ask": [
            f"{brand}/you-are-calling",
            f"operators/{operator_id}|{brand}/your-operator",
            f"{brand}/the-price-is",
            *_amount(rate_minor, "-a-minute"),
            *fee,
            f"{brand}/press-1-to-connect",
        ],
        "connecting": ["common/connecting"],
        "failed": [f"{brand}/failed"],
    }
    return prompts | {str(reason): [f"{brand}/{reason.replace('_', '-')}"] for reason in _SPOKEN_FAILURES}


def warning_prompts(warn_at_seconds: Sequence[int]) -> dict[str, list[str]]:
    """What the customer hears with so many seconds left; a plain tone where the switch has no such sound."""
    return {f"warning_{seconds}": [f"common/warning-{seconds}"] for seconds in warn_at_seconds}


def operator_prompts(brand_slug: str, rate_minor: int, free_minutes_pay: bool | None) -> dict[str, list[str]]:
    """What the operator hears: `ask` (from which brand, at what price, whether free minutes pay, press 1).

    `free_minutes_pay`: None when the caller has none. Raises ValueError as `customer_prompts` does.
    """
    free = (
        []
        if free_minutes_pay is None
        else [f"common/free-minutes-{'paid' if free_minutes_pay else 'unpaid'}"]
    )
    ask = [
        f"{_brand(brand_slug)}/call-from-brand",
        *_amount(rate_minor, "-a-minute"),
        *free,
        "common/press-1-to-accept",
    ]
    return {"ask": ask}


def verification_prompts(code: str) -> list[str]:
    """What speaks a code of digits, twice. No brand is named: somebody else may have answered. Raises ValueError."""
    if not re.fullmatch(r"[0-9]{4,10}", code):
        raise ValueError("a code is 4 to 10 digits")
    digits = [f"numbers/{digit}" for digit in code]
    return ["common/your-code-is", *digits, "common/once-more", *digits, "common/goodbye"]


def _brand(slug: str) -> str:
    if not re.fullmatch(r"[a-z0-9-]{1,50}", slug):
        raise ValueError(f"not a brand's slug: {slug!r}")
    return slug


def _amount(minor: int, ending: str = "") -> list[str]:
    """An amount of money; `ending` goes to the last word ("cents" becomes "cents-a-minute")."""
    if not 0 <= minor <= LARGEST_MINOR:
        raise ValueError(f"cannot say {minor} cents")
    dollars, cents = divmod(minor, 100)
    sounds: list[str] = []
    if dollars:
        sounds += [*_number(dollars), "common/dollar" if dollars == 1 else "common/dollars"]
    if cents or not dollars:
        sounds += [*_number(cents), "common/cent" if cents == 1 else "common/cents"]
    return [*sounds[:-1], sounds[-1] + ending]


def _number(number: int) -> list[str]:
    """A whole number below ten thousand, in hundreds as people say prices ("twelve hundred fifty")."""
    hundreds, rest = divmod(number, 100)
    sounds = [f"numbers/{hundreds}", "common/hundred"] if hundreds else []
    return [*sounds, f"numbers/{rest}"] if rest or not hundreds else sounds
