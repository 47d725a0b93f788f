"""The directory over HTTP: public figures only, never a number or a person's name."""

import re
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.errors import Invalid
from core.money import MoneyError, as_number, parse
from core.paging import MAX_LIMIT, limit_of
from operators.directory import DirectoryFilters, search, spelled_as_listed
from operators.models import Operator
from operators.selectors import listed_on, listed_operator


class OperatorAnswer(serializers.Serializer[Any]):
    """An operator as anybody may see them."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    slug = serializers.CharField()
    headline = serializers.CharField()
    languages = serializers.ListField(child=serializers.CharField())
    specialties = serializers.ListField(child=serializers.CharField())
    presence = serializers.ChoiceField(choices=["online", "busy", "away", "offline"])
    rate_per_minute = serializers.FloatField()
    connect_fee = serializers.FloatField()
    rate_per_message = serializers.FloatField()
    rating = serializers.FloatField(allow_null=True, help_text="Mean of 1 to 5; null before the first.")


class DirectoryAnswer(serializers.Serializer[Any]):
    """A page of the directory."""

    success = serializers.BooleanField()
    operators = OperatorAnswer(many=True)
    next = serializers.CharField(allow_null=True, help_text="`after` of the next page; null on the last.")


class OneOperatorAnswer(OperatorAnswer):
    """One operator."""

    success = serializers.BooleanField()


class OperatorListView(APIView):
    """The operators of this site: who can talk now first."""

    permission_classes = [AllowAny]
    throttle_scope = "reads"

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
    def get(self, request: Request) -> Response:
        asked, brand = request.query_params, getattr(request, "brand", None)
        if asked.get("presence") not in (None, "", "online"):
            raise Invalid("presence: online, or leave it out.")
        if "ids" in asked:
            chosen = listed_on(brand).filter(pk__in=_ids(asked["ids"]))
            return Response({"success": True, "operators": [told(one) for one in chosen], "next": None})
        wish = DirectoryFilters(
            language=spelled_as_listed(brand, _language(asked.get("language", ""))),
            max_rate_minor=_price(asked.get("max_rate", "")),
            is_online=asked.get("presence") == "online",
        )
        page = search(
            brand,
            wish,
            after=asked.get("after", ""),
            limit=limit_of(asked.get("limit"), default=50),
        )
        return Response(
            {
                "success": True,
                "operators": [told(operator) for operator in page.items],
                "next": page.next_after,
            }
        )


class OperatorDetailView(APIView):
    """One operator of this site."""

    permission_classes = [AllowAny]
    throttle_scope = "reads"

    @extend_schema(responses={200: OneOperatorAnswer})
    def get(self, request: Request, operator_id: int) -> Response:
        return Response(
            {"success": True, **told(listed_operator(getattr(request, "brand", None), operator_id))}
        )


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


def told(operator: Operator) -> dict[str, Any]:
    """An operator as anybody may see them."""
    return {
        "id": operator.pk,
        "name": operator.stage_name,
        "slug": operator.slug,
        "headline": operator.headline,
        "languages": operator.languages,
        "specialties": operator.specialties,
        "presence": operator.availability,
        "rate_per_minute": as_number(operator.rate_per_minute_minor),
        "connect_fee": as_number(operator.connect_fee_minor),
        "rate_per_message": as_number(operator.rate_per_message_minor),
        "rating": operator.rating,
    }
