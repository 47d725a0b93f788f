"""A conversation and the list of conversations as pages show them, the same for both sides."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from core import money
from customers.models import Customer
from messaging.models import Conversation, Message
from messaging.pages import CUSTOMER_CONVERSATION, OPERATOR_CONVERSATION
from messaging.selectors import conversations_of, page_of
from messaging.serialization import delivery_of, describe_refund
from messaging.states import Delivery, MessageType, Side
from operators.models import Operator
from operators.portrait_urls import Portrait

PAGE = 50
_LIST_PAGE = 30


@dataclass(frozen=True, slots=True)
class MessageView:
    """One message. `note` says what became of its money, if that is news to its reader."""

    number: int
    text: str
    at: datetime
    is_mine: bool
    delivery: Delivery | None  # None: it came from the other side
    note: str
    is_sms: bool = False
    stop_words: str = (
        ""  # how its reader keeps its writer from writing first; empty where that is no question
    )
    is_automatic: bool = False


@dataclass(frozen=True, slots=True)
class ConversationView:
    """A page of one conversation, oldest first."""

    bubbles: Sequence[MessageView]
    before: int | None  # where older ones begin; None: there are none
    has_newer: bool
    last_number: int
    read_by_other: int
    draft: str

    @property
    def older_url(self) -> str:
        """The page with earlier messages; empty if there is none."""
        return f"?before={self.before}" if self.before else ""


EMPTY_CONVERSATION = ConversationView(
    bubbles=(), before=None, has_newer=False, last_number=0, read_by_other=0, draft=""
)


def conversation_view(
    conversation: Conversation | None,
    reader: Side,
    *,
    before: int | None = None,
    after: int | None = None,
) -> ConversationView:
    """The newest messages, those before one, or the first ones after one; the empty thread before the first word."""
    if conversation is None:
        return EMPTY_CONVERSATION
    page = page_of(conversation, before=before, after=after, limit=PAGE)
    return ConversationView(
        bubbles=[_message_view(message, conversation, reader) for message in page.items],
        before=page.before,
        has_newer=bool(page.items) and page.items[-1].number < conversation.last_number,
        last_number=conversation.last_number,
        read_by_other=conversation.read_by(reader.other),
        draft=conversation.customer_draft if reader == Side.CUSTOMER else conversation.operator_draft,
    )


def _message_view(message: Message, conversation: Conversation, reader: Side) -> MessageView:
    is_mine = message.sender_type == reader
    return MessageView(
        number=message.number,
        text=message.text,
        at=message.created_at,
        is_mine=is_mine,
        delivery=delivery_of(message, conversation) if is_mine else None,
        note=describe_refund(message, reader),
        is_sms=message.message_type == MessageType.SMS,
        stop_words=_stop_words(conversation)
        if message.is_unprompted and not is_mine and conversation.customer_takes_first
        else "",
        is_automatic=message.is_automatic,
    )


def _stop_words(conversation: Conversation) -> str:
    return _("Don’t let %(name)s write first") % {"name": conversation.operator.stage_name}


@dataclass(frozen=True, slots=True)
class ListItem:
    """One conversation in a list: whom with, the last words, how many wait. Customers have no portrait."""

    url: str
    name: str
    portrait: Portrait | None
    last_text: str
    is_mine: bool
    at: datetime | None
    unread: int


@dataclass(frozen=True, slots=True)
class ListPage:
    """A page of the list, the last used first, and where the next one begins."""

    items: Sequence[ListItem]
    next_before: int | None


def list_page_of(owner: Customer | Operator, *, before: int | None = None) -> ListPage:
    """The conversations of a customer or of an operator."""
    rows = conversations_of(owner)
    if before is not None:
        rows = rows.filter(last_message_id__lt=before)
    page_rows = list(rows[: _LIST_PAGE + 1])
    visible_rows = page_rows[:_LIST_PAGE]
    more = len(page_rows) > _LIST_PAGE
    return ListPage(
        [_list_item(row, owner) for row in visible_rows], visible_rows[-1].last_message_id if more else None
    )


def _list_item(row: Conversation, owner: Customer | Operator) -> ListItem:
    is_customer = isinstance(owner, Customer)
    side = Side.CUSTOMER if is_customer else Side.OPERATOR
    return ListItem(
        url=CUSTOMER_CONVERSATION.path(row.operator.slug)
        if is_customer
        else OPERATOR_CONVERSATION.path(row.pk),
        name=row.operator.stage_name if is_customer else row.customer.alias,
        portrait=row.operator.portrait if is_customer else None,
        last_text=row.last_text,  # type: ignore[attr-defined]  # annotated by the selector
        is_mine=row.last_sender == side,  # type: ignore[attr-defined]
        at=row.last_message_at,
        unread=row.unread_by(side),
    )


def describe_price(price_minor: int, currency: str) -> str:
    """What one message costs, for buttons and questions."""
    return money.format_money(price_minor, currency) if price_minor else "nothing"
