"""Credit control: authorizations with their frozen terms, and packages of free minutes.

Times are seconds, amounts minor units. Written by `billing.services` alone.
"""

from collections.abc import Iterable

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from billing import rating
from billing.call_caps import CallCap
from billing.fees import Fee, fees_of
from billing.ledger.models import Account, ClockTimestamp
from billing.outcome import Outcome
from billing.states import AuthorizationState, FundedBy, GrantBound
from billing.terms import NOBODY, TERMS
from brands.models import Brand
from customers.models import Customer
from operators.models import Operator


class FreeMinutesPackage(models.Model):
    """Free seconds of one customer, with one operator or (empty) with any. Every second is in one of four places."""

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="free_minutes", db_index=False
    )
    operator = models.ForeignKey(
        Operator, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    seconds_granted = models.PositiveIntegerField()
    seconds_remaining = models.PositiveIntegerField()
    seconds_reserved = models.PositiveIntegerField(default=0)
    seconds_used = models.PositiveIntegerField(default=0)
    seconds_expired = models.PositiveIntegerField(default=0)
    funded_by = models.CharField(max_length=8, choices=FundedBy.choices, default=FundedBy.PLATFORM)
    # Whether a call that uses these minutes first has no connection fee.
    covers_fee = models.BooleanField(default=False, db_default=False)
    # What an operator gives new callers for their first call (`billing.first_minutes`): the rest ends with that call.
    is_first_minutes = models.BooleanField(default=False, db_default=False)
    reason = models.CharField(max_length=300)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    granted_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    idempotency_key = models.CharField(max_length=200)

    class Meta:
        permissions = [("give_free_minutes", "Can give and revoke free minutes")]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    seconds_granted=F("seconds_remaining")
                    + F("seconds_reserved")
                    + F("seconds_used")
                    + F("seconds_expired")
                ),
                name="package_adds_up",
            ),
            models.UniqueConstraint(fields=["idempotency_key"], name="package_once_per_key"),
            models.CheckConstraint(condition=Q(seconds_granted__gt=0), name="package_not_empty"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("granted_at")), name="package_expires_later"),
            models.CheckConstraint(
                condition=Q(funded_by=FundedBy.PLATFORM) | Q(operator__isnull=False),
                name="package_funded_by_someone",
            ),
        ]
        indexes = [
            models.Index(
                fields=["customer", "operator", "granted_at", "id"],
                condition=Q(seconds_remaining__gt=0),
                name="package_fifo",
            ),
            models.Index(fields=["expires_at"], condition=Q(seconds_remaining__gt=0), name="package_expiry"),
            models.Index(F("customer"), F("id").desc(), name="package_customer"),
            models.Index(F("operator"), F("id").desc(), name="package_operator"),
        ]

    def __str__(self) -> str:
        return f"{rating.as_minutes(self.seconds_granted)} free minutes of customer {self.customer_id}"

    @property
    def fee_coverage(self) -> str:
        """Who covers the connection fee of a call that uses these minutes first; empty if nobody does."""
        return str(self.funded_by) if self.covers_fee else NOBODY


def reserved_parts(authorization: str) -> models.expressions.Combinable:
    """For a query: seconds and funder of each reservation of the authorization that this column names, in order."""
    rows = Reservation.objects.filter(authorization=models.OuterRef(authorization)).order_by()
    pairs = models.Func(
        "seconds",
        "funded_by",
        template='jsonb_agg(jsonb_build_array(%(expressions)s) ORDER BY "order")',
        output_field=models.JSONField(),
    )
    none = models.Value([], output_field=models.JSONField())
    return Coalesce(models.Subquery(rows.values("authorization").values(pairs=pairs)), none)


class AuthorizationQuerySet(models.QuerySet["Authorization"]):
    """Authorizations, with what settling and the audit need at once."""

    def with_reserved(self) -> "AuthorizationQuerySet":
        """With the free seconds kept for each, so that `reserved()` reads nothing more."""
        return self.annotate(parts=reserved_parts("pk"))  # type: ignore[no-redef]


class Authorization(models.Model):
    """Leave to spend on one call: the terms as they were, what is held, what was granted, and what came of it.

    `held_minor` is the cost of the whole grant while open, and 0 afterwards. `reference` is the call id.
    """

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="+", db_index=False)
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="+", db_index=False)
    reference = models.CharField(max_length=80)
    wallet = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    payable = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    currency = models.CharField(max_length=3)

    # The terms, one column for each of `billing.terms.TERMS`.
    rate_per_minute_minor = models.PositiveIntegerField()
    connect_fee_minor = models.PositiveIntegerField()
    first_increment_seconds = models.PositiveIntegerField()
    next_increment_seconds = models.PositiveIntegerField()
    grace_seconds = models.PositiveIntegerField()
    operator_share_bps = models.PositiveIntegerField()
    usual_share_bps = models.PositiveIntegerField(null=True, blank=True)  # see billing.shares.Share
    promo_pay_bps = models.PositiveIntegerField()
    talk_tax_millionths = models.PositiveIntegerField(default=0, db_default=0)
    fee_tax_millionths = models.PositiveIntegerField(default=0, db_default=0)
    is_tax_included = models.BooleanField(default=False, db_default=False)
    promo_max_rate_minor = models.PositiveIntegerField(default=0, db_default=0)
    fee_covered_by = models.CharField(
        max_length=8, choices=FundedBy.choices, blank=True, default="", db_default=""
    )
    # Whom the tax is owed to: the name of the ledger's account of it. Empty where nothing is taxed.
    tax_jurisdiction = models.CharField(max_length=40, blank=True, default="", db_default="")

    cap_seconds = models.PositiveIntegerField()
    # What the customer chose for this call (`billing.call_caps`): an amount for all of it, a time at which it ends.
    cap_minor = models.BigIntegerField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    free_reserved_seconds = models.PositiveIntegerField(default=0)
    granted_seconds = models.PositiveIntegerField()
    is_final = models.BooleanField()
    # What made the grant final; empty while more can be granted, and for calls from before this was kept.
    bound_by = models.CharField(max_length=16, choices=GrantBound.choices, blank=True, db_default="")
    held_minor = models.BigIntegerField()
    state = models.CharField(
        max_length=8, choices=AuthorizationState.choices, default=AuthorizationState.OPEN
    )

    joined_ms = models.BigIntegerField(null=True)
    charged_seconds = models.PositiveIntegerField(default=0)
    billable_seconds = models.PositiveIntegerField(default=0)
    free_used_seconds = models.PositiveIntegerField(default=0)
    talk_minor = models.BigIntegerField(default=0)
    fee_minor = models.BigIntegerField(default=0)
    operator_minor = models.BigIntegerField(default=0)  # all the operator earned, promo pay included
    platform_minor = models.BigIntegerField(default=0)  # the platform's part of what the customer paid
    promo_minor = models.BigIntegerField(default=0)
    # The parts of the bill (`billing.outcome.Component`); empty on calls settled before there were any.
    components = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))
    created_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    settled_at = models.DateTimeField(null=True)

    objects = AuthorizationQuerySet.as_manager()

    # Seconds and funder of each reservation in order, where they were read along.
    parts: list[tuple[int, str]] | None = None  # set by with_reserved

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reference"], name="authorization_once_per_reference"),
            models.UniqueConstraint(
                fields=["customer"], condition=Q(state=AuthorizationState.OPEN), name="one_open_authorization"
            ),
            models.CheckConstraint(
                condition=Q(state=AuthorizationState.OPEN, settled_at__isnull=True)
                | Q(settled_at__isnull=False, held_minor=0) & ~Q(state=AuthorizationState.OPEN),
                name="authorization_holds_while_open",
            ),
            models.CheckConstraint(
                condition=Q(
                    charged_seconds__lte=F("granted_seconds"), free_used_seconds__lte=F("billable_seconds")
                ),
                name="authorization_within_grant",
            ),
            models.CheckConstraint(
                condition=Q(talk_minor__gte=0, fee_minor__gte=0, promo_minor__gte=0, held_minor__gte=0),
                name="authorization_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(cap_minor__isnull=True) | Q(held_minor__lte=F("cap_minor")),
                name="authorization_within_cap",
            ),
        ]
        indexes = [
            models.Index(F("customer"), F("id").desc(), name="authorization_customer"),
            models.Index(F("state"), F("id").desc(), name="authorization_state"),
            models.Index(fields=["settled_at"], name="authorization_age"),
            models.Index(
                fields=["customer", "settled_at"],
                condition=Q(charged_seconds__gt=0),
                name="authorization_talked",
            ),
            models.Index(
                fields=["operator", "settled_at"],
                condition=Q(usual_share_bps__isnull=False),
                name="authorization_referred",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def tariff(self) -> rating.Tariff:
        """The terms frozen at authorization."""
        return rating.Tariff(**{name: getattr(self, name) for name in TERMS})

    @property
    def cap(self) -> CallCap:
        """What the customer chose for this call."""
        return CallCap(self.cap_minor, self.ends_at)

    @property
    def fees(self) -> tuple[Fee, ...]:
        """What is paid once, on these terms."""
        return fees_of(self.tariff)

    def cost_minor(self, seconds: int) -> int:
        """What the call costs the customer if it ends after `seconds` of talk."""
        return rating.cost(self.tariff, min(seconds, self.granted_seconds), self.free_reserved_seconds)

    def reserved(self) -> list[rating.Reserved]:
        """The free seconds kept for this call, in the order they are used. Reads them unless that was done along."""
        pairs: Iterable[tuple[int, str]] | None = self.parts
        if pairs is None:
            pairs = self.reservations.order_by("order").values_list("seconds", "funded_by")
        return [rating.Reserved(seconds, funded_by == FundedBy.PLATFORM) for seconds, funded_by in pairs]

    def bill_for(self, joined_ms: int | None) -> Outcome:
        """The bill under the frozen terms if the parties were joined for `joined_ms`."""
        return rating.bill(self.tariff, joined_ms, self.granted_seconds, self.reserved())

    @property
    def outcome(self) -> Outcome:
        """What the call came to; nothing until settled. Calls settled before components were kept are computed anew."""
        if self.charged_seconds and not self.components:
            return self.bill_for(self.joined_ms)
        return Outcome.from_columns({name: getattr(self, name) for name in OUTCOME_COLUMNS})

    def take_outcome(self, outcome: Outcome) -> None:
        """Bring this object up to `outcome`, as settling has written it or is about to."""
        for column, value in outcome.columns().items():
            setattr(self, column, value)

    @property
    def charged_minor(self) -> int:
        """All the customer paid; 0 until settled."""
        if not self.components:
            return self.talk_minor + self.fee_minor
        return self.outcome.cost_minor


OUTCOME_COLUMNS = tuple(Outcome(0, 0, 0, ()).columns())


class Reservation(models.Model):
    """Free seconds of one package kept for one authorization; they cannot expire under it."""

    authorization = models.ForeignKey(Authorization, on_delete=models.PROTECT, related_name="reservations")
    package = models.ForeignKey(FreeMinutesPackage, on_delete=models.PROTECT, related_name="reservations")
    order = models.PositiveSmallIntegerField()
    seconds = models.PositiveIntegerField()
    used_seconds = models.PositiveIntegerField(default=0)
    funded_by = models.CharField(max_length=8, choices=FundedBy.choices)

    class Meta:
        ordering = ["authorization", "order"]
        constraints = [
            models.UniqueConstraint(fields=["authorization", "order"], name="reservation_order"),
            models.CheckConstraint(
                condition=Q(seconds__gt=0, used_seconds__lte=F("seconds")), name="reservation_not_overused"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seconds} s for {self.authorization_id}"
