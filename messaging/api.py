"""Messages over HTTP (docs/design.md section 6): each action reads the request, calls one service, and serializes.

Customers name a conversation by its operator, as in the seed; either side may name it by `conversation_id`.
"""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from core.api import idempotent
from core.errors import Invalid
from core.money import MoneyError, from_decimal
from core.openapi import IDEMPOTENCY_KEY
from core.paging import limit_of
from core.parse import MAX_ID, whole_number
from customers.models import User
from customers.selectors import customer_of
from messaging.errors import NoSuchConversation
from messaging.models import Conversation
from messaging.selectors import conversation_of, number_of, page_of
from messaging.serialization import serialize_conversation
from messaging.serializers import (
    BlockRequest,
    ConversationAnswer,
    Done,
    DraftRequest,
    ReadRequest,
    ReplyAnswer,
    ReplyRequest,
    ReportRequest,
    SendAnswer,
    SendRequest,
)
from messaging.services.block import block, unblock
from messaging.services.read_state import mark_read
from messaging.services.reply import reply
from messaging.services.report import report
from messaging.services.save_draft import begin_draft, save_draft
from messaging.services.send import send
from messaging.states import MessageType, Side

_SEED_LIMIT = 50


class MessageViewSet(ViewSet):
    """Messages between a customer and an operator, for either of them."""

    throttle_scope = "reads"

    @extend_schema(parameters=[IDEMPOTENCY_KEY], request=SendRequest, responses={200: SendAnswer})
    @action(detail=False, methods=["post"], throttle_scope="messages")
    def send(self, request: Request) -> Response:
        """Write to an operator, for their rate per message."""
        body = SendRequest(data=request.data)
        body.is_valid(raise_exception=True)
        customer = customer_of(request.user)
        data = body.validated_data

        def act(key: str | None) -> Response:
            sent = send(
                customer=customer,
                operator_id=data["operator_id"],
                text=data["message_text"],
                message_type=MessageType(data["message_type"]),
                brand=getattr(request, "brand", None),
                client_key=key,
                expected_price_minor=_price(data.get("expected_price")),
                accepts_hiding=data["accept_hiding"],
            )
            context = _context(sent.message.conversation, Side.CUSTOMER)
            return Response(SendAnswer(sent, context=context).data)

        return idempotent(request, "messages.send", act)

    @extend_schema(parameters=[IDEMPOTENCY_KEY], request=ReplyRequest, responses={200: ReplyAnswer})
    @action(detail=False, methods=["post"], throttle_scope="messages")
    def reply(self, request: Request) -> Response:
        """Answer a customer; free."""
        body = ReplyRequest(data=request.data)
        body.is_valid(raise_exception=True)
        conversation, side = conversation_of(
            request.user, conversation_id=body.validated_data["conversation_id"]
        )
        if side != Side.OPERATOR:
            raise NoSuchConversation(_("Conversation not found."))

        def act(key: str | None) -> Response:
            message = reply(
                operator=conversation.operator,
                conversation_id=conversation.pk,
                text=body.validated_data["message_text"],
                client_key=key,
                accepts_hiding=body.validated_data["accept_hiding"],
            )[0]
            context = _context(message.conversation, Side.OPERATOR)
            return Response(ReplyAnswer(message, context=context).data)

        return idempotent(request, "messages.reply", act)

    @extend_schema(
        parameters=[
            OpenApiParameter("operator_id", int),
            OpenApiParameter("conversation_id", int),
            OpenApiParameter("limit", int),
            OpenApiParameter("before", int, description="Only messages with a smaller number."),
            OpenApiParameter("after", int, description="Only messages with a greater number."),
        ],
        responses={200: ConversationAnswer},
    )
    @action(detail=False)
    def conversation(self, request: Request) -> Response:
        """A page of one of your conversations, oldest first; the newest page without `before` and `after`."""
        query = request.query_params
        before, after = number_of(query.get("before"), "before"), number_of(query.get("after"), "after")
        limit = limit_of(query.get("limit"), default=_SEED_LIMIT)
        try:
            conversation, side = _which(request, query)
        except NoSuchConversation:
            if "conversation_id" in query:
                raise
            customer_of(request.user)
            # Nothing was written yet: an empty conversation, whatever operator was named.
            return Response(ConversationAnswer({"messages": [], "before": None, "conversation": None}).data)
        page = page_of(conversation, before=before, after=after, limit=limit)
        answer = {
            "messages": page.items,
            "before": page.before,
            "conversation": serialize_conversation(conversation, side),
        }
        return Response(ConversationAnswer(answer, context=_context(conversation, side)).data)

    @extend_schema(request=ReadRequest, responses={200: Done})
    @action(detail=False, methods=["post"])
    def read(self, request: Request) -> Response:
        """You have seen a conversation up to a message."""
        conversation, side, data = _named(request, ReadRequest)
        up_to = data.get("up_to", conversation.last_number)
        mark_read(conversation_id=conversation.pk, side=side, up_to=up_to)
        return Response(Done({}).data)

    @extend_schema(request=DraftRequest, responses={200: Done})
    @action(detail=False, methods=["post"])
    def draft(self, request: Request) -> Response:
        """Keep what you have begun to write."""
        body = DraftRequest(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        try:
            conversation, side = _which(request, data)
        except NoSuchConversation:
            if "conversation_id" in data:
                raise
            begin_draft(
                customer=customer_of(request.user),
                operator_id=data["operator_id"],
                brand=getattr(request, "brand", None),
                text=data["message_text"],
            )
        else:
            save_draft(conversation_id=conversation.pk, side=side, text=data["message_text"])
        return Response(Done({}).data)

    @extend_schema(request=BlockRequest, responses={200: Done})
    @action(detail=False, methods=["post"], throttle_scope="messages")
    def block(self, request: Request) -> Response:
        """No contact any more, or (`blocked` false) take that back."""
        conversation, side, data = _named(request, BlockRequest)
        act = block if data["blocked"] else unblock
        act(
            customer_id=conversation.customer_id,
            operator_id=conversation.operator_id,
            side=side,
            actor=request.user if isinstance(request.user, User) else None,
        )
        return Response(Done({}).data)

    @extend_schema(request=ReportRequest, responses={200: Done})
    @action(detail=False, methods=["post"], throttle_scope="messages")
    def report(self, request: Request) -> Response:
        """Tell staff that the other side went too far."""
        conversation, side, data = _named(request, ReportRequest)
        report(conversation_id=conversation.pk, side=side, reason=data["reason"])
        return Response(Done({}).data)


def _context(conversation: Conversation, reader: Side) -> dict[str, Any]:
    """What `MessageShape` needs to know beside the message."""
    return {"conversation": conversation, "reader": reader}


def _named(
    request: Request, shape: type[serializers.Serializer[Any]]
) -> tuple[Conversation, Side, dict[str, Any]]:
    """The conversation that the request names, the reader's side of it, and the request's data."""
    body = shape(data=request.data)
    body.is_valid(raise_exception=True)
    conversation, side = _which(request, body.validated_data)
    return conversation, side, body.validated_data


def _which(request: Request, data: Any) -> tuple[Conversation, Side]:
    """The conversation that was named. Raises Invalid, NoSuchConversation."""
    named = {name: _id(data.get(name), name) for name in ("conversation_id", "operator_id")}
    if all(value is None for value in named.values()):
        raise Invalid(_("operator_id: which operator?"))
    return conversation_of(request.user, **named)


def _id(value: Any, name: str) -> int | None:
    if value is None or value == "":
        return None
    number = whole_number(value, most=MAX_ID)
    if not number:
        raise Invalid(_("%(name)s: a whole number.") % {"name": name})
    return number


def _price(price: Any) -> int | None:
    if price is None:
        return None
    try:
        return from_decimal(price)
    except MoneyError as error:
        raise Invalid(f"expected_price: {error}.") from None
