"""The customer's balance over HTTP (docs/design.md section 6)."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing import selectors
from core.errors import Invalid
from core.money import as_number
from core.parse import MAX_ID, whole_number
from operators.selectors import listed_operator


class EstimatedDuration(serializers.Serializer[Any]):
    """How long a call could last, in whole minutes."""

    with_free_minutes = serializers.IntegerField(
        help_text="Free minutes of the call; 0 if the fee cannot be paid."
    )
    with_paid_balance = serializers.IntegerField()
    total_minutes = serializers.IntegerField()


class BalanceAnswer(serializers.Serializer[Any]):
    """The quote for one operator."""

    success = serializers.BooleanField()
    balance = serializers.FloatField(help_text="What can be spent: not held for a running call.")
    currency = serializers.CharField()
    free_minutes = serializers.FloatField(help_text="Usable with this operator.")
    operator_rate = serializers.FloatField()
    connect_fee = serializers.FloatField()
    estimated_duration = EstimatedDuration()
    can_call = serializers.BooleanField()
    required_balance = serializers.FloatField(help_text="The least with which a call can start.")


class BalanceCheckView(APIView):
    """What you have, what a call to this operator costs, and how long it could last."""

    throttle_scope = "reads"

    @extend_schema(
        parameters=[OpenApiParameter("operator_id", int, required=True)], responses={200: BalanceAnswer}
    )
    def get(self, request: Request) -> Response:
        operator = listed_operator(
            getattr(request, "brand", None), _operator_id(request.query_params.get("operator_id"))
        )
        quote = selectors.quote_for_user(request.user, operator)
        return Response(
            {
                "success": True,
                "balance": as_number(quote.balance_minor),
                "currency": quote.currency,
                "free_minutes": quote.free_minutes,
                "operator_rate": as_number(quote.tariff.rate_per_minute_minor),
                "connect_fee": as_number(quote.tariff.connect_fee_minor),
                "estimated_duration": {
                    "with_free_minutes": quote.free_minutes_of_call,
                    "with_paid_balance": quote.paid_minutes_of_call,
                    "total_minutes": quote.total_minutes,
                },
                "can_call": quote.may_start,
                "required_balance": as_number(quote.required_minor),
            }
        )


def _operator_id(text: str | None) -> int:
    operator_id = whole_number(text, most=MAX_ID)
    if operator_id is None:
        raise Invalid("operator_id: which operator?")
    return operator_id
