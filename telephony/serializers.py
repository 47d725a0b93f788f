"""What the API of calls takes and gives: read, written, and documented from the same fields."""

from datetime import UTC
from decimal import Decimal
from functools import cached_property
from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from billing.call_caps import CallCap
from billing.models import Authorization
from billing.rating import as_minutes
from billing.receipt_numbers import ReceiptOf, receipt_number
from billing.selectors import estimated_minutes
from billing.serializers import FeeShape
from core import clock
from core.money import parse
from core.serializers import Answer, MoneyField
from operators.models.operator import MOST_FIRST_MINUTES
from telephony.end_messages import end_message
from telephony.models import Call
from telephony.snapshots import estimated_minor, legacy_breakdown, talked_seconds


class InitiateRequest(serializers.Serializer[Any]):
    """Whom to call, on which of your phones (your first if left out), and at which total amount or time the call ends."""

    operator_id = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    customer_phone = serializers.CharField(required=False, allow_null=True, max_length=40)
    max_amount = serializers.DecimalField(
        required=False, allow_null=True, max_digits=7, decimal_places=2, min_value=Decimal("0.01")
    )
    ends_at = serializers.DateTimeField(required=False, allow_null=True)
    expected_first_minutes = serializers.IntegerField(
        required=False, min_value=0, max_value=MOST_FIRST_MINUTES, default=0,
        help_text="The `first_minutes` you were shown: without them the call is refused (`first_minutes_gone`).",
    )  # fmt: skip

    @property
    def chosen(self) -> CallCap:
        """What was chosen for this call; of a valid request."""
        amount = self.validated_data.get("max_amount")
        return CallCap(None if amount is None else parse(str(amount)), self.validated_data.get("ends_at"))


class CallIdRequest(serializers.Serializer[Any]):
    """Which call."""

    call_id = serializers.CharField(max_length=60)


class MinutesField(serializers.FloatField):
    """Seconds as minutes: a whole number where it is one, else two decimals."""

    def to_representation(self, value: Any) -> Any:
        return as_minutes(value)


class InitiateAnswer(Answer):
    """The call that was started and its price."""

    call_id = serializers.CharField()
    operator = serializers.CharField(source="operator.stage_name")
    operator_id = serializers.IntegerField()
    rate_per_minute = MoneyField(source="terms.rate_per_minute_minor")
    connect_fee = MoneyField(
        source="terms.tariff.charged_fee_minor", help_text="0 where free minutes cover it."
    )
    fees = FeeShape(
        many=True, source="terms.fees", help_text="Everything paid once, including the connection fee."
    )
    free_minutes_used = MinutesField(source="terms.free_used_seconds")
    free_minutes = MinutesField(source="terms.free_reserved_seconds")
    estimated_duration_minutes = serializers.SerializerMethodField()
    status = serializers.CharField()
    customer_number = serializers.SerializerMethodField(
        help_text="Which of your phones rings, by its last two digits."
    )
    calling_from = serializers.CharField(
        source="brand.caller_id", help_text="The number your phone will show."
    )

    def get_estimated_duration_minutes(self, call: Call) -> float:
        return estimated_minutes(call.terms)

    def get_customer_number(self, call: Call) -> str:
        return call.customer_phone.hint if call.customer_phone else ""


class CallFigures:
    """A call and its figures at one moment, each computed once; what `CallShape` serializes.

    Of a call as `selectors.call_of` and `history_of` read it.
    """

    def __init__(self, call: Call) -> None:
        self.call = call
        self._at = clock.now()
        self._breakdown = legacy_breakdown(call)

    @property
    def terms(self) -> Authorization:
        return self.call.terms

    @property
    def message(self) -> str:
        return "" if self.call.is_live else end_message(self.call)

    @property
    def talked_seconds(self) -> int:
        return talked_seconds(self.call, self._at)

    @cached_property
    def cost_minor(self) -> int:
        return estimated_minor(self.call, self._at)

    @property
    def charged_minor(self) -> int | None:
        return None if self.call.is_live else self.cost_minor

    @property
    def receipt_number(self) -> str:
        return receipt_number(ReceiptOf.CALL, self.call.pk)

    @property
    def given_back_minor(self) -> int:
        return self.call.given_back_minor

    @property
    def paid_minor(self) -> int | None:
        return None if self.call.is_live else self.call.paid_minor

    @property
    def free_seconds(self) -> int:
        seconds: int = self._breakdown["free_used_seconds"]
        return seconds

    @property
    def paid_seconds(self) -> int:
        seconds: int = self._breakdown["billable_seconds"]
        return seconds - self.free_seconds

    @property
    def tax_minor(self) -> int:
        minor: int = self._breakdown["tax_minor"]
        return minor

    @property
    def talk_minor(self) -> int:
        minor: int = self._breakdown["talk_minor"]
        return minor


class CallShape(serializers.Serializer[Any]):
    """A call as its customer may see it."""

    call_id = serializers.CharField(source="call.call_id")
    status = serializers.CharField(source="call.status")
    end_reason = serializers.CharField(source="call.end_reason")
    ended_by = serializers.CharField(source="call.ended_by")
    message = serializers.CharField(help_text="For a person: why the call ended; empty while it lasts.")
    duration_seconds = serializers.IntegerField(
        source="talked_seconds", help_text="Seconds of talk, as charged."
    )
    operator_id = serializers.IntegerField(source="call.operator_id")
    operator = serializers.CharField(source="call.operator.stage_name")
    rate_per_minute = MoneyField(source="terms.rate_per_minute_minor")
    connect_fee = MoneyField(
        source="terms.tariff.charged_fee_minor", help_text="0 where free minutes cover it."
    )
    estimated_charges = MoneyField(
        source="cost_minor", help_text="The whole cost, fee included, if the call ended now."
    )
    granted_seconds = serializers.IntegerField(source="terms.granted_seconds")
    final = serializers.BooleanField(source="terms.is_final")
    free_minutes_used = MinutesField(source="free_seconds")
    paid_minutes = MinutesField(source="paid_seconds")
    total_amount = MoneyField(source="talk_minor", help_text="The talk, without the fee and without tax.")
    tax = MoneyField(
        source="tax_minor",
        required=False,
        help_text="The tax in what was charged; missing if there is none.",
    )
    charged = MoneyField(
        source="charged_minor",
        allow_null=True,
        help_text="Everything that was charged; null while the call lasts.",
    )
    refunded_amount = MoneyField(source="given_back_minor", help_text="How much of it was refunded.")
    net_charged = MoneyField(
        source="paid_minor",
        allow_null=True,
        help_text="What you paid in the end, after refunds; null while the call lasts.",
    )
    receipt_number = serializers.CharField(
        help_text="Short, with check digits; support finds the call by it."
    )
    initiated_at = serializers.DateTimeField(source="call.initiated_at", default_timezone=UTC)
    joined_at = serializers.DateTimeField(source="call.joined_at", default_timezone=UTC, allow_null=True)
    ended_at = serializers.DateTimeField(source="call.ended_at", default_timezone=UTC, allow_null=True)

    def to_representation(self, instance: Any) -> Any:
        """Without a tax that is nothing."""
        answer = super().to_representation(instance)
        if not instance.tax_minor:
            del answer["tax"]
        return answer


class CallAnswer(Answer, CallShape):
    """One call."""


@extend_schema_serializer(many=False)  # one object, though it answers a list
class HistoryAnswer(Answer):
    """A page of calls."""

    calls = CallShape(many=True)
    next = serializers.CharField(allow_null=True, help_text="`before` of the next page; null on the last.")


class ActiveAnswer(Answer):
    """The live call and the wallet, as the socket pushes them."""

    call = serializers.DictField(allow_null=True, help_text="The snapshot that pages count on from.")
    wallet = serializers.DictField(help_text="Cents that can be spent, cents held, free seconds.")
