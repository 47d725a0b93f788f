"""Whether an operator may write when nothing waits for an answer. One rule for the services, the API, and the pages.

*Contact* is the customer's last text to the operator or the end of their last joined call (`Interaction.last_at`).
"""

from datetime import datetime, timedelta
from enum import StrEnum

from django.utils.translation import gettext as _

from core.errors import LimitReached, NotAllowed
from messaging.models import Conversation, Message
from messaging.states import Side
from notices.selectors import takes_first_texts
from operators.customer_list import interaction_with
from operators.eligibility import account_obstacle, refuse_one_person

CONTACT_WITHIN = timedelta(days=30)
MOST_UNANSWERED = (
    3  # texts of the operator in a row since the contact, answers among them, where she writes first
)
FOLLOWS_WITHIN = timedelta(hours=24)  # after a text of the customer; what comes later isn't part of that talk


class Prompt(StrEnum):
    """What a text of an operator is to its reader."""

    ANSWER = "answer"  # a text of the customer waits for it
    FOLLOW_UP = "follow_up"  # that was answered, and the two are still at it
    FIRST = "first"  # the operator writes first


def require_welcome(conversation: Conversation, at: datetime) -> Prompt:
    """What the operator's next text would be; `conversation` has its people loaded and may be unsaved. Blocks are asked elsewhere.

    An answer is always welcome, and so is what follows within a day of the customer's text. Raises LimitReached `wait_for_answer`, NotAllowed `not_reachable` (a break, self-exclusion, a
    closed account, one person's two accounts), `no_recent_contact`, `not_wanted`.
    """
    if conversation.waiting_since is not None:
        return Prompt.ANSWER
    customer, operator = conversation.customer, conversation.operator
    alias = {"alias": customer.alias}
    if account_obstacle(customer, at) is not None:
        raise NotAllowed(_not_reachable(customer.alias), code="not_reachable")
    if _wrote_since(conversation, at - FOLLOWS_WITHIN):
        return Prompt.FOLLOW_UP
    interaction = interaction_with(operator, customer.pk)
    if interaction is not None and _is_unanswered(conversation, interaction.last_at):
        raise LimitReached(
            _("You’ve sent %(most)s messages in a row. Wait until %(alias)s writes or calls.")
            % {**alias, "most": MOST_UNANSWERED},
            code="wait_for_answer",
        )
    if interaction is None or interaction.last_at <= at - CONTACT_WITHIN:
        raise NotAllowed(
            _(
                "You can write first within 30 days after a call or a text. You can answer when %(alias)s writes."
            )
            % alias,
            code="no_recent_contact",
        )
    if not (conversation.customer_takes_first and takes_first_texts(customer.user_id)):
        raise NotAllowed(
            _("%(alias)s doesn’t want you to write first. You can answer when they write.") % alias,
            code="not_wanted",
        )
    refuse_one_person(customer, operator, _not_reachable(customer.alias))
    return Prompt.FIRST


def _not_reachable(alias: str) -> str:
    return _("%(alias)s can’t be reached right now. You can answer when they write.") % {"alias": alias}


def _is_unanswered(conversation: Conversation, contact: datetime) -> bool:
    """Whether the last texts, as many as may be unanswered, are all the operator's and came after the contact.

    An automatic reply is none of them; after the customer's last text there is one at most.
    """
    if not conversation.last_number:
        return False
    last = Message.objects.filter(
        conversation=conversation,
        number__gt=conversation.last_number - MOST_UNANSWERED - 1,
        sender_type=Side.OPERATOR,
        is_automatic=False,
        created_at__gte=contact,
    )
    return last.count() >= MOST_UNANSWERED


def _wrote_since(conversation: Conversation, since: datetime) -> bool:
    if not conversation.last_number:
        return False
    own = Message.objects.filter(conversation=conversation, sender_type=Side.CUSTOMER)
    wrote_at = own.order_by("-number").values_list("created_at", flat=True).first()
    return wrote_at is not None and wrote_at > since
