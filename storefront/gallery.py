"""Every component and every state of the call module from fixed examples, for eyes, screenshots and axe.

Only in development and tests (`storefront.urls`). Nothing here reads the database.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render

from billing.fees import Fee
from brands.themes import THEMES
from operators.states import Availability
from storefront.after_call import AfterCall
from storefront.call_panel import CallPanel, CallPanelState, Funds, visitor_panel
from storefront.cards import OperatorCard
from storefront.history import FreeMinutesRow, HistoryRow, Receipt
from storefront.price_example import Example
from web.frame import PageFrame
from web.requests import SiteRequest

_AT = datetime(2026, 3, 7, 21, 42, tzinfo=UTC)
_SARAH = OperatorCard(
    id=22,
    name="Sarah",
    slug="sarah",
    headline="Late radio, long novels, and the part of your week you never tell anyone",
    availability=Availability.ONLINE,
    rate_minor=399,
    portrait_seed="sarah",
    drawn_as="woman",
    specialties=("Conversation", "Books"),
    rating=4.8,
    rating_count=37,
)
_OTHERS = (
    replace(_SARAH, id=23, name="Marguerite", slug="marguerite", portrait_seed="marguerite", specialties=("Movies", "Travel"), rating=None, is_new=True,
            availability=Availability.BUSY, headline="Old movies and new cities"),
    replace(_SARAH, id=24, name="Theo", slug="theo", portrait_seed="theo", drawn_as="man", specialties=("Music",),
            availability=Availability.AWAY,
            rate_minor=549, headline=""),
    replace(_SARAH, id=25, name="Ines", slug="ines", portrait_seed="ines", availability=Availability.OFFLINE,
            rate_minor=1250, headline="A good listener with a bad poker face"),
)  # fmt: skip
_FEES = (Fee("connect_fee", 99),)
_EXAMPLE = Example(minutes=10, talk_minor=3990, fees=_FEES, total_minor=4089)
_FUNDS = Funds(balance_minor=4500, free_seconds=600, talk_seconds=1260, required_minor=498)
_SUMMARY = {
    "duration_seconds": 323,
    "billable_seconds": 360,
    "free_seconds_used": 0,
    "paid_seconds": 360,
    "talk_minor": 2394,
    "connect_fee_minor": 99,
    "total_minor": 2493,
    "given_back_minor": 399,
    "uncollected_minor": 0,
    "paid_minor": 2094,
}
_CALL: dict[str, Any] = {
    "call_id": "call_1772919720_9f3k2m7q1x",
    "operator_id": 22,
    "operator": "Sarah",
    "operator_url": "#",
    "receipt_url": "#",
    "status": "answered",
    "ringing_leg": "customer",
    "sequence": 6,
    "server_time_ms": 323_001,
    "joined_at_ms": 1,
    "granted_seconds": 420,
    "is_final": False,
    "warn_at_seconds": [60, 15],
    "held_by": "",
    "hold_limit_seconds": {"customer": 60, "operator": 15},
    "next_seconds": 60,
    "lasts_minutes": 11,
    "funds_state": "",
    "load_minor": 2000,
    "is_screened": False,
    "cost_steps": [(301, 2493), (361, 2892), (421, 3291)],
    "duration_seconds": 323,
    "estimated_minor": 2493,
    "charged_minor": None,
    "currency": "USD",
    "summary": _SUMMARY,
    "message": "You hung up.",
}


class _SampleForm(forms.Form):
    email = forms.EmailField(label="Email address", help_text="The one you log in with.")
    password = forms.CharField(label="Password", widget=forms.PasswordInput)
    remember = forms.BooleanField(label="Stay logged in on this device", required=False)


def desks() -> list[CallPanel]:
    """The call module once in each state."""
    base = CallPanel(
        state=CallPanelState.READY,
        operator=_SARAH,
        funds=_FUNDS,
        key="example",
        phone_hint="ends in 42",
        brand_number="+12125550100",
    )
    poor = Funds(balance_minor=120, free_seconds=0, talk_seconds=0, required_minor=498)
    failed = {"joined_at_ms": None, "message": "Sarah missed your call. You weren’t charged."}
    visitors = visitor_panel(_SARAH, _EXAMPLE, brand_number=base.brand_number)
    return [
        visitors,
        base,
        replace(base, error="We couldn’t reach the site. Check your connection and try again."),
        replace(base, state=CallPanelState.UNFUNDED, funds=poor),
        replace(
            base,
            state=CallPanelState.UNREADY,
            unready_words="Before your first call, we make sure the phone we call is yours.",
            unready_url="#",
        ),
        replace(base, state=CallPanelState.BUSY, operator=replace(_SARAH, availability=Availability.BUSY)),
        replace(
            visitors, state=CallPanelState.BUSY, operator=replace(_SARAH, availability=Availability.BUSY)
        ),
        replace(base, state=CallPanelState.AWAY, operator=replace(_SARAH, availability=Availability.AWAY)),
        replace(
            base, state=CallPanelState.OFFLINE, operator=replace(_SARAH, availability=Availability.OFFLINE)
        ),
        replace(
            base,
            state=CallPanelState.ELSEWHERE,
            call={**_CALL, "operator": "Theo", "operator_url": "#"},
        ),
        replace(
            base, state=CallPanelState.CONNECTING, call={**_CALL, "status": "initiated", "joined_at_ms": None}
        ),
        replace(
            base, state=CallPanelState.RINGING, call={**_CALL, "status": "ringing", "ringing_leg": "operator"}
        ),
        replace(base, state=CallPanelState.LIVE, call=_CALL),
        replace(base, state=CallPanelState.ENDED, call={**_CALL, "status": "ended"}),
        replace(base, state=CallPanelState.FAILED, call={**_CALL, **failed, "status": "no_answer"}),
    ]


def places() -> dict[str, tuple[CallPanel, AfterCall | None]]:
    """A call as it fills an operator's page, by `?place=`."""
    base = desks()[1]
    ended = replace(base, state=CallPanelState.ENDED, call={**_CALL, "status": "ended"})
    poor = Funds(balance_minor=354, free_seconds=0, talk_seconds=0, required_minor=498)
    failed = {
        "joined_at_ms": None,
        "message": "Your phone answered, but nobody pressed 1. You weren’t charged.",
    }
    ringing = {**_CALL, "status": "ringing", "joined_at_ms": None}
    final = {**_CALL, "is_final": True, "bound_by": "balance", "cost_steps": [(301, 2493), (361, 2892)]}
    last = {"duration_seconds": 385, "server_time_ms": 385_001, "cost_steps": [(361, 2892)]}
    screened = replace(
        base,
        state=CallPanelState.FAILED,
        call={**ringing, **failed, "status": "no_answer", "is_screened": True},
    )
    return {
        "waiting": (replace(base, state=CallPanelState.RINGING, call=ringing), None),
        "screened": (replace(base, state=CallPanelState.RINGING, call={**ringing, "is_screened": True}), None),
        "live": (replace(base, state=CallPanelState.LIVE, call=_CALL), None),
        "last-two-minutes": (replace(base, state=CallPanelState.LIVE, call=final), None),
        "before-the-last-minute": (
            replace(
                base,
                state=CallPanelState.LIVE,
                call={**final, "duration_seconds": 357, "server_time_ms": 357_001},
            ),
            None,
        ),
        "last-minute": (replace(base, state=CallPanelState.LIVE, call={**final, **last}), None),
        "ended": (ended, AfterCall(ended, "call_1", may_rate=True, may_tip=True)),
        "ended-without-money": (replace(ended, funds=poor), AfterCall(replace(ended, funds=poor), "call_1", stars=4)),
        "not-joined": (screened, AfterCall(screened, "call_1")),
    }  # fmt: skip


def gallery(request: SiteRequest) -> HttpResponse:
    """`?theme=` a slug of `brands.themes`, `&scheme=light|dark`, `&state=live` for one module alone, `?place=live` for a page of it."""
    site = PageFrame(request, is_bare=True)
    site.theme = THEMES.get(request.GET.get("theme", ""), site.theme)
    if request.GET.get("scheme") in ("light", "dark"):
        site.scheme = request.GET["scheme"]
    form = _SampleForm({"email": "not an address"})
    shown = [desk for desk in desks() if request.GET.get("state") in (None, str(desk.state))]
    place, after = places().get(request.GET.get("place", ""), (None, None))
    if place is None:
        messages.success(request, "Saved.")
        messages.error(request, "That didn’t work. You weren’t charged.")
    context = {
        "frame": site,
        "place": place,
        "after": after,
        "desks": shown,
        "is_whole": "state" not in request.GET,
        "cards": [_SARAH, *_OTHERS],
        "form": form,
        "call": _CALL,
        "receipt": _receipt(),
        "rows": _rows(),
        "packages": [
            FreeMinutesRow(
                seconds=600, reserved_seconds=0, operator="Sarah", operator_url="#", expires_at=_AT
            ),
            FreeMinutesRow(seconds=0, reserved_seconds=300, operator="", operator_url="", expires_at=_AT),
        ],
    }
    return render(request, "storefront/gallery.html", context)


def _receipt() -> Receipt:
    return Receipt(
        brand="flirts.nyc",
        operator="Sarah",
        at=_AT,
        message="You hung up.",
        rate_minor=399,
        fee_minor=99,
        is_fee_covered=False,
        counts="partial minutes round up",
        summary=_SUMMARY,
        currency="USD",
        call_id=_CALL["call_id"],
        number="C-4821-55",
    )


def _rows() -> list[HistoryRow]:
    one = HistoryRow(
        url="#",
        operator="Sarah",
        at=_AT,
        words="You hung up.",
        duration_seconds=323,
        paid_minor=2493,
        given_back_minor=0,
        currency="USD",
        is_live=False,
    )
    none = replace(one, words="Theo missed your call. You weren’t charged.", duration_seconds=0, paid_minor=0)
    return [replace(one, is_live=True, words="Running"), one, replace(none, operator="Theo")]
