"""Calls and what was reported about them. The state machine decides (`machine.py`), services write."""

from enum import StrEnum
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from billing.models import Authorization, Payment
from brands.models import Brand
from customers.models import Customer, CustomerPhone
from customers.states import AccessBasis
from operators.models import Operator
from telephony.greeting_models import GreetingCall as GreetingCall
from telephony.states import (
    FINAL_STATUSES,
    LIVE_STATUSES,
    CallFunds,
    CallStatus,
    CorrectionState,
    EndedBy,
    EndReason,
    EventState,
    Leg,
    ReservationState,
)
from telephony.waiting_models import AvailabilityWatch as AvailabilityWatch
from telephony.waiting_models import CallbackRequest as CallbackRequest


def _choices(words: type[StrEnum]) -> list[tuple[str, str]]:
    return [(word.value, word.value.replace("_", " ")) for word in words]


class CallQuerySet(models.QuerySet["Call"]):
    """Calls, with what services and snapshots need of them."""

    def with_people(self) -> Self:
        """With operator, customer, brand, terms, and phone, so that a snapshot reads nothing more."""
        return self.select_related(
            "operator__user", "customer", "brand", "authorization", "customer_phone__phone_number"
        )

    def locked(self) -> Self:
        """The call's own row locked until the end of the transaction, with its people.

        Its authorization is read after that, when it is asked for: who waited for the lock would get it as it was before.
        """
        people = self.select_related("operator__user", "customer", "brand", "customer_phone__phone_number")
        return people.select_for_update(of=("self",))


class Call(models.Model):
    """One attempt of a customer to talk to an operator, from the click to the receipt.

    The money is on the authorization; here is what happened. Times are Asterisk's for what the phones did, ours for
    what we did. No number is stored: the customer's phone is a row of theirs, the operator's is the operator's.
    """

    call_id = models.CharField(max_length=60, unique=True, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="calls", db_index=False)
    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="calls", db_index=False)
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer_phone = models.ForeignKey(
        CustomerPhone, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    authorization = models.OneToOneField(
        Authorization, null=True, on_delete=models.PROTECT, related_name="call"
    )
    idempotency_key = models.CharField(max_length=200, null=True, editable=False)  # noqa: DJ001 (unique if any)
    adult_access_basis = models.CharField(max_length=20, choices=AccessBasis.choices, blank=True)
    node = models.CharField(max_length=60, blank=True)  # the adapter that has it

    status = models.CharField(max_length=12, choices=_choices(CallStatus), default=CallStatus.INITIATED)
    end_reason = models.CharField(max_length=30, choices=_choices(EndReason), blank=True)
    ended_by = models.CharField(max_length=10, choices=_choices(EndedBy), blank=True)
    sequence = models.PositiveIntegerField(default=0)  # of the changes customers see: orders snapshots

    initiated_at = models.DateTimeField()
    not_after = models.DateTimeField()  # last moment at which the customer's phone may be dialled
    ringing_at = models.DateTimeField(null=True, blank=True)
    customer_answered_at = models.DateTimeField(null=True, blank=True)
    customer_no_key_at = models.DateTimeField(null=True, blank=True)  # answered, and no key for a while
    operator_ringing_at = models.DateTimeField(null=True, blank=True)
    operator_answered_at = models.DateTimeField(null=True, blank=True)
    operator_accepted_at = models.DateTimeField(
        null=True, blank=True
    )  # on the page; the phone still presses 1
    joined_at = models.DateTimeField(null=True, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    heard_at = models.DateTimeField(null=True, blank=True)  # when the adapter last spoke of it, our clock
    known_joined_ms = models.PositiveBigIntegerField(default=0)  # how long it was joined when last heard of
    joined_ms = models.PositiveBigIntegerField(null=True, blank=True)
    charged_seconds = models.PositiveIntegerField(null=True, blank=True)
    # The party that has the other on hold, both with a comma between; as last heard, so of no meaning once it is over.
    held_by = models.CharField(max_length=20, blank=True, default="", db_default="", editable=False)
    # Funds that the customer may add by a key: what was offered last and not taken, when, what was charged for the last key.
    funds_offered_minor = models.PositiveBigIntegerField(null=True, editable=False)
    funds_offered_at = models.DateTimeField(null=True, editable=False)
    funds_payment = models.ForeignKey(
        Payment, null=True, on_delete=models.PROTECT, related_name="+", db_index=False, editable=False
    )
    funds_state = models.CharField(
        max_length=10, choices=_choices(CallFunds), blank=True, default="", db_default="", editable=False
    )
    needs_review = models.BooleanField(default=False)
    is_hidden = models.BooleanField(default=False)  # by the customer, from their own history

    objects = CallQuerySet.as_manager()

    # From the customer's wallet, refunds taken off, and what these are; by `selectors.history_of` and `call_of`.
    paid_minor: int
    given_back_minor: int
    is_sold: bool  # whether anything was charged for it when it ended; by `activity.uncharged_calls`

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(status__in=sorted(LIVE_STATUSES)),
                name="one_live_call_per_customer",
            ),
            models.UniqueConstraint(
                fields=["operator"],
                condition=Q(status__in=sorted(LIVE_STATUSES)),
                name="one_live_call_per_operator",
            ),
            models.UniqueConstraint(
                fields=["customer", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
                name="call_once_per_key",
            ),
            models.CheckConstraint(
                condition=Q(status__in=sorted(LIVE_STATUSES), ended_at__isnull=True)
                | Q(status__in=sorted(FINAL_STATUSES), ended_at__isnull=False),
                name="call_ended_when_final",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-id"], name="call_of_customer"),
            models.Index(fields=["operator", "-id"], name="call_of_operator"),
            models.Index(fields=["customer", "operator", "-id"], name="call_of_both"),
            models.Index(fields=["status", "-id"], name="call_by_status"),
            models.Index(
                fields=["heard_at"], condition=Q(status__in=sorted(LIVE_STATUSES)), name="call_live_silent"
            ),
            models.Index(fields=["-id"], condition=Q(needs_review=True), name="call_to_review"),
        ]

    def __str__(self) -> str:
        return self.call_id

    @property
    def is_live(self) -> bool:
        return self.status in LIVE_STATUSES

    @property
    def terms(self) -> Authorization:
        """The authorization: every saved call has one but in the moment between its insertion and its hold."""
        if self.authorization is None:
            raise RuntimeError(f"{self.call_id} has no authorization")
        return self.authorization


class CallEvent(models.Model):
    """What the adapter reported, as it was, with the answer it got: a repeat is answered the same."""

    event_id = models.CharField(max_length=200, unique=True)
    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="events", db_index=False)
    sequence = models.PositiveIntegerField()
    state = models.CharField(max_length=12, choices=_choices(EventState))
    ts = models.DateTimeField()  # Asterisk's time of the fact
    metadata = models.JSONField(default=dict)
    session_id = models.CharField(max_length=200, blank=True)
    answer = models.JSONField(default=dict)
    received_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        indexes = [models.Index(fields=["call", "id"], name="event_of_call")]

    def __str__(self) -> str:
        return f"{self.state} #{self.sequence}"


class Correction(models.Model):
    """A call that was charged otherwise than Asterisk recorded, for staff to decide: one for a call, and once."""

    call = models.OneToOneField(Call, on_delete=models.PROTECT, related_name="correction")
    joined_at = models.DateTimeField()
    recorded_ms = models.PositiveBigIntegerField()  # 0: never joined by the record
    booked_ms = models.PositiveBigIntegerField(null=True)  # null: never joined in the books
    left_first = models.CharField(max_length=10, choices=_choices(Leg), blank=True)
    change_minor = models.BigIntegerField()  # of the charge, as computed when it was found
    state = models.CharField(
        max_length=10, choices=_choices(CorrectionState), default=CorrectionState.WAITING
    )
    created_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["id"], condition=Q(state=CorrectionState.WAITING), name="correction_waiting"
            ),
            models.Index(fields=["-handled_at"], name="correction_decided"),
        ]

    def __str__(self) -> str:
        return f"correction of {self.call_id}"

    @property
    def gives_back_minor(self) -> int:
        return max(0, -self.change_minor)


class Reservation(models.Model):
    """An operator waits for one customer, who adds funds, until `ends_at`; `Operator.reserved_until` is the same moment."""

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="reservations", db_index=False
    )
    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(max_length=10, choices=_choices(ReservationState), default=ReservationState.OPEN)
    created_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            *(
                models.UniqueConstraint(
                    fields=[whose],
                    condition=Q(state=ReservationState.OPEN),
                    name=f"one_reservation_per_{whose}",
                )
                for whose in ("customer", "operator")
            ),
            models.CheckConstraint(
                condition=Q(state=ReservationState.OPEN, ended_at=None)
                | ~Q(state=ReservationState.OPEN) & Q(ended_at__isnull=False),
                name="reservation_ended",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-id"], name="reservation_of_customer"),
            models.Index(
                fields=["ends_at"], condition=Q(state=ReservationState.OPEN), name="reservation_open_until"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operator} for {self.customer}"


class ExchangeAlarm(models.Model):
    """One exchange had too large a part of the trunk's time, in the day or the week before (`telephony.exchanges`).

    An exchange, as `712-432`, is that of ten thousand numbers; no number is stored with it.
    """

    exchange = models.CharField(max_length=7)
    window = models.CharField(max_length=4)  # day or week
    day = models.DateField()  # UTC
    share_bps = models.PositiveIntegerField()
    minutes = models.PositiveIntegerField()
    raised_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["exchange", "window", "day"], name="exchange_alarm_once_a_day")
        ]
        indexes = [models.Index(fields=["-raised_at"], name="exchange_alarm_recent")]

    def __str__(self) -> str:
        return f"{self.exchange} in a {self.window}"


class SoundFile(models.Model):
    """A sound that names a brand or an operator, as nodes fetch it (`telephony.sounds`): some tens of kilobytes.

    The id is made of its content, so a row never changes. A recording may take the place of `data` before the first
    node has fetched it.
    """

    content_id = models.CharField(max_length=32, primary_key=True, editable=False)
    text = models.CharField(max_length=200, editable=False)
    data = models.BinaryField()
    made_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return self.text
