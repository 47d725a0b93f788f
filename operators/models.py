"""Who answers: Operator, where they are listed, blocks, and what happened between two people or on one day.

Interaction and OperatorDay are counters: the transaction of the verb that changes a thing updates them
(`operators.services.count_activity`), so that no page ever counts a large table.
"""

from datetime import datetime

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Now

from brands.models import E164, Brand
from core import clock
from customers.models import Customer, User
from operators.portrait_urls import Portrait, photo_portrait, portrait_of
from operators.states import Availability, AwayReason, BlockedBy, PhotoState, Presence, RatedThing, Standing


class Operator(models.Model):
    """An independent adult who sells conversation. Amounts in cents, share in basis points."""

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="operator")
    stage_name = models.CharField(max_length=60)
    slug = models.SlugField(unique=True)
    headline = models.CharField(max_length=120, blank=True)
    bio = models.TextField(max_length=2000, blank=True)
    languages = models.JSONField(default=list, blank=True)  # names as shown, ["English", "Spanish"]
    specialties = models.JSONField(default=list, blank=True)
    portrait_seed = models.CharField(max_length=40, blank=True)
    photo = models.CharField(max_length=32, blank=True, editable=False)  # digest of the Photo that is shown

    rate_per_minute_minor = models.PositiveIntegerField("rate per minute (cents)", default=399)
    connect_fee_minor = models.PositiveIntegerField("connect fee (cents)", default=99)
    rate_per_message_minor = models.PositiveIntegerField("rate per message (cents)", default=50)
    share_bps = models.PositiveIntegerField(
        "share (basis points)", default=8000, validators=[MinValueValidator(0), MaxValueValidator(10_000)]
    )

    phone = models.CharField(max_length=16, blank=True, validators=[E164])  # private: dialled, never shown
    standing = models.CharField(max_length=12, choices=Standing.choices, default=Standing.PENDING)
    identified_at = models.DateTimeField("identity checked", null=True, blank=True)

    presence = models.CharField(max_length=8, choices=Presence.choices, default=Presence.OFFLINE)
    presence_since = models.DateTimeField(db_default=Now(), editable=False)
    in_call = models.BooleanField(default=False, editable=False)  # set by telephony alone
    # Online ends by itself at `online_until` (empty: never) unless something the operator does moves it on.
    online_minutes = models.PositiveSmallIntegerField("minutes online after the last activity", default=240)
    online_until = models.DateTimeField(null=True, blank=True, editable=False)
    wrap_up_seconds = models.PositiveSmallIntegerField("seconds of wrap-up after a call", default=60)
    wrap_up_until = models.DateTimeField(null=True, blank=True, editable=False)
    missed_in_row = models.PositiveSmallIntegerField(default=0, editable=False)
    away_reason = models.CharField(max_length=8, choices=AwayReason.choices, blank=True, editable=False)

    takes_calls = models.BooleanField(default=True)
    takes_messages = models.BooleanField(default=True)

    # What staff allow: the operator sets prices inside these bounds, and gives away this many free minutes a month.
    min_rate_minor = models.PositiveIntegerField("lowest rate per minute (cents)", default=99)
    max_rate_minor = models.PositiveIntegerField("highest rate per minute (cents)", default=999)
    max_connect_fee_minor = models.PositiveIntegerField("highest connect fee (cents)", default=299)
    max_message_minor = models.PositiveIntegerField("highest rate per message (cents)", default=500)
    free_minutes_per_month = models.PositiveIntegerField("free minutes to give away each month", default=60)

    # Of the ratings that are shown; kept by the services that rate and moderate.
    rating_count = models.PositiveIntegerField(default=0, editable=False)
    rating_sum = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    # How the directory finds and orders (operators.directory); kept by the database.
    shelf = models.GeneratedField(  # 0 can talk, 1 in a call, 2 away, 3 offline: availability but for what time ends
        expression=Case(
            When(Q(takes_calls=False) | Q(presence=Presence.OFFLINE), then=Value(3)),
            When(in_call=True, then=Value(1)),
            When(presence=Presence.AWAY, then=Value(2)),
            default=Value(0),
        ),
        output_field=models.SmallIntegerField(),
        db_persist=True,
    )
    esteem = (
        models.GeneratedField(  # mean rating in hundredths, as if five customers more had given four stars
            expression=(F("rating_sum") * 100 + 2000) / (F("rating_count") + 5),
            output_field=models.IntegerField(),
            db_persist=True,
        )
    )
    words = models.GeneratedField(
        expression=SearchVector("stage_name", "headline", "specialties", "bio", config="simple"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(share_bps__lte=10_000), name="operator_share_at_most_all"),
            models.CheckConstraint(
                condition=Q(min_rate_minor__lte=F("max_rate_minor")), name="operator_rate_bounds"
            ),
        ]
        indexes = [
            models.Index(fields=["standing", "presence", "id"], name="operator_directory"),
            *(
                models.Index(
                    fields=["shelf", *order],
                    name=f"operator_by_{name}",
                    condition=Q(standing=Standing.APPROVED),
                )
                for name, order in (
                    ("esteem", ["-esteem", "id"]),
                    ("price", ["rate_per_minute_minor", "id"]),
                    ("age", ["-id"]),
                )
            ),
            GinIndex(fields=["words"], name="operator_words"),
            GinIndex(fields=["languages"], name="operator_languages", opclasses=["jsonb_path_ops"]),
            GinIndex(fields=["specialties"], name="operator_specialties", opclasses=["jsonb_path_ops"]),
        ]

    def __str__(self) -> str:
        return self.stage_name

    @property
    def availability(self) -> Availability:
        """What a customer sees now; `operators.selectors.availability_rank` says the same in SQL."""
        at = clock.now()
        if self.standing != Standing.APPROVED or not self.takes_calls or self.presence == Presence.OFFLINE:
            return Availability.OFFLINE
        if self.in_call:
            return Availability.BUSY
        if self.presence == Presence.AWAY or self.has_timed_out(at):
            return Availability.AWAY
        return Availability.BUSY if self.is_wrapping_up(at) else Availability.ONLINE

    def has_timed_out(self, at: datetime) -> bool:
        """Whether the time they were going to be online for is over."""
        return self.online_until is not None and self.online_until <= at

    def is_wrapping_up(self, at: datetime) -> bool:
        """Whether they have a moment for themselves after a call."""
        return self.wrap_up_until is not None and self.wrap_up_until > at

    @property
    def rating(self) -> float | None:
        """The mean of the ratings that are shown, one decimal; None before the first."""
        return round(self.rating_sum / self.rating_count, 1) if self.rating_count else None

    @property
    def portrait(self) -> Portrait:
        """What customers see of them."""
        return portrait_of(self.stage_name, photo=self.photo, seed=self.portrait_seed or self.slug)


class Photo(models.Model):
    """A photo on its way to the customers; of each operator one that is shown, one that waits or was refused."""

    operator = models.ForeignKey(Operator, on_delete=models.CASCADE, related_name="photos", db_index=False)
    state = models.CharField(max_length=8, choices=PhotoState.choices)
    digest = models.CharField(max_length=32, db_index=True)  # of the largest file's content
    offered_at = models.DateTimeField()
    reason = models.CharField(max_length=300, blank=True)  # why it was refused

    class Meta:
        constraints = [models.UniqueConstraint(fields=["operator", "state"], name="photo_once")]
        indexes = [
            models.Index(fields=["id"], name="photo_waiting", condition=Q(state=PhotoState.WAITING)),
        ]

    def __str__(self) -> str:
        return f"photo of {self.operator_id}"

    @property
    def portrait(self) -> Portrait:
        """As it would be shown."""
        return photo_portrait(self.digest, alt=f"The new photo of {self.operator.stage_name}")


class PhotoFile(models.Model):
    """One size of a photo, drawn by us (`operators.photo_processing`): some tens of kilobytes."""

    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="files", db_index=False)
    width = models.PositiveSmallIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["photo", "width"], name="photo_file_once")]

    def __str__(self) -> str:
        return f"{self.photo_id} at {self.width}"


class Listing(models.Model):
    """That an operator is shown on a brand."""

    operator = models.ForeignKey(Operator, on_delete=models.CASCADE, related_name="listings")
    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="listings")
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["brand", "operator"], name="listing_once")]

    def __str__(self) -> str:
        return f"{self.operator_id} on {self.brand_id}"


class Favourite(models.Model):
    """An operator whom a customer wants to find again quickly. Nobody else is told."""

    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="favourites", db_index=False
    )
    operator = models.ForeignKey(Operator, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "operator"], name="favourite_once")]
        indexes = [models.Index(fields=["customer", "-id"], name="favourite_recent")]

    def __str__(self) -> str:
        return f"{self.operator_id} of {self.customer_id}"


class Block(models.Model):
    """No contact between these two, whoever of them wished it."""

    operator = models.ForeignKey(Operator, on_delete=models.CASCADE, related_name="blocks")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="blocks", db_index=False)
    blocked_by = models.CharField(max_length=10, choices=BlockedBy.choices)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "operator", "blocked_by"], name="block_once"),
        ]

    def __str__(self) -> str:
        return f"block by {self.blocked_by}"


class Interaction(models.Model):
    """What passed between one customer and one operator, in numbers (seed: operator_customer_interactions)."""

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="interactions", db_index=False
    )
    operator = models.ForeignKey(
        Operator, on_delete=models.PROTECT, related_name="interactions", db_index=False
    )
    calls = models.PositiveIntegerField(default=0)
    chats = models.PositiveIntegerField(default=0)
    messages = models.PositiveIntegerField(default=0)
    seconds = models.PositiveBigIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "operator"], name="interaction_once")]
        indexes = [
            models.Index(F("operator"), F("last_at").desc(), F("id").desc(), name="interaction_recent")
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} and {self.operator_id}"


class OperatorDay(models.Model):
    """An operator's day on one brand, in the operator's time zone: a roll-up of what was earned and done.

    `earned_minor` is what the day's ledger transactions moved on their payable, refunds included and payouts left
    out; the ledger itself keeps it (`ledger_roll_up`), so that no posting can forget it.
    """

    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="days", db_index=False)
    brand = models.ForeignKey(  # empty: a correction that belongs to no site
        Brand, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    day = models.DateField()
    calls = models.PositiveIntegerField(default=0)
    seconds = models.PositiveBigIntegerField(default=0)
    chats = models.PositiveIntegerField(default=0)
    messages = models.PositiveIntegerField(default=0)
    earned_minor = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operator", "day", "brand"], name="operator_day_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.operator_id} {self.day}"


class BrandContact(models.Model):
    """How often a customer came to an operator on one brand (a joined call or a chat is once)."""

    operator = models.ForeignKey(
        Operator, on_delete=models.PROTECT, related_name="brand_contacts", db_index=False
    )
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    contacts = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operator", "brand", "customer"], include=["contacts"], name="brand_contact_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} and {self.operator_id} on {self.brand_id}"


class Note(models.Model):
    """What an operator wants to remember of a customer. Theirs alone; staff read it on record only."""

    operator = models.ForeignKey(Operator, on_delete=models.CASCADE, related_name="notes", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+", db_index=False)
    text = models.TextField(max_length=2000)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["operator", "customer"], name="note_once")]

    def __str__(self) -> str:
        return f"note of {self.operator_id}"


class ScheduleSlot(models.Model):
    """Usual hours on one day of the week, in the operator's time zone; an end before the start is the next day's."""

    operator = models.ForeignKey(Operator, on_delete=models.CASCADE, related_name="schedule", db_index=False)
    weekday = models.PositiveSmallIntegerField(validators=[MaxValueValidator(6)])  # 0 is Monday
    starts = models.TimeField()
    ends = models.TimeField()

    class Meta:
        ordering = ["weekday", "starts"]
        constraints = [models.UniqueConstraint(fields=["operator", "weekday", "starts"], name="slot_once")]

    def __str__(self) -> str:
        return f"{self.weekday} {self.starts:%H:%M}"


class Rating(models.Model):
    """One to five for a call, or for texting, from the customer who paid for it; with a review and an answer."""

    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="ratings", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="ratings", db_index=False)
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="+", db_index=False)
    thing = models.CharField(max_length=8, choices=RatedThing.choices)
    reference = models.CharField(max_length=80, unique=True)  # call id or message id
    stars = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(5)])
    review = models.TextField(max_length=1000, blank=True)
    created_at = models.DateTimeField()
    answer = models.TextField(max_length=1000, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    is_hidden = models.BooleanField("hidden by staff", default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(stars__gte=1, stars__lte=5), name="stars_one_to_five"),
            models.UniqueConstraint(
                fields=["customer", "operator"],
                condition=Q(thing=RatedThing.MESSAGE),
                name="texting_rated_once",
            ),
        ]
        indexes = [models.Index(F("operator"), F("id").desc(), name="rating_of_operator")]

    def __str__(self) -> str:
        return f"{self.stars} for {self.operator_id}"
