"""Messages over HTTP (docs/design.md section 6): the door translates in, calls one service, translates out.

Customers name a conversation by its operator, as in the seed; either side may name it by `conversation_id`.
"""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api import idempotent
from core.errors import Invalid
from core.money import MoneyError, as_number, from_decimal
from core.openapi import IDEMPOTENCY_KEY
from core.paging import limit_of
from core.parse import MAX_ID, whole_number
from customers.models import User
from customers.selectors import customer_of
from messaging.errors import NoSuchConversation
from messaging.models import Conversation
from messaging.selectors import conversation_of, number_of, page_of
from messaging.serialization import serialize_conversation, serialize_message
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


class SendView(APIView):
    """Write to an operator, for their rate per message."""

    throttle_scope = "messages"

    @extend_schema(parameters=[IDEMPOTENCY_KEY], request=SendRequest, responses={200: SendAnswer})
    def post(self, request: Request) -> Response:
        asked = SendRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        customer = customer_of(request.user)
        data = asked.validated_data

        def act(key: str | None) -> Response:
            sent = send(
                customer=customer,
                operator_id=data["operator_id"],
                text=data["message_text"],
                message_type=MessageType(data["message_type"]),
                brand=getattr(request, "brand", None),
                client_key=key,
                expected_price_minor=_price(data.get("expected_price")),
            )
            message = sent.message
            return Response(
                {
                    "success": True,
                    "message_id": message.message_id,
                    "charged": as_number(message.charged_minor),
                    "balance_remaining": as_number(sent.available_minor),
                    "conversation_id": message.conversation_id,
                    "message": serialize_message(message, message.conversation, Side.CUSTOMER),
                }
            )

        return idempotent(request, act)


class ReplyView(APIView):
    """Answer a customer; free."""

    throttle_scope = "messages"

    @extend_schema(parameters=[IDEMPOTENCY_KEY], request=ReplyRequest, responses={200: ReplyAnswer})
    def post(self, request: Request) -> Response:
        asked = ReplyRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        conversation, side = conversation_of(
            request.user, conversation_id=asked.validated_data["conversation_id"]
        )
        if side != Side.OPERATOR:
            raise NoSuchConversation("There is no such conversation.")

        def act(key: str | None) -> Response:
            message, _ = reply(
                operator=conversation.operator,
                conversation_id=conversation.pk,
                text=asked.validated_data["message_text"],
                client_key=key,
            )
            told = serialize_message(message, message.conversation, Side.OPERATOR)
            return Response({"success": True, "message_id": message.message_id, "message": told})

        return idempotent(request, act)


class ConversationView(APIView):
    """A page of one of your conversations, oldest first; the newest page without `before` and `after`."""

    throttle_scope = "reads"

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
    def get(self, request: Request) -> Response:
        asked = request.query_params
        before, after = number_of(asked.get("before"), "before"), number_of(asked.get("after"), "after")
        limit = limit_of(asked.get("limit"), default=_SEED_LIMIT)
        try:
            conversation, side = _which(request, asked)
        except NoSuchConversation:
            if "conversation_id" in asked:
                raise
            customer_of(request.user)
            # Nothing was written yet: an empty conversation, whatever operator was named.
            return Response({"success": True, "messages": [], "before": None, "conversation": None})
        page = page_of(conversation, before=before, after=after, limit=limit)
        return Response(
            {
                "success": True,
                "messages": [serialize_message(message, conversation, side) for message in page.items],
                "before": page.before,
                "conversation": serialize_conversation(conversation, side),
            }
        )


class ReadView(APIView):
    """You have seen a conversation up to a message."""

    throttle_scope = "reads"

    @extend_schema(request=ReadRequest, responses={200: Done})
    def post(self, request: Request) -> Response:
        conversation, side, data = _asked(request, ReadRequest)
        up_to = data.get("up_to", conversation.last_number)
        mark_read(conversation_id=conversation.pk, side=side, up_to=up_to)
        return Response({"success": True})


class DraftView(APIView):
    """Keep what you have begun to write."""

    throttle_scope = "reads"

    @extend_schema(request=DraftRequest, responses={200: Done})
    def post(self, request: Request) -> Response:
        asked = DraftRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        data = asked.validated_data
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
        return Response({"success": True})


class BlockView(APIView):
    """No contact any more, or (`blocked` false) take that back."""

    throttle_scope = "messages"

    @extend_schema(request=BlockRequest, responses={200: Done})
    def post(self, request: Request) -> Response:
        conversation, side, data = _asked(request, BlockRequest)
        act = block if data["blocked"] else unblock
        act(
            customer_id=conversation.customer_id,
            operator_id=conversation.operator_id,
            side=side,
            actor=request.user if isinstance(request.user, User) else None,
        )
        return Response({"success": True})


class ReportView(APIView):
    """Tell staff that the other side went too far."""

    throttle_scope = "messages"

    @extend_schema(request=ReportRequest, responses={200: Done})
    def post(self, request: Request) -> Response:
        conversation, side, data = _asked(request, ReportRequest)
        report(conversation_id=conversation.pk, side=side, reason=data["reason"])
        return Response({"success": True})


def _asked(
    request: Request, shape: type[serializers.Serializer[Any]]
) -> tuple[Conversation, Side, dict[str, Any]]:
    asked = shape(data=request.data)
    asked.is_valid(raise_exception=True)
    conversation, side = _which(request, asked.validated_data)
    return conversation, side, asked.validated_data


def _which(request: Request, data: Any) -> tuple[Conversation, Side]:
    """The conversation that was named. Raises Invalid, NoSuchConversation."""
    named = {name: _id(data.get(name), name) for name in ("conversation_id", "operator_id")}
    if all(value is None for value in named.values()):
        raise Invalid("operator_id: which operator?")
    return conversation_of(request.user, **named)


def _id(value: Any, name: str) -> int | None:
    if value is None or value == "":
        return None
    number = whole_number(value, most=MAX_ID)
    if not number:
        raise Invalid(f"{name}: a whole number.")
    return number


def _price(asked: Any) -> int | None:
    if asked is None:
        return None
    try:
        return from_decimal(asked)
    except MoneyError as error:
        raise Invalid(f"expected_price: {error}.") from None
