"""Websockets: authorise, subscribe, pass messages on. No rule lives here.

A client that connects gets the state as it is; what changes afterwards is pushed (`core.push`).
"""

from abc import abstractmethod
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.contrib.auth.models import AnonymousUser

from billing.push import wallet_message
from core import clock
from customers.groups import customer_group
from customers.models import Customer, User
from operators.models import Operator
from operators.selectors import customer_history, presence_state, today_figures
from operators.services.presence import DIRECTORY_GROUP, operator_group
from telephony.push import BOARD_GROUP
from telephony.selectors import live_call_of, live_call_of_operator
from telephony.snapshots import customer_snapshot, operator_snapshot

REFUSED = 4403


class _Pushed(AsyncJsonWebsocketConsumer):  # type: ignore[misc]
    """Accepts who may listen, joins their groups, sends the state, then passes on what is pushed."""

    joined: list[str]

    async def connect(self) -> None:
        self.joined = []
        groups = await database_sync_to_async(self.groups_of)(self.scope["user"])
        await self.accept()
        if not groups:
            await self.close(code=REFUSED)
            return
        for group in groups:
            await self.channel_layer.group_add(group, self.channel_name)
            self.joined.append(group)
        # Read after joining: what changes from here on is pushed, so nothing falls in between.
        for message in await database_sync_to_async(self.state_of)(self.scope["user"]):
            await self.send_json(message)

    async def disconnect(self, code: int) -> None:
        for group in self.joined:
            await self.channel_layer.group_discard(group, self.channel_name)

    async def push(self, event: dict[str, Any]) -> None:
        """A message of `core.push` for us."""
        await self.send_json(event["payload"])

    async def receive(self, text_data: Any = None, bytes_data: Any = None, **kwargs: Any) -> None:
        """Everything clients do goes through the API. `sync` alone is answered, with the whole state: so a page learns
        whether its line is still alive.
        """
        if text_data == "sync" and self.joined:
            for message in await database_sync_to_async(self.state_of)(self.scope["user"]):
                await self.send_json(message)

    @abstractmethod
    def groups_of(self, user: User | AnonymousUser) -> list[str]:
        """The groups this user may listen to; none: refused."""

    @abstractmethod
    def state_of(self, user: User | AnonymousUser) -> list[dict[str, Any]]:
        """What a page that just connected must know."""


class CustomerConsumer(_Pushed):
    """`/ws/me/`: the customer's live call, wallet, and who is online."""

    def groups_of(self, user: User | AnonymousUser) -> list[str]:
        customer = Customer.objects.filter(user_id=user.pk or 0).first()
        return [customer_group(customer.pk), DIRECTORY_GROUP] if customer else []

    def state_of(self, user: User | AnonymousUser) -> list[dict[str, Any]]:
        customer = Customer.objects.get(user_id=user.pk or 0)
        call = live_call_of(customer)
        return [
            {"type": "call", "call": customer_snapshot(call) if call else None},
            wallet_message(customer.pk),
        ]


class DirectoryConsumer(_Pushed):
    """`/ws/directory/`: who is online, for visitors without an account. Who may look is said in `aeims.sockets`."""

    @abstractmethod
    def may_look(self) -> bool:
        """Whether this visitor may see operators."""

    def groups_of(self, user: User | AnonymousUser) -> list[str]:
        return [DIRECTORY_GROUP] if self.may_look() else []

    def state_of(self, user: User | AnonymousUser) -> list[dict[str, Any]]:
        return []


class BoardConsumer(_Pushed):
    """`/ws/board/`: for staff, that a call somewhere changed. Who counts as staff is said in `aeims.sockets`."""

    @abstractmethod
    def may_watch(self, user: User | AnonymousUser) -> bool:
        """Whether this user may know that calls run."""

    def groups_of(self, user: User | AnonymousUser) -> list[str]:
        return [BOARD_GROUP] if self.may_watch(user) else []

    def state_of(self, user: User | AnonymousUser) -> list[dict[str, Any]]:
        return [{"type": "changed", "call_id": None}]


class OperatorConsumer(_Pushed):
    """`/ws/operator/`: the operator's console."""

    def groups_of(self, user: User | AnonymousUser) -> list[str]:
        operator = Operator.objects.filter(user_id=user.pk or 0).first()
        return [operator_group(operator.pk)] if operator else []

    def state_of(self, user: User | AnonymousUser) -> list[dict[str, Any]]:
        return [console_message(Operator.objects.select_related("user").get(user_id=user.pk or 0))]


def console_message(operator: Operator) -> dict[str, Any]:
    """The whole state of the operator's console. Needs the operator's user loaded."""
    call = live_call_of_operator(operator)
    return {
        "type": "console",
        **presence_state(operator),
        "call": None
        if call is None
        else {**operator_snapshot(call), **customer_history(operator.pk, call.customer_id)},
        "today": today_figures(operator, clock.now()),
    }
