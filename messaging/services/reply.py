"""An operator writes back: free for the customer, whatever its length of silence."""

from billing import conf as billing_conf
from core import clock
from core.db import transactional
from core.errors import NotAllowed
from core.ids import new_id
from messaging import errors
from messaging.models import Conversation, Message
from messaging.selectors import rules_of
from messaging.services import append
from messaging.states import MessageType, Side, SmsMode
from operators.eligibility import Obstacle
from operators.models import Operator
from operators.selectors import is_blocked
from operators.services.presence import CLOSED, SUSPENDED
from operators.states import ApprovalStatus


@transactional
def reply(
    *,
    operator: Operator,
    conversation_id: int,
    text: str,
    client_key: str | None = None,
    is_on_site: bool = True,
    accepts_hiding: bool = False,
) -> tuple[Message, bool]:
    """Send `text` to the customer, by the way they wrote last; and whether it is new or a repeat of `client_key`.

    `is_on_site`: written there, so that what came before was read; not by SMS. `accepts_hiding`: as in `send`.

    Every unanswered text counts as answered. Raises NoSuchConversation, Invalid (empty, too_long), NotAllowed
    (blocked, not_approved, suspended), Conflict (contacts_hidden), LimitReached.
    """
    conversation = (
        Conversation.objects.select_for_update(of=("self",))
        .select_related("customer__user", "operator__user", "brand")
        .filter(pk=conversation_id, operator=operator)
        .first()
    )
    if conversation is None:
        raise errors.NoSuchConversation("Conversation not found.")
    earlier = append.repeated(conversation, Side.OPERATOR, client_key, text)
    if earlier is not None:
        return earlier, False
    at = clock.now()
    rules = rules_of(conversation.brand_id)
    is_sms = conversation.customer_channel == MessageType.SMS and rules.sms_mode == SmsMode.FULL
    message_type = MessageType.SMS if is_sms else MessageType.CHAT
    stored_text = append.checked_text(text, message_type, rules)
    if operator.approval_status == ApprovalStatus.SUSPENDED:
        raise NotAllowed(SUSPENDED, code="suspended")
    if operator.approval_status == ApprovalStatus.CLOSED:
        raise NotAllowed(CLOSED, code="account_closed")
    if operator.approval_status != ApprovalStatus.APPROVED:
        raise NotAllowed("You can write once we’ve approved you.", code="not_approved")
    if is_blocked(customer_id=conversation.customer_id, operator_id=operator.pk):
        raise NotAllowed("You can’t write to this customer.", code=Obstacle.BLOCKED)
    append.check_pace(conversation, Side.OPERATOR, at)
    if not accepts_hiding:
        append.ask_before_hiding(text, rules)
    message = append.append(
        conversation,
        side=Side.OPERATOR,
        message_id=new_id("msg"),
        text=stored_text,
        raw_text=text,
        message_type=message_type,
        client_key=client_key,
        charge=None,
        currency=billing_conf.currency(),
        rules=rules,
        at=at,
        is_on_site=is_on_site,
    )
    return message, True
