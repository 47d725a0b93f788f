"""What an offer may cost, what it comes to, and by what a person is known who had it before. For pages and `claim_offer`."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import F, Max, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing import conf, rating
from billing.models import Offer, OfferDay, OfferMarker
from billing.outcome import PROMO
from billing.states import MarkerKind, OfferKind
from billing.terms import NOBODY, PLATFORM
from brands.models import Brand
from core.encryption import hashes
from core.money import BPS, format_money, round_half_up
from customers.models import Customer, Device
from operators.models import Operator
from operators.pricing import CONNECT_FEE, RATE_BOUNDS, RATE_COLUMNS
from operators.states import ApprovalStatus

_SHARES = ("share_bps", "referral_share_bps")
Markers = list[tuple[MarkerKind, list[bytes]]]  # the hashes of each under every key, that in use first


def bonus_of(offer: Offer, load_minor: int | None = None) -> int:
    """The promotional money it gives, in cents: of this load, or the most where none is known."""
    if not offer.bonus_bps:
        return offer.bonus_minor
    if load_minor is None:
        return offer.bonus_most_minor
    return min(offer.bonus_most_minor, round_half_up(load_minor * offer.bonus_bps, BPS))


def cost_at_most(offer: Offer, load_minor: int | None = None) -> int:
    """What a claim costs the platform at most, in cents: the bonus whole, and the minutes with whoever is paid most for them."""
    bonus_minor = bonus_of(offer, load_minor)
    return bonus_minor + (_minutes_cost(offer) if offer.minutes else 0)


def _minutes_cost(offer: Offer) -> int:
    """Minutes may be used in as many calls as there are first increments in them; each has a fee and a rounding of its own."""
    columns = {
        *RATE_COLUMNS,
        RATE_BOUNDS.highest,
        CONNECT_FEE.column,
        CONNECT_FEE.bounds.highest,
        *_SHARES,
    }
    most = Operator.objects.filter(approval_status=ApprovalStatus.APPROVED).aggregate(
        **{f"most_{column}": Max(column) for column in columns}
    )
    highest = {column: most[f"most_{column}"] or 0 for column in columns}
    tariff = rating.Tariff(
        rate_per_minute_minor=max(highest[column] for column in (*RATE_COLUMNS, RATE_BOUNDS.highest)),
        connect_fee_minor=max(highest[CONNECT_FEE.column], highest[CONNECT_FEE.bounds.highest]),
        operator_share_bps=max(highest[column] for column in _SHARES),
        is_tax_included=False,
        fee_covered_by=PLATFORM if offer.covers_fee else NOBODY,
        **conf.platform_terms(),
    )
    seconds = offer.minutes * rating.SECONDS_PER_MINUTE
    calls = -(-seconds // tariff.first_increment_seconds)
    one_call = rating.bill(tariff, seconds * 1000, seconds, [rating.Reserved(seconds, True)]).component(PROMO)
    return one_call.promo_minor + (calls - 1) * rating.covered_fee_pay(tariff) + calls


def standing(kind: OfferKind, brand: Brand, at: datetime) -> Offer | None:
    """The offer of this kind that holds on `brand` now and whose budget of the day has room for another claim."""
    offers = Offer.objects.filter(Q(brand=brand) | Q(brand=None), kind=kind, is_active=True)
    for offer in offers.order_by(F("brand").asc(nulls_last=True), "-id"):
        if offer.holds_at(at) and has_room(offer, cost_at_most(offer), at):
            return offer
    return None


def has_room(offer: Offer, cost_minor: int, at: datetime) -> bool:
    """Whether the budget of the day holds another claim of this cost."""
    day = OfferDay.objects.filter(offer=offer, day=budget_day(at)).first()
    return (day.cost_minor if day else 0) + cost_minor <= offer.daily_budget_minor


def budget_day(at: datetime) -> date:
    """The day that a claim counts for: UTC, as all limits of giving."""
    return at.date()


def markers_of(customer: Customer, card: str = "") -> Markers:
    """By what the owner of this account is known: verified numbers, browsers, and the processor's reference of `card`."""
    phones = customer.phones.filter(verified_at__isnull=False)
    numbers = [phone.number for phone in phones if phone.number]
    devices = Device.objects.filter(user=customer.user_id).values_list("marker_hash", flat=True)
    return [
        *((MarkerKind.NUMBER, _hashes(MarkerKind.NUMBER, number)) for number in numbers),
        *((MarkerKind.DEVICE, _hashes(MarkerKind.DEVICE, device)) for device in devices),
        *([(MarkerKind.CARD, _hashes(MarkerKind.CARD, card))] if card else []),
    ]


def device_markers(marker_hash: str) -> Markers:
    """Those of a browser alone, as of a visitor."""
    return [(MarkerKind.DEVICE, _hashes(MarkerKind.DEVICE, marker_hash))] if marker_hash else []


def is_known(scope: str, markers: Iterable[tuple[MarkerKind, list[bytes]]]) -> bool:
    """Whether somebody with one of these was given an offer of this scope."""
    known = Q()
    for kind, values in markers:
        known |= Q(kind=kind, hash__in=values)
    return bool(known) and OfferMarker.objects.filter(known, scope=scope).exists()


def describe(offer: Offer, bonus_minor: int | None = None) -> str:
    """What it gives, for customers: "3 free minutes, connection fee included", "$5.00 to spend"."""
    parts = []
    if offer.minutes:
        minutes = ngettext("%(count)s free minute", "%(count)s free minutes", offer.minutes) % {
            "count": offer.minutes
        }
        parts.append(
            _("%(minutes)s, connection fee included") % {"minutes": minutes} if offer.covers_fee else minutes
        )
    if bonus_minor is None and offer.bonus_bps:
        most = format_money(offer.bonus_most_minor, conf.currency())
        parts.append(
            _("%(percent)s%% on top, up to %(most)s")
            % {"percent": f"{offer.bonus_bps / 100:g}", "most": most}
        )
    elif minor := offer.bonus_minor if bonus_minor is None else bonus_minor:
        parts.append(_("a bonus of %(amount)s") % {"amount": format_money(minor, conf.currency())})
    return _(" and ").join(parts)


def _hashes(kind: MarkerKind, value: str) -> list[bytes]:
    return hashes(value, f"offer {kind}")
