"""An operator writes to a customer, who never pays for it: an answer, or, where that is welcome, the first word."""

from billing import conf as billing_conf
from brands.models import Brand
from core import clock
from core.db import transactional
from core.errors import NotAllowed
from core.ids import new_id
from customers.models import Customer
from messaging import errors
from messaging.first_contact import Prompt, require_welcome
from messaging.models import BrandRules, Conversation, Message
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

    Every unanswered text counts as answered; without one, `first_contact` says whether it is welcome. Raises NoSuchConversation,
    Invalid (empty, too_long), NotAllowed (blocked, not_approved, suspended, and those of `require_welcome`), Conflict
    (contacts_hidden), LimitReached.
    """
    conversation = (
        Conversation.objects.select_for_update(of=("self",))
        .select_related("customer__user", "operator__user", "brand")
        .filter(pk=conversation_id, operator=operator)
        .first()
    )
    if conversation is None:
        raise errors.NoSuchConversation("Conversation not found.")
    return _write(conversation, text, client_key, is_on_site=is_on_site, accepts_hiding=accepts_hiding)


@transactional
def write_first(
    *,
    operator: Operator,
    customer: Customer,
    brand: Brand,
    text: str,
    client_key: str | None = None,
    accepts_hiding: bool = False,
) -> tuple[Message, bool]:
    """The same to a customer with whom there may be no conversation yet; it begins on `brand` then."""
    conversation = append.lock_conversation(customer, operator, brand)
    return _write(conversation, text, client_key, is_on_site=True, accepts_hiding=accepts_hiding)


def _write(
    conversation: Conversation, text: str, client_key: str | None, *, is_on_site: bool, accepts_hiding: bool
) -> tuple[Message, bool]:
    """Within the conversation's lock."""
    earlier = append.repeated(conversation, Side.OPERATOR, client_key, text)
    if earlier is not None:
        return earlier, False
    at = clock.now()
    rules = rules_of(conversation.brand_id)
    _require_allowed(conversation)
    prompt = require_welcome(conversation, at)
    message_type = _way(conversation, rules, prompt)
    stored_text = append.checked_text(text, message_type, rules)
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
        is_unprompted=prompt == Prompt.FIRST,
    )
    return message, True


def _way(conversation: Conversation, rules: BrandRules, prompt: Prompt) -> MessageType:
    """As the customer wrote last; who writes first does it on the site."""
    is_sms = conversation.customer_channel == MessageType.SMS and rules.sms_mode == SmsMode.FULL
    return MessageType.SMS if is_sms and prompt != Prompt.FIRST else MessageType.CHAT


def _require_allowed(conversation: Conversation) -> None:
    operator = conversation.operator
    if operator.approval_status == ApprovalStatus.SUSPENDED:
        raise NotAllowed(SUSPENDED, code="suspended")
    if operator.approval_status == ApprovalStatus.CLOSED:
        raise NotAllowed(CLOSED, code="account_closed")
    if operator.approval_status != ApprovalStatus.APPROVED:
        raise NotAllowed("You can write once we’ve approved you.", code="not_approved")
    if is_blocked(customer_id=conversation.customer_id, operator_id=operator.pk):
        raise NotAllowed("You can’t write to this customer.", code=Obstacle.BLOCKED)
