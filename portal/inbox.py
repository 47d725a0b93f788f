"""The last conversations, as the console shows them beside the call."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from messaging.selectors import conversations_of
from operators.models import Operator

SHOWN = 6


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One conversation: who (by alias), how many unread, the last words."""

    url: str
    alias: str
    unread: int
    text: str
    at: datetime | None


def inbox_of(operator: Operator) -> list[InboxRow]:
    """The last used conversations first."""
    return [
        InboxRow(
            url=reverse("portal:conversation", args=[conversation.pk]),
            alias=conversation.customer.alias,
            unread=conversation.operator_unread,
            text=conversation.last_text,  # type: ignore[attr-defined]  # annotated
            at=conversation.last_message_at,
        )
        for conversation in conversations_of(operator)[:SHOWN]
    ]
