"""Calls over HTTP (docs/design.md section 6): the door translates in, calls one service, translates out."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing.push import wallet_message
from billing.rating import as_minutes
from billing.selectors import estimated_minutes
from core import clock
from core.api import idempotent
from core.errors import Invalid
from core.money import as_number
from core.openapi import IDEMPOTENCY_KEY
from core.paging import limit_of, page_before
from customers.selectors import customer_of
from telephony.end_messages import end_message
from telephony.models import Call
from telephony.selectors import call_of, history_of, live_call_of
from telephony.services.hang_up import hang_up_as_customer
from telephony.services.initiate import initiate
from telephony.snapshots import customer_snapshot, estimated_minor, legacy_breakdown, talked_seconds


class InitiateRequest(serializers.Serializer[Any]):
    """Whom to call, and on which of your phones (your first if left out)."""

    operator_id = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    customer_phone = serializers.CharField(required=False, allow_null=True, max_length=40)


class CallIdRequest(serializers.Serializer[Any]):
    """Which call."""

    call_id = serializers.CharField(max_length=60)


class InitiateAnswer(serializers.Serializer[Any]):
    """The call that was started and its price."""

    success = serializers.BooleanField()
    call_id = serializers.CharField()
    operator = serializers.CharField()
    operator_id = serializers.IntegerField()
    rate_per_minute = serializers.FloatField()
    connect_fee = serializers.FloatField()
    free_minutes_used = serializers.FloatField()
    free_minutes = serializers.FloatField()
    estimated_duration_minutes = serializers.FloatField()
    status = serializers.CharField()
    customer_number = serializers.CharField(help_text="Which of your phones rings, by its last two digits.")
    calling_from = serializers.CharField(help_text="The number your phone will show.")


class CallAnswer(serializers.Serializer[Any]):
    """A call as its customer may see it."""

    success = serializers.BooleanField(required=False)
    call_id = serializers.CharField()
    status = serializers.CharField()
    end_reason = serializers.CharField()
    ended_by = serializers.CharField()
    message = serializers.CharField(help_text="For a person: why the call ended; empty while it lasts.")
    duration_seconds = serializers.IntegerField(help_text="Seconds of talk, as charged.")
    operator_id = serializers.IntegerField()
    operator = serializers.CharField()
    rate_per_minute = serializers.FloatField()
    connect_fee = serializers.FloatField()
    estimated_charges = serializers.FloatField(
        help_text="The whole cost, fee included, if the call ended now."
    )
    granted_seconds = serializers.IntegerField()
    final = serializers.BooleanField()
    free_minutes_used = serializers.FloatField()
    paid_minutes = serializers.FloatField()
    total_amount = serializers.FloatField(help_text="The talk, without the fee.")
    charged = serializers.FloatField(
        allow_null=True, help_text="All that was charged; null while the call lasts."
    )
    initiated_at = serializers.DateTimeField()
    joined_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)


class HistoryAnswer(serializers.Serializer[Any]):
    """A page of calls."""

    success = serializers.BooleanField()
    calls = CallAnswer(many=True)
    next = serializers.CharField(allow_null=True, help_text="`before` of the next page; null on the last.")


class ActiveAnswer(serializers.Serializer[Any]):
    """The live call and the wallet, as the socket pushes them."""

    success = serializers.BooleanField()
    call = serializers.DictField(allow_null=True, help_text="The snapshot that pages count on from.")
    wallet = serializers.DictField(help_text="Cents that can be spent, cents held, free seconds.")


class InitiateView(APIView):
    """Start a call: your phone rings first, then the operator's."""

    throttle_scope = "calls"

    @extend_schema(parameters=[IDEMPOTENCY_KEY], request=InitiateRequest, responses={200: InitiateAnswer})
    def post(self, request: Request) -> Response:
        asked = InitiateRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        customer = customer_of(request.user)

        def act(key: str | None) -> Response:
            call = initiate(
                customer=customer,
                operator_id=asked.validated_data["operator_id"],
                customer_phone=asked.validated_data.get("customer_phone"),
                brand=getattr(request, "brand", None),
                idempotency_key=key,
            )
            return Response(_initiated(call))

        return idempotent(request, act)


class CallStatusView(APIView):
    """How one of your calls stands."""

    throttle_scope = "reads"

    @extend_schema(parameters=[OpenApiParameter("call_id", str, required=True)], responses={200: CallAnswer})
    def get(self, request: Request) -> Response:
        call = call_of(customer_of(request.user), _call_id(request.query_params))
        return Response({"success": True, **_told(call)})


class HangupView(APIView):
    """End or cancel one of your calls; ending an ended one changes nothing."""

    throttle_scope = "calls"

    @extend_schema(parameters=[IDEMPOTENCY_KEY], request=CallIdRequest, responses={200: CallAnswer})
    def post(self, request: Request) -> Response:
        customer = customer_of(request.user)
        call_id = _call_id(request.data)

        def act(key: str | None) -> Response:
            hang_up_as_customer(customer=customer, call_id=call_id)
            return Response({"success": True, **_told(call_of(customer, call_id))})

        return idempotent(request, act)


class ActiveCallView(APIView):
    """Your live call as a snapshot, or null, and your wallet. A page that knows of a call names it and learns how it ended."""

    throttle_scope = "reads"

    @extend_schema(
        parameters=[OpenApiParameter("call_id", str, description="Shown if no call is live.")],
        responses={200: ActiveAnswer},
    )
    def get(self, request: Request) -> Response:
        customer = customer_of(request.user)
        call = live_call_of(customer)
        if call is None and "call_id" in request.query_params:
            call = call_of(customer, _call_id(request.query_params))
        snapshot = customer_snapshot(call) if call else None
        return Response({"success": True, "call": snapshot, "wallet": wallet_message(customer.pk)})


class HistoryView(APIView):
    """Your calls, newest first."""

    throttle_scope = "reads"

    @extend_schema(
        parameters=[OpenApiParameter("before", str), OpenApiParameter("limit", int)],
        responses={200: HistoryAnswer},
    )
    def get(self, request: Request) -> Response:
        page = page_before(
            history_of(customer_of(request.user)),
            before=request.query_params.get("before"),
            limit=limit_of(request.query_params.get("limit")),
        )
        calls = [_told(call) for call in page.items]
        following = str(page.next_before) if page.next_before else None
        return Response({"success": True, "calls": calls, "next": following})


def _call_id(data: Any) -> str:
    call_id = data.get("call_id") if hasattr(data, "get") else None
    if not isinstance(call_id, str) or not 1 <= len(call_id) <= 60 or not call_id.isprintable():
        raise Invalid("call_id: which call?")
    return call_id


def _initiated(call: Call) -> dict[str, Any]:
    authorization = call.terms
    return {
        "success": True,
        "call_id": call.call_id,
        "operator": call.operator.stage_name,
        "operator_id": call.operator_id,
        "rate_per_minute": as_number(authorization.rate_per_minute_minor),
        "connect_fee": as_number(authorization.connect_fee_minor),
        "free_minutes_used": 0,
        "free_minutes": as_minutes(authorization.free_reserved_seconds),
        "estimated_duration_minutes": estimated_minutes(authorization),
        "status": call.status,
        "customer_number": call.customer_phone.hint if call.customer_phone else "",
        "calling_from": call.brand.caller_id,
    }


def _told(call: Call) -> dict[str, Any]:
    at, authorization, figures = clock.now(), call.authorization, legacy_breakdown(call)
    cents = estimated_minor(call, at)
    return {
        "call_id": call.call_id,
        "status": call.status,
        "end_reason": call.end_reason,
        "ended_by": call.ended_by,
        "message": "" if call.is_live else end_message(call),
        "duration_seconds": talked_seconds(call, at),
        "operator_id": call.operator_id,
        "operator": call.operator.stage_name,
        "rate_per_minute": as_number(authorization.rate_per_minute_minor if authorization else 0),
        "connect_fee": as_number(authorization.connect_fee_minor if authorization else 0),
        "estimated_charges": as_number(cents),
        "granted_seconds": authorization.granted_seconds if authorization else 0,
        "final": authorization.is_final if authorization else False,
        "free_minutes_used": as_minutes(figures["free_used_seconds"]),
        "paid_minutes": as_minutes(figures["billable_seconds"] - figures["free_used_seconds"]),
        "total_amount": as_number(figures["talk_minor"]),
        "charged": None if call.is_live else as_number(cents),
        "initiated_at": call.initiated_at,
        "joined_at": call.joined_at,
        "ended_at": call.ended_at,
    }
