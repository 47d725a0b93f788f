"""Reads about operators: the directory of a brand, one operator, who may not meet whom, today's earnings."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _

from brands.models import Brand
from core import clock
from core.clock import epoch_ms
from core.composed_query import ComposedQuery
from core.errors import NotFound
from core.models import AuditRecord
from core.parse import MAX_ID
from core.planned_query import PlannedQuery, parameter
from customers.models import CustomerPhone, Device
from customers.selectors import same_person
from operators.models import Block, Interaction, Note, Operator, OperatorDay, OperatorPhone, Rating
from operators.phones import describe_phone_obstacle
from operators.states import ApprovalStatus, AwayReason, Presence, RatedThing


def listed_on(brand: Brand | None) -> QuerySet[Operator]:
    """Approved operators shown on a brand (on any, without one)."""
    visible = Operator.objects.filter(approval_status=ApprovalStatus.APPROVED)
    if brand is not None:
        return visible.filter(listings__brand=brand, listings__is_active=True)
    return visible


def find_operator(user: Any) -> Operator | None:
    """The operator behind a login: no query where they were read along with the session. None for customers and staff."""
    read_along = getattr(user, "read_along", None)
    if read_along is not None:
        operator: Operator | None = read_along.operator
        return operator
    return Operator.objects.select_related("user").filter(user=user.pk or 0).first()


def listed_operator(brand: Brand | None, operator_id: int) -> Operator:
    """One operator of the brand by id. Raises NotFound."""
    if not 1 <= operator_id <= MAX_ID:
        raise NotFound(_("Operator not found."))
    brand_id = None if brand is None else brand.pk
    operator = composed_listed_operator(brand is not None).first(operator=operator_id, brand=brand_id)
    if operator is None:
        raise NotFound(_("Operator not found."))
    return operator


@lru_cache
def composed_listed_operator(is_on_brand: bool) -> ComposedQuery[Operator]:
    """One operator by `operator`, an id, if a `brand` (an id; any, without one) lists them; the user and the phone loaded."""

    def compose(operator: int, brand: int) -> QuerySet[Operator]:
        listed = listed_on(Brand(pk=brand) if is_on_brand else None)
        return listed.select_related("user", "phone_number").filter(pk=operator)

    return ComposedQuery(compose, operator=8_000_000_000_000_000_001, brand=8_000_000_000_000_000_002)


def operator_by_slug(brand: Brand | None, slug: str) -> Operator:
    """One operator of the brand by the name in the address. Raises NotFound."""
    operator = listed_on(brand).select_related("user").filter(slug=slug).first()
    if operator is None:
        raise NotFound(_("Operator not found."))
    return operator


def ratings_of(operator: Operator) -> QuerySet[Rating]:
    """The ratings everybody may see, newest first, customers (for their alias) loaded; for keyset pages."""
    visible = Rating.objects.filter(operator=operator, is_hidden=False, withdrawn_at=None)
    return visible.select_related("customer").order_by("-id")


def newest_reviews(brand: Brand, limit: int) -> list[Rating]:
    """The last ratings with words, of those this brand lists, by customers who paid enough to count; operators loaded."""
    rows = Rating.objects.filter(
        is_hidden=False, withdrawn_at=None, is_qualified=True, operator__in=listed_on(brand)
    )
    return list(rows.exclude(review="").select_related("operator").order_by("-id")[:limit])


def rating_for(customer_id: int, reference: str) -> Rating | None:
    """The customer's rating of this call or message, if there is one that they haven't withdrawn."""
    return Rating.objects.filter(customer=customer_id, reference=reference, withdrawn_at=None).first()


def last_rating_for(customer_id: int, operator_id: int) -> Rating | None:
    """The customer's last rating of this operator, if there is one that they haven't withdrawn."""
    own_ratings = Rating.objects.filter(customer=customer_id, operator=operator_id, withdrawn_at=None)
    return own_ratings.order_by("-id").first()


def texting_rating_for(customer_id: int, operator_id: int) -> Rating | None:
    """The customer's rating of texting with this operator, if there is one."""
    own_ratings = Rating.objects.filter(
        customer=customer_id, operator=operator_id, thing=RatedThing.MESSAGE, withdrawn_at=None
    )
    return own_ratings.first()


def is_blocked(*, customer_id: int, operator_id: int) -> bool:
    """Whether either of the two wants no contact. A block is of a person: it holds for each of their accounts."""
    is_of_the_person = same_person(customer_id, "customer_id")
    return Block.objects.filter(is_of_the_person, operator_id=operator_id).exists()


def logins_of_person(user_id: int) -> set[int]:
    """The ids of all users who are one person with this one: they share a phone number or a browser (`account_links`).

    Seven queries. Numbers that were removed or replaced count, as in `contact_reads.link_of`.
    """
    numbers = set(
        CustomerPhone.objects.filter(customer__user=user_id).values_list("phone_number_id", flat=True)
    )
    own = Operator.objects.filter(user=user_id, phone_number__isnull=False)
    numbers |= {number for number in own.values_list("phone_number_id", flat=True) if number is not None}
    once = OperatorPhone.objects.filter(operator__user=user_id)
    numbers |= set(once.values_list("phone_number_id", flat=True))
    markers = Device.objects.filter(user=user_id).values("marker_hash")
    by_phone = CustomerPhone.objects.filter(phone_number__in=numbers).values_list(
        "customer__user_id", flat=True
    )
    by_own_phone = Operator.objects.filter(phone_number__in=numbers).values_list("user_id", flat=True)
    by_phone_once = OperatorPhone.objects.filter(phone_number__in=numbers).values_list(
        "operator__user_id", flat=True
    )
    by_device = Device.objects.filter(marker_hash__in=markers).values_list("user_id", flat=True)
    return {user_id, *by_phone, *by_own_phone, *by_phone_once, *by_device}


def presence_state(operator: Operator) -> dict[str, Any]:
    """What the operator's own pages show of their presence. Times are epoch milliseconds."""
    at = clock.now()
    is_idle = operator.has_timed_out(at)
    is_online = operator.presence == Presence.ONLINE
    return {
        "server_time_ms": epoch_ms(at),
        "presence": Presence.AWAY if is_idle else operator.presence,
        "availability": operator.availability,
        "in_call": operator.in_call,
        "online_until_ms": epoch_ms(operator.online_until) if is_online else None,
        "break_until_ms": epoch_ms(operator.break_until) if operator.is_on_break(at) else None,
        "wrap_up_until_ms": epoch_ms(operator.wrap_up_until) if operator.is_wrapping_up(at) else None,
        "reserved_until_ms": epoch_ms(operator.reserved_until) if operator.is_reserved(at) else None,
        "suspension": describe_suspension(operator),
        "phone_obstacle": describe_phone_obstacle(operator),
        "away_reason": AwayReason.IDLE if is_idle else operator.away_reason,
    }


def describe_suspension(operator: Operator) -> dict[str, str] | None:
    """For a suspended operator: why, as staff wrote it, and an address to write to (empty if no brand has one)."""
    if operator.approval_status != ApprovalStatus.SUSPENDED:
        return None
    record = AuditRecord.objects.filter(
        subject=f"operators.operator:{operator.pk}", action="operator.suspend"
    )
    reason = record.order_by("-id").values_list("reason", flat=True).first() or ""
    return {"reason": reason, "address": support_address(operator)}


def support_address(operator: Operator) -> str:
    """Where the operator writes to reach us: to the first of their brands that has an address; empty if none has."""
    listings = operator.listings.exclude(brand__support_email="").order_by("brand_id")
    return listings.values_list("brand__support_email", flat=True).first() or ""


def today_of(operator: Operator, at: datetime) -> date:
    """The calendar day at `at` where the operator lives."""
    return at.astimezone(ZoneInfo(operator.user.time_zone)).date()


def today_figures(operator: Operator, at: datetime) -> dict[str, int]:
    """The operator's calendar day so far, all brands: what was done and earned (cents)."""
    days = OperatorDay.objects.filter(operator=operator, day=today_of(operator, at))
    sums = days.aggregate(
        **{name: Sum(name) for name in ("calls", "seconds", "chats", "messages", "earned_minor")}
    )
    return {name: value or 0 for name, value in sums.items()}


@dataclass(frozen=True, slots=True)
class CustomerHistory:
    """What an operator knows of a customer, nothing of the person: by default what there is before their first call."""

    past_calls: int = 0
    past_messages: int = 0
    last_at_ms: int | None = None
    note: str = ""
    note_at: datetime | None = None


def have_talked(operator_id: int, customer_id: int) -> bool:
    """Whether the two were ever joined in a call."""
    return _TALKED.first(operator_id, customer_id) is not None


def customer_history(operator_id: int, customer_id: int) -> CustomerHistory:
    """How often the two talked and texted, when last, and the operator's note."""
    interaction = Interaction.objects.filter(operator=operator_id, customer=customer_id).first()
    note = Note.objects.filter(operator=operator_id, customer=customer_id).first()
    interaction = interaction or Interaction()
    return CustomerHistory(
        past_calls=interaction.calls,
        past_messages=interaction.messages,
        last_at_ms=epoch_ms(interaction.last_at),
        note=note.text if note else "",
        note_at=note.updated_at if note else None,
    )


_TALKED = PlannedQuery(Interaction.objects.only("pk").filter(customer=parameter(2), calls__gt=0), "operator")
