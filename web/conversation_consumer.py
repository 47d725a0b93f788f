"""The socket of one conversation, the same for both sides: who is here, who types, what arrived and was read.

Messages go through HTTP. What changes is pushed as a number, and the page fetches what it lacks.
"""

from typing import Any, ClassVar

from channels.db import database_sync_to_async

from core.errors import DomainError
from messaging.errors import NoSuchConversation
from messaging.push import conversation_group
from messaging.selectors import conversation_of
from messaging.serialization import serialize_conversation
from messaging.services.read_state import mark_delivered, mark_read
from messaging.services.save_draft import save_draft
from messaging.states import Side
from operators.selectors import is_blocked
from web.consumers import PushConsumer


class ConversationConsumer(PushConsumer):
    """`/ws/conversations/<id>/`, for the person of `side` alone.

    A page may say: {"type": "typing"}, {"type": "delivered", "up_to": n}, {"type": "read", "up_to": n},
    {"type": "draft", "text": …}.
    """

    side: ClassVar[Side]
    conversation_id: int = 0

    def open(self) -> list[str]:
        self.conversation_id = int(self.scope["url_route"]["kwargs"]["conversation_id"])
        try:
            conversation, side = conversation_of(self.scope["user"], conversation_id=self.conversation_id)
        except NoSuchConversation:
            return []
        if side != self.side or is_blocked(
            customer_id=conversation.customer_id, operator_id=conversation.operator_id
        ):
            return []
        return [conversation_group(self.conversation_id)]

    async def connect(self) -> None:
        await super().connect()
        if self.joined:
            state = await database_sync_to_async(self._read_state)()
            await self.send_message({"type": "conversation", "conversation": state})
            await self._tell({"type": "presence", "side": self.side, "here": True, "asks": True})

    async def leave(self) -> None:
        was_here = conversation_group(self.conversation_id) in self.joined
        await super().leave()
        if was_here:
            await self._tell({"type": "presence", "side": self.side, "here": False, "asks": False})

    async def push(self, event: dict[str, Any]) -> None:
        """A message of `messaging.push`, or of another socket of this conversation."""
        payload = event["payload"]
        if payload["type"] == "presence":
            await self._meet(payload)
        elif payload["type"] == "draft":
            await self._show_draft(payload)
        elif payload["type"] != "typing" or payload["side"] != self.side:
            await self.send_message(payload)

    async def receive_message(self, message: dict[str, Any]) -> bool:
        kind, up_to, text = message.get("type"), message.get("up_to"), message.get("text")
        if kind == "typing":
            await self._tell({"type": "typing", "side": self.side})
        elif kind in ("delivered", "read") and _is_number(up_to):
            mark = mark_read if kind == "read" else mark_delivered
            await database_sync_to_async(mark)(
                conversation_id=self.conversation_id, side=self.side, up_to=up_to
            )
        elif kind == "draft" and isinstance(text, str):
            await self._save_draft(text)
        else:
            return False
        return True

    def _read_state(self) -> dict[str, Any]:
        """How far each side has read. Read after joining, so that nothing falls in between."""
        conversation, side = conversation_of(self.scope["user"], conversation_id=self.conversation_id)
        return serialize_conversation(conversation, side)

    async def _meet(self, payload: dict[str, Any]) -> None:
        """Somebody came or went. Who comes asks who is here; who goes may have another page open, which says so."""
        is_own = payload["side"] == self.side
        if not is_own:
            await self.send_message({"type": "presence", "side": payload["side"], "here": payload["here"]})
        if (payload["asks"] and not is_own) or (is_own and not payload["here"]):
            await self._tell({"type": "presence", "side": self.side, "here": True, "asks": False})

    async def _show_draft(self, payload: dict[str, Any]) -> None:
        """Another page of the same side wrote: what it has now is read, and goes to nobody else."""
        if payload["side"] == self.side and payload["by"] != self.channel_name:
            state = await database_sync_to_async(self._read_state)()
            await self.send_message({"type": "draft", "text": state["draft"]})

    async def _save_draft(self, text: str) -> None:
        try:
            await database_sync_to_async(save_draft)(
                conversation_id=self.conversation_id, side=self.side, text=text, by=self.channel_name
            )
        except DomainError as error:
            await self.send_message({"type": "error", "code": error.error_code})

    async def _tell(self, payload: dict[str, Any]) -> None:
        await self.channel_layer.group_send(
            conversation_group(self.conversation_id), {"type": "push", "payload": payload}
        )


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31
