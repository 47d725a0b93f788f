"""The socket of one conversation: who is here, who types, what arrived and was read. Messages go through the API.

A page that connects is told the state; what changes is pushed as a number, and the page fetches what it lacks.
"""

import time
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from core.errors import DomainError
from messaging.errors import NoSuchConversation
from messaging.push import conversation_group
from messaging.selectors import conversation_of
from messaging.serialization import serialize_conversation
from messaging.services.read_state import mark_delivered, mark_read
from messaging.services.save_draft import save_draft
from messaging.states import Side

REFUSED = 4403
TOO_MUCH = 4429
_MAX_MESSAGES, _PER_SECONDS = 60, 10.0


class ConversationConsumer(AsyncJsonWebsocketConsumer):
    """`/ws/conversations/<id>/`: for its customer and its operator, and nobody else.

    A client may say: {"type": "typing"}, {"type": "delivered", "up_to": n}, {"type": "read", "up_to": n},
    {"type": "draft", "text": …}.
    """

    group: str | None = None
    side: Side

    async def connect(self) -> None:
        await self.accept()
        self.conversation_id = int(self.scope["url_route"]["kwargs"]["conversation_id"])
        self.heard, self.window = 0, time.monotonic()
        try:
            await self._state()
        except NoSuchConversation:
            await self.close(code=REFUSED)
            return
        group = conversation_group(self.conversation_id)
        await self.channel_layer.group_add(group, self.channel_name)
        self.group = group
        # Read after joining: what changes from here on is pushed, so nothing falls in between.
        await self.send_json({"type": "conversation", "conversation": await self._state()})
        await self._tell({"type": "presence", "side": self.side, "here": True, "asks": True})

    async def disconnect(self, code: int) -> None:
        if self.group is None:
            return
        await self.channel_layer.group_discard(self.group, self.channel_name)
        await self._tell({"type": "presence", "side": self.side, "here": False, "asks": False})

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        if self.group is None or not isinstance(content, dict):
            return
        if self._too_much():
            await self.close(code=TOO_MUCH)
            return
        kind = content.get("type")
        if kind == "typing":
            await self._tell({"type": "typing", "side": self.side})
        elif kind in ("delivered", "read"):
            await self._mark(kind, content.get("up_to"))
        elif kind == "draft" and isinstance(content.get("text"), str):
            await self._save_draft(content["text"])

    async def push(self, event: dict[str, Any]) -> None:
        """A message of `core.push`, or of another socket of this conversation."""
        payload = event["payload"]
        if payload["type"] == "presence":
            await self._meet(payload)
            return
        if payload["type"] == "typing" and payload["side"] == self.side:
            return
        await self.send_json(payload)

    async def _meet(self, payload: dict[str, Any]) -> None:
        """Somebody came or went. Who comes asks who is here; who goes may have another page open, which says so."""
        is_own = payload["side"] == self.side
        if not is_own:
            await self.send_json({"type": "presence", "side": payload["side"], "here": payload["here"]})
        if (payload["asks"] and not is_own) or (is_own and not payload["here"]):
            await self._tell({"type": "presence", "side": self.side, "here": True, "asks": False})

    async def _mark(self, kind: str, up_to: Any) -> None:
        if not isinstance(up_to, int) or isinstance(up_to, bool) or not 0 <= up_to < 2**31:
            return
        mark = mark_read if kind == "read" else mark_delivered
        await database_sync_to_async(mark)(conversation_id=self.conversation_id, side=self.side, up_to=up_to)

    async def _save_draft(self, text: str) -> None:
        try:
            await database_sync_to_async(save_draft)(
                conversation_id=self.conversation_id, side=self.side, text=text
            )
        except DomainError as error:
            await self.send_json({"type": "error", "code": error.error_code})

    async def _state(self) -> dict[str, Any]:
        """Also finds out on which side this user is. Raises NoSuchConversation."""

        def read() -> tuple[Side, dict[str, Any]]:
            conversation, side = conversation_of(self.scope["user"], conversation_id=self.conversation_id)
            return side, serialize_conversation(conversation, side)

        self.side, state = await database_sync_to_async(read)()
        return state

    async def _tell(self, payload: dict[str, Any]) -> None:
        await self.channel_layer.group_send(
            conversation_group(self.conversation_id), {"type": "push", "payload": payload}
        )

    def _too_much(self) -> bool:
        """Whether this page talks more than a person can."""
        if time.monotonic() - self.window > _PER_SECONDS:
            self.heard, self.window = 0, time.monotonic()
        self.heard += 1
        return self.heard > _MAX_MESSAGES
