"""Which secrets are long and varied enough to be one. For the checks of production."""

MIN_LENGTH = 32
_MIN_VARIETY = 8
STRONG = f"at least {MIN_LENGTH} characters long, and random"


def is_strong(key: str) -> bool:
    """Whether `key` could come from a generator: length and variety, no more can be seen."""
    return len(key) >= MIN_LENGTH and len(set(key)) >= _MIN_VARIETY
