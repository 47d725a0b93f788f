"""What somebody has begun to write, kept so that another device or a later day finds it."""

from core.errors import Invalid
from messaging import conf
from messaging.models import Conversation
from messaging.states import Side


def save_draft(*, conversation_id: int, side: Side, text: str) -> None:
    """Keep `text` as the draft of `side`; an empty one forgets it. Raises Invalid."""
    if len(text) > conf.max_length():
        raise Invalid(f"A message has at most {conf.max_length()} characters.")
    Conversation.objects.filter(pk=conversation_id).update(**{f"{side}_draft": text})
