"""What the settings show of the operator's phones."""

from dataclasses import dataclass

from django.conf import settings

from operators.models import Operator
from operators.phones import MOST_PHONES, ListedPhone, describe_phone_obstacle, listed_phones


@dataclass(frozen=True, slots=True)
class PhoneList:
    """The phones in their order. `obstacle`: why none of them is called, or empty. Ringing in seconds: of each, of all."""

    phones: list[ListedPhone]
    obstacle: str
    each_seconds: int
    all_seconds: int

    @property
    def is_full(self) -> bool:
        """Whether no other one can be added."""
        return len(self.phones) >= MOST_PHONES


def phone_list(operator: Operator) -> PhoneList:
    """That of this operator. Two queries at most."""
    return PhoneList(
        listed_phones(operator),
        describe_phone_obstacle(operator),
        settings.NEXT_PHONE_SECONDS,
        settings.OPERATOR_RING_SECONDS,
    )
