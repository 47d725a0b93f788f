"""What the conversation pages of both sites share: blocking and reporting by form, and why nothing can be written."""

from django.contrib import messages
from django.http import HttpRequest

from core.errors import DomainError
from customers.models import User
from messaging.models import Conversation
from messaging.services.block import block, unblock
from messaging.services.report import report
from messaging.states import Side
from operators.models import Block


def blocking_sides(*, customer_id: int, operator_id: int) -> set[Side]:
    """Which of the two want no contact."""
    blocks = Block.objects.filter(customer_id=customer_id, operator_id=operator_id)
    return {Side(side) for side in blocks.values_list("blocked_by", flat=True)}


def describe_own_block(name: str) -> str:
    """For the side that blocked `name`."""
    return f"You blocked {name}. Neither of you can text or call."


def post_block(request: HttpRequest, conversation: Conversation, side: Side, actor: User) -> None:
    """Apply the block form: no contact any more, or contact again (`undo`)."""
    service = unblock if request.POST.get("undo") else block
    service(
        customer_id=conversation.customer_id, operator_id=conversation.operator_id, side=side, actor=actor
    )


def post_report(request: HttpRequest, conversation: Conversation, side: Side) -> None:
    """Apply the report form, and say on the next page how it went."""
    try:
        report(conversation_id=conversation.pk, side=side, reason=request.POST.get("reason", ""))
        messages.success(request, "Thank you. Our team will look at this conversation.")
    except DomainError as error:
        messages.error(request, error.message)
