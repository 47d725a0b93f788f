"""The name under which a review is shown: made up anew for each customer and operator, and no part of the alias that operators know.

It comes from a keyed hash, so nobody can tell from two reviews that one customer wrote both, nor find a customer by the name. It
changes when the key of hashes is replaced.
"""

from core.encryption import hashes

_PURPOSE = "name on a review"
_NAMES = (
    "Alex", "Ash", "Bailey", "Blake", "Casey", "Charlie", "Dakota", "Drew", "Elliot", "Emerson", "Finley", "Frankie", "Gray",
    "Harper", "Hayden", "Jamie", "Jesse", "Jordan", "Jules", "Kai", "Kendall", "Lane", "Lee", "Logan", "Marley", "Micah",
    "Morgan", "Noel", "Parker", "Pat", "Peyton", "Quinn", "Reese", "Remy", "Riley", "River", "Robin", "Rowan", "Sam", "Sasha",
    "Sawyer", "Shiloh", "Skyler", "Sydney", "Tatum", "Taylor", "Terry", "Toby",
)  # fmt: skip
_INITIALS = "ABCDEFGHJKLMNPRSTVWY"


def review_name(customer_id: int, operator_id: int) -> str:
    """For example `Riley T.`; the same for all that one customer says of one operator."""
    digest = hashes(f"{customer_id}:{operator_id}", _PURPOSE)[0]
    number = int.from_bytes(digest[:8])
    return f"{_NAMES[number % len(_NAMES)]} {_INITIALS[number // len(_NAMES) % len(_INITIALS)]}."
