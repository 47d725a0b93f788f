"""Shapes that answers about calls and money share."""

from rest_framework import serializers

from billing.fees import Fee
from core.serializers import MoneyField


class FeeShape(serializers.Serializer[Fee]):
    """Something paid once for each call that is charged, beside the rate."""

    kind = serializers.CharField(help_text="A stable word, like connect_fee.")
    name = serializers.CharField(source="label", help_text="For a person.")
    amount = MoneyField(source="amount_minor")
