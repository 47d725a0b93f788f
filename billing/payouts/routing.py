"""Routing numbers of banks in the United States (ABA): nine digits, of which the last checks the others. Pure."""

_WEIGHTS = (3, 7, 1, 3, 7, 1, 3, 7)


def check_digit(first_eight: str) -> str:
    """The ninth digit."""
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, first_eight, strict=True))
    return str(-total % 10)


def is_routing_number(text: str) -> bool:
    """Whether these are nine digits that check."""
    return len(text) == 9 and text.isascii() and text.isdigit() and check_digit(text[:8]) == text[8]
