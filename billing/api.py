"""The customer's balance over HTTP (docs/design.md section 6)."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from billing import selectors
from billing.serializers import FeeShape
from core.errors import Invalid
from core.parse import MAX_ID, whole_number
from core.serializers import Answer, MoneyField, NumberField


class EstimatedDuration(serializers.Serializer[selectors.Quote]):
    """How long a call could last, in whole minutes."""

    with_free_minutes = serializers.IntegerField(
        source="free_minutes_of_call", help_text="Free minutes of the call; 0 if the fee can’t be paid."
    )
    with_paid_balance = serializers.IntegerField(source="paid_minutes_of_call")
    total_minutes = serializers.IntegerField()


class BalanceAnswer(Answer):
    """The quote for one operator."""

    balance = MoneyField(
        source="balance_minor", help_text="What can be spent: not held for a call in progress."
    )
    currency = serializers.CharField()
    free_minutes = NumberField(help_text="Usable with this operator.")
    first_minutes = serializers.IntegerField(
        help_text="Of these, what the operator gives a new caller when the first call begins."
    )
    free_minutes_reserved = NumberField(
        help_text="Set aside for a call in progress; what it doesn't use comes back."
    )
    operator_rate = MoneyField(source="tariff.rate_per_minute_minor")
    connect_fee = MoneyField(source="tariff.charged_fee_minor", help_text="0 where free minutes cover it.")
    fees = FeeShape(many=True, help_text="Everything paid once for a call, including the connection fee.")
    estimated_duration = EstimatedDuration(source="*")
    can_call = serializers.BooleanField(source="may_start")
    required_balance = MoneyField(source="required_minor", help_text="The least that a call can start with.")


_ANSWER = BalanceAnswer()  # to make its fields takes longer than to answer with them


class BalanceViewSet(ViewSet):
    """The money of the customer who asks."""

    throttle_scope = "reads"

    @extend_schema(
        parameters=[OpenApiParameter("operator_id", int, required=True)], responses={200: BalanceAnswer}
    )
    @action(detail=False, url_name="balance")
    def check(self, request: Request) -> Response:
        """What you have, what a call to this operator costs, and how long it could last."""
        operator_id = _operator_id(request.query_params.get("operator_id"))
        quote = selectors.quote_of_listed(request.user, operator_id, getattr(request, "brand", None))
        return Response(_ANSWER.to_representation(quote))


def _operator_id(text: str | None) -> int:
    operator_id = whole_number(text, most=MAX_ID)
    if operator_id is None:
        raise Invalid(_("operator_id: which operator?"))
    return operator_id
