"""The directory over HTTP: public figures only, never a number or a person's name."""

import re
from datetime import date, datetime
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from core import clock
from core.errors import Invalid
from core.money import MoneyError, parse
from core.paging import MAX_LIMIT, limit_of
from core.serializers import Answer, MoneyField
from operators.directory import DirectoryFilters, search, spelled_as_listed
from operators.models import Operator
from operators.pricing import PRICES
from operators.selectors import listed_on, listed_operator


class OperatorShape(serializers.Serializer[Operator]):
    """An operator as anybody may see them."""

    id = serializers.IntegerField()
    name = serializers.CharField(source="stage_name")
    slug = serializers.CharField()
    headline = serializers.CharField()
    languages = serializers.ListField(child=serializers.CharField())
    specialties = serializers.ListField(child=serializers.CharField())
    presence = serializers.ChoiceField(source="availability", choices=["online", "busy", "away", "offline"])
    takes_messages = serializers.BooleanField(help_text="Whether a text can be sent to them now.")
    back_at = serializers.SerializerMethodField(help_text="After a break; null without one.")
    back_on = serializers.SerializerMethodField(help_text="The first day after a vacation; null without one.")
    rate_per_minute = MoneyField(source="rate_now_minor")
    rating = serializers.FloatField(allow_null=True, help_text="Mean of 1 to 5; null before the first.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """With each price that the API shows by itself."""
        prices = {price.api_name: MoneyField(source=price.column) for price in PRICES if price.api_name}
        return super().get_fields() | prices

    def get_back_at(self, operator: Operator) -> datetime | None:
        return operator.returns_at(clock.now())

    def get_back_on(self, operator: Operator) -> date | None:
        return operator.returns_on(clock.now())


@extend_schema_serializer(many=False)  # one object, though it answers a list
class DirectoryAnswer(Answer):
    """A page of the directory."""

    operators = OperatorShape(many=True)
    next = serializers.CharField(allow_null=True, help_text="`after` of the next page; null on the last.")


class OperatorAnswer(Answer, OperatorShape):
    """One operator."""


class OperatorViewSet(ViewSet):
    """The operators of this site."""

    permission_classes = [AllowAny]
    throttle_scope = "reads"
    lookup_url_kwarg = "operator_id"
    lookup_value_converter = "int"

    @extend_schema(
        operation_id="operators_list",
        parameters=[
            OpenApiParameter("presence", str, enum=["online"], description="Only those who can talk now."),
            OpenApiParameter("language", str, description="In any case: english."),
            OpenApiParameter("ids", str, description="Only these, on one page: up to 100 ids with commas."),
            OpenApiParameter("max_rate", float, description="Highest rate per minute."),
            OpenApiParameter("after", str),
            OpenApiParameter("limit", int),
        ],
        responses={200: DirectoryAnswer},
    )
    def list(self, request: Request) -> Response:
        """The operators of this site: who can talk now first."""
        query, brand = request.query_params, getattr(request, "brand", None)
        if query.get("presence") not in (None, "", "online"):
            raise Invalid("presence: online, or leave it out.")
        if "ids" in query:
            chosen = listed_on(brand).filter(pk__in=_ids(query["ids"]))
            return Response(DirectoryAnswer({"operators": chosen, "next": None}).data)
        page = search(
            brand,
            DirectoryFilters(
                language=spelled_as_listed(brand, _language(query.get("language", ""))),
                max_rate_minor=_price(query.get("max_rate", "")),
                is_online=query.get("presence") == "online",
            ),
            after=query.get("after", ""),
            limit=limit_of(query.get("limit"), default=50),
        )
        return Response(DirectoryAnswer({"operators": page.items, "next": page.next_after}).data)

    @extend_schema(
        parameters=[OpenApiParameter("operator_id", int, OpenApiParameter.PATH)],
        responses={200: OperatorAnswer},
    )
    def retrieve(self, request: Request, operator_id: int) -> Response:
        """One operator of this site."""
        operator = listed_operator(getattr(request, "brand", None), operator_id)
        return Response(OperatorAnswer(operator).data)


def _ids(text: str) -> list[int]:
    parts = text.split(",")[: MAX_LIMIT + 1]
    if len(parts) > MAX_LIMIT or not all(re.fullmatch(r"[0-9]{1,18}", part) for part in parts):
        raise Invalid("ids: up to 100 ids with commas.")
    return [int(part) for part in parts]


def _language(text: str) -> str:
    if text and not text.isprintable():
        raise Invalid("language: the name of a language.")
    return text


def _price(text: str) -> int | None:
    try:
        return parse(text) if text else None
    except MoneyError:
        raise Invalid("max_rate: a price like 3.99.") from None
