"""Customers who wait for an operator: to be told when she is free, or to be called back."""

from django.db import models
from django.db.models import Q

from brands.models import Brand
from customers.models import Customer
from operators.models import Operator
from telephony.states import OPEN_CALLBACKS, CallbackState, WatchState


class AvailabilityWatch(models.Model):
    """A customer is told once that an operator is free, at `ended_at`, if that happens before `expires_at`.

    Before `rings_until` their phone is called, too, if a call costs no more than these prices (cents).
    """

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="+", db_index=False)
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(
        max_length=10, choices=[(state.value, state.value) for state in WatchState], default=WatchState.OPEN
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    dismissed_at = models.DateTimeField(null=True)  # the customer has read the news on a page
    rings_until = models.DateTimeField(null=True)
    rate_minor = models.PositiveIntegerField(null=True)
    fee_minor = models.PositiveIntegerField(null=True)
    # Free first minutes that were promised then: the phone isn't called without them.
    first_seconds = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "operator"], condition=Q(state=WatchState.OPEN), name="one_watch_per_pair"
            ),
            models.CheckConstraint(
                condition=Q(state=WatchState.OPEN, ended_at=None)
                | ~Q(state=WatchState.OPEN) & Q(ended_at__isnull=False),
                name="watch_ended",
            ),
            models.CheckConstraint(
                condition=Q(rings_until=None) | Q(rate_minor__isnull=False, fee_minor__isnull=False),
                name="watch_rings_at_a_price",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-id"], name="watch_of_customer"),
            models.Index(fields=["operator", "id"], condition=Q(state=WatchState.OPEN), name="watch_open"),
            models.Index(
                fields=["operator", "-ended_at"], condition=Q(state=WatchState.TOLD), name="watch_told"
            ),
            models.Index(fields=["expires_at"], condition=Q(state=WatchState.OPEN), name="watch_open_until"),
        ]

    def __str__(self) -> str:
        return f"{self.operator_id} for {self.customer_id}"


class CallbackRequest(models.Model):
    """A customer wants to talk with an operator when she has time. It reserves nothing: accepting is an ordinary call.

    `rings`: the customer's phone is called once when she offers it, at these prices (cents) at most.
    """

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="+", db_index=False)
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(
        max_length=10,
        choices=[(state.value, state.value) for state in CallbackState],
        default=CallbackState.REQUESTED,
    )
    rings = models.BooleanField(default=False)
    rate_minor = models.PositiveIntegerField()
    fee_minor = models.PositiveIntegerField()
    first_seconds = models.PositiveIntegerField(default=0, db_default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    offered_until = models.DateTimeField(null=True)  # of the running offer, or the last one
    rang_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    call = models.ForeignKey(
        "telephony.Call", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "operator"],
                condition=Q(state__in=OPEN_CALLBACKS),
                name="one_callback_per_pair",
            ),
            models.UniqueConstraint(
                fields=["operator"], condition=Q(state=CallbackState.OFFERED), name="one_offer_per_operator"
            ),
            models.CheckConstraint(
                condition=Q(state__in=OPEN_CALLBACKS, ended_at=None)
                | ~Q(state__in=OPEN_CALLBACKS) & Q(ended_at__isnull=False),
                name="callback_ended",
            ),
            models.CheckConstraint(
                condition=~Q(state=CallbackState.OFFERED) | Q(offered_until__isnull=False),
                name="callback_offered",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-id"], name="callback_of_customer"),
            models.Index(
                fields=["operator", "id"], condition=Q(state__in=OPEN_CALLBACKS), name="callback_open"
            ),
            models.Index(
                fields=["expires_at"], condition=Q(state__in=OPEN_CALLBACKS), name="callback_open_until"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operator_id} calls {self.customer_id} back"
