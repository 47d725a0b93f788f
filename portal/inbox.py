"""The last conversations, as the console shows them beside the call."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from messaging.selectors import conversations_of
from operators.models import Operator
from telephony.models import Call

SHOWN = 6


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One conversation: who (by alias), how many unread, the last words. `pane_url`: to read it beside the call.

    `is_caller`: the one who is on the phone now.
    """

    url: str
    pane_url: str
    alias: str
    unread: int
    text: str
    at: datetime | None
    is_caller: bool


def inbox_of(operator: Operator, call: Call | None = None) -> list[InboxRow]:
    """That with the caller of `call` first, then the last used ones."""
    rows = list(conversations_of(operator)[:SHOWN])
    caller_id = call.customer_id if call is not None else 0
    if caller_id and all(row.customer_id != caller_id for row in rows):
        rows = [*conversations_of(operator).filter(customer=caller_id), *rows][:SHOWN]
    rows.sort(key=lambda row: row.customer_id != caller_id)
    return [
        InboxRow(
            url=reverse("portal:conversation", args=[conversation.pk]),
            pane_url=reverse("portal:conversation-pane", args=[conversation.pk]),
            alias=conversation.customer.alias,
            unread=conversation.operator_unread,
            text=conversation.last_text,  # type: ignore[attr-defined]  # annotated
            at=conversation.last_message_at,
            is_caller=conversation.customer_id == caller_id,
        )
        for conversation in rows
    ]
