"""How long an operator usually takes to answer, in words that promise no more than is known. Pure."""

from collections.abc import Sequence

LEAST_REPLIES = 3
_STEPS = (
    (10 * 60, "a few minutes"),
    (3600, "an hour"),
    (4 * 3600, "a few hours"),
    (24 * 3600, "a day"),
)


def usual_seconds(waits: Sequence[int]) -> int | None:
    """The median of the last waits in seconds; None while there are too few to say."""
    if len(waits) < LEAST_REPLIES:
        return None
    return sorted(waits)[len(waits) // 2]


def in_words(seconds: int | None) -> str:
    """`usually replies within …`, or an empty text where nothing is known."""
    if seconds is None:
        return ""
    for limit, words in _STEPS:
        if seconds <= limit:
            return f"usually replies within {words}"
    return "usually takes more than a day to reply"
