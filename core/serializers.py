"""Fields that the API's answers have in common. A model's attribute becomes JSON here and nowhere else."""

from datetime import datetime
from typing import Any

from rest_framework import serializers

from core.money import as_number


class _Success(serializers.BooleanField):
    def get_attribute(self, instance: Any) -> bool:
        return True


class Answer(serializers.Serializer[Any]):
    """The start of every successful answer."""

    success = _Success()


class MoneyField(serializers.FloatField):
    """Whole cents as a decimal number: 399 becomes 3.99."""

    def to_representation(self, value: Any) -> Any:
        return as_number(value)


class NumberField(serializers.FloatField):
    """A number as it was computed: a whole one stays whole (2, not 2.0)."""

    def to_representation(self, value: Any) -> Any:
        return value


class IsoTimeField(serializers.DateTimeField):
    """A time with its own offset from UTC, whatever time zone the request is in."""

    def to_representation(self, value: Any) -> str:
        at: datetime = value
        return at.isoformat()
