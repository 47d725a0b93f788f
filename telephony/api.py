"""Calls over HTTP (docs/design.md section 6): each action reads the request, calls one service, and serializes."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from billing.push import wallet_message
from core.api import idempotent
from core.errors import Invalid
from core.openapi import IDEMPOTENCY_KEY
from core.paging import limit_of, page_before
from customers.selectors import customer_of
from telephony.selectors import call_of, history_of, live_call_of
from telephony.serializers import (
    ActiveAnswer,
    CallAnswer,
    CallFigures,
    CallIdRequest,
    HistoryAnswer,
    InitiateAnswer,
    InitiateRequest,
)
from telephony.services.hang_up import hang_up_as_customer
from telephony.services.initiate import initiate
from telephony.snapshots import customer_snapshot

_STARTED = InitiateAnswer()  # to make its fields takes longer than to answer with them


class CallViewSet(ViewSet):
    """The calls of the customer who asks."""

    throttle_scope = "reads"

    @extend_schema(
        operation_id="calls_list",
        parameters=[OpenApiParameter("before", str), OpenApiParameter("limit", int)],
        responses={200: HistoryAnswer},
    )
    def list(self, request: Request) -> Response:
        """Your calls, newest first."""
        page = page_before(
            history_of(customer_of(request.user)),
            before=request.query_params.get("before"),
            limit=limit_of(request.query_params.get("limit")),
        )
        following = str(page.next_before) if page.next_before else None
        calls = [CallFigures(call) for call in page.items]
        return Response(HistoryAnswer({"calls": calls, "next": following}).data)

    @extend_schema(parameters=[IDEMPOTENCY_KEY], request=InitiateRequest, responses={200: InitiateAnswer})
    @action(detail=False, methods=["post"], throttle_scope="calls")
    def initiate(self, request: Request) -> Response:
        """Start a call: your phone rings first, then the operator's."""
        body = InitiateRequest(data=request.data)
        body.is_valid(raise_exception=True)
        customer = customer_of(request.user)

        def act(key: str | None) -> Response:
            call = initiate(
                customer=customer,
                operator_id=body.validated_data["operator_id"],
                customer_phone=body.validated_data.get("customer_phone"),
                brand=getattr(request, "brand", None),
                idempotency_key=key,
                chosen=body.chosen,
                expected_first_seconds=body.validated_data["expected_first_minutes"] * 60,
            )
            return Response(_STARTED.to_representation(call))

        return idempotent(request, "calls.initiate", act)

    @extend_schema(parameters=[OpenApiParameter("call_id", str, required=True)], responses={200: CallAnswer})
    @action(detail=False)
    def status(self, request: Request) -> Response:
        """How one of your calls stands."""
        call = call_of(customer_of(request.user), _call_id(request.query_params))
        return Response(CallAnswer(CallFigures(call)).data)

    @extend_schema(parameters=[IDEMPOTENCY_KEY], request=CallIdRequest, responses={200: CallAnswer})
    @action(detail=False, methods=["post"], throttle_classes=())
    def hangup(self, request: Request) -> Response:
        """End or cancel one of your calls; ending an ended one changes nothing."""
        customer = customer_of(request.user)
        call_id = _call_id(request.data)

        def act(key: str | None) -> Response:
            hang_up_as_customer(customer=customer, call_id=call_id)
            return Response(CallAnswer(CallFigures(call_of(customer, call_id))).data)

        return idempotent(request, "calls.hangup", act)

    @extend_schema(
        parameters=[OpenApiParameter("call_id", str, description="Shown if no call is live.")],
        responses={200: ActiveAnswer},
    )
    @action(detail=False)
    def active(self, request: Request) -> Response:
        """Your live call as a snapshot, or null, and your wallet. Name a call to learn how it ended if none is live."""
        customer = customer_of(request.user)
        call = live_call_of(customer)
        if call is None and "call_id" in request.query_params:
            call = call_of(customer, _call_id(request.query_params))
        snapshot = customer_snapshot(call) if call else None
        return Response(ActiveAnswer({"call": snapshot, "wallet": wallet_message(customer.pk)}).data)


def _call_id(data: Any) -> str:
    call_id = data.get("call_id") if hasattr(data, "get") else None
    if not isinstance(call_id, str) or not 1 <= len(call_id) <= 60 or not call_id.isprintable():
        raise Invalid(_("call_id: which call?"))
    return call_id
