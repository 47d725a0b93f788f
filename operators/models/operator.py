"""The operator: who answers."""

from datetime import datetime, timedelta

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from core import clock
from customers.models import User
from operators import pricing
from operators.availability import STORED_RANK, availability_at
from operators.drawn_portraits import DrawnAs
from operators.greeting_urls import PlayableGreeting, greeting_of
from operators.models.time_off import TimeOff
from operators.portrait_urls import Portrait, portrait_of
from operators.states import ApprovalStatus, Availability, AwayReason, Presence
from phones.models import PhoneNumber

NEWCOMER_DAYS = 30
MOST_FIRST_MINUTES = 10
NOBODYS_POINTS = 30  # of whom nobody has called yet
NOBODYS_ANSWER_POINTS = 80  # of whom too few have called to count their answers
# What few statements ask for; the rest of the row is short.
LONG_TEXTS = ("bio", "languages", "specialties", "search_stems", "search_vector")


class Operator(TimeOff):
    """An independent adult who sells conversation. Amounts in cents, share in basis points."""

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="operator")
    stage_name = models.CharField(max_length=60)
    slug = models.SlugField(unique=True)
    headline = models.CharField(max_length=120, blank=True)
    bio = models.TextField(max_length=2000, blank=True)
    languages = models.JSONField(default=list, blank=True)  # names as shown, ["English", "Spanish"]
    specialties = models.JSONField(default=list, blank=True)
    portrait_seed = models.CharField(max_length=40, blank=True)
    drawn_as = models.CharField(max_length=5, choices=DrawnAs.choices, blank=True, db_default="", default="")
    photo = models.CharField(max_length=32, blank=True, editable=False)  # digest of the Photo that is shown
    photo_color = models.CharField(max_length=7, blank=True, db_default="", default="", editable=False)
    # Digest of the photo of which there is AVIF in every size; not that of `photo` while the worker is at it.
    avif_photo = models.CharField(max_length=32, blank=True, db_default="", default="", editable=False)

    # Digest and length of the Greeting that is shown.
    greeting = models.CharField(max_length=32, blank=True, default="", db_default="", editable=False)
    greeting_ms = models.PositiveIntegerField(default=0, db_default=0, editable=False)

    # The prices, one column for each of `operators.pricing.PRICES`.
    rate_per_minute_minor = models.PositiveIntegerField("rate per minute (cents)", default=399)
    connect_fee_minor = models.PositiveIntegerField("connection fee (cents)", default=99)
    rate_per_message_minor = models.PositiveIntegerField("rate per message (cents)", default=50)
    share_bps = models.PositiveIntegerField(
        "share (basis points)", default=8000, validators=[MinValueValidator(0), MaxValueValidator(10_000)]
    )
    referral_share_bps = models.PositiveIntegerField(  # see billing.shares
        "share from their own link (basis points)", null=True, blank=True, validators=[MaxValueValidator(10_000)],
        help_text="For 12 months after a customer signed up through the operator’s link. Empty: the ordinary share.",
    )  # fmt: skip

    phone_number = models.ForeignKey(  # private: dialled, never shown
        PhoneNumber, null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    phone_verified_at = models.DateTimeField(null=True, blank=True, editable=False)  # not dialled before that
    phone_blocked_at = models.DateTimeField(null=True, blank=True, editable=False)  # 9 was pressed on it
    approval_status = models.CharField(
        max_length=12, choices=ApprovalStatus.choices, default=ApprovalStatus.PENDING
    )
    identified_at = models.DateTimeField("identity checked", null=True, blank=True)

    presence = models.CharField(max_length=8, choices=Presence.choices, default=Presence.OFFLINE)
    presence_since = models.DateTimeField(db_default=Now(), editable=False)
    in_call = models.BooleanField(default=False, editable=False)  # set by telephony alone
    # Online ends by itself at `online_until` (empty: never) unless something the operator does moves it on.
    online_minutes = models.PositiveSmallIntegerField("minutes online after the last activity", default=240)
    online_until = models.DateTimeField(null=True, blank=True, editable=False)
    wrap_up_seconds = models.PositiveSmallIntegerField("seconds of wrap-up after a call", default=60)
    wrap_up_until = models.DateTimeField(null=True, blank=True, editable=False)
    # While the customer of a `telephony.Reservation` adds funds; busy for everybody else.
    reserved_until = models.DateTimeField(null=True, blank=True, editable=False)
    missed_in_row = models.PositiveSmallIntegerField(default=0, editable=False)
    missed_seen_at = models.DateTimeField(
        null=True, editable=False
    )  # when they last saw the list of missed calls
    away_reason = models.CharField(max_length=8, choices=AwayReason.choices, blank=True, editable=False)

    takes_calls = models.BooleanField(default=True)
    takes_messages = models.BooleanField(default=True)

    # What staff allow: the operator sets prices inside these bounds, and gives away this many free minutes a month.
    min_rate_minor = models.PositiveIntegerField("lowest rate per minute (cents)", default=99)
    max_rate_minor = models.PositiveIntegerField("highest rate per minute (cents)", default=999)
    max_connect_fee_minor = models.PositiveIntegerField("highest connection fee (cents)", default=299)
    max_message_minor = models.PositiveIntegerField("highest rate per message (cents)", default=500)
    free_minutes_per_month = models.PositiveIntegerField("free minutes to give away each month", default=60)
    # How many of those each new caller has for the first call (`billing.first_minutes`); 0: none.
    first_minutes = models.PositiveSmallIntegerField(
        "free first minutes for new callers", default=0, db_default=0
    )

    # Of the ratings that are shown; kept by the services that rate and moderate.
    rating_count = models.PositiveIntegerField(default=0, editable=False)
    rating_sum = models.PositiveIntegerField(default=0, editable=False)
    # How many of them gave so many stars, for the bars beside the mean.
    rated_1 = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    rated_2 = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    rated_3 = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    rated_4 = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    rated_5 = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    # What customers who come back add to their place in the directory, in hundredths of a star (`services.count_returning`).
    returning_points = models.PositiveSmallIntegerField(
        default=NOBODYS_POINTS, db_default=NOBODYS_POINTS, editable=False
    )
    # What the calls that they took add, likewise (`telephony.services.count_answers`).
    answer_points = models.PositiveSmallIntegerField(
        default=NOBODYS_ANSWER_POINTS, db_default=NOBODYS_ANSWER_POINTS, editable=False
    )
    # Of whom worked when tax forms came: when that was. From then on they have a grace time to give us one.
    tax_form_asked_at = models.DateTimeField(db_default=Now(), editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    # How the directory orders and searches (`operators.directory`); kept by the database. The instance that changed a
    # field holds the old values until it is read again.
    availability_rank = models.GeneratedField(  # see operators.availability
        expression=STORED_RANK, output_field=models.SmallIntegerField(), db_persist=True
    )
    weighted_rating = models.GeneratedField(  # in hundredths, as if five more customers had given four stars
        expression=(F("rating_sum") * 100 + 2000) / (F("rating_count") + 5),
        output_field=models.IntegerField(),
        db_persist=True,
    )
    standing = models.GeneratedField(  # the same, the customers who come back, and the calls that were taken
        expression=(F("rating_sum") * 100 + 2000) / (F("rating_count") + 5)
        + F("returning_points")
        + F("answer_points"),
        output_field=models.IntegerField(),
        db_persist=True,
    )
    search_stems = models.GeneratedField(  # names as they are, the rest by English stems
        expression=SearchVector("stage_name", config="simple")
        + SearchVector("headline", "specialties", "languages", "bio", config="english"),
        output_field=SearchVectorField(),
        db_persist=True,
    )
    # Searched by the release before this one.
    search_vector = models.GeneratedField(
        expression=SearchVector("stage_name", "headline", "specialties", "bio", config="simple"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    # Which version of the row was read, where that was read along.
    version: str | None = None

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(share_bps__lte=10_000), name="operator_share_at_most_all"),
            models.CheckConstraint(
                condition=Q(referral_share_bps__isnull=True) | Q(referral_share_bps__lte=10_000),
                name="operator_referral_share_at_most_all",
            ),
            models.CheckConstraint(
                condition=Q(first_minutes__lte=MOST_FIRST_MINUTES), name="operator_first_minutes_bounds"
            ),
            *(
                models.CheckConstraint(
                    condition=Q((f"{bounds.lowest}__lte", F(bounds.highest))),
                    name=f"operator_{bounds.name}_bounds",
                )
                for bounds in pricing.BOUNDS
                if bounds.lowest
            ),
        ]
        indexes = [
            models.Index(fields=["approval_status", "presence", "id"], name="operator_directory"),
            *(
                models.Index(
                    fields=["availability_rank", *order],
                    name=f"operator_by_{name}",
                    condition=Q(approval_status=ApprovalStatus.APPROVED),
                )
                for name, order in (
                    ("standing", ["-standing", "id"]),
                    ("rating", ["-weighted_rating", "id"]),  # read by the release before this one
                    *(
                        (price.index_name, [price.column, "id"])
                        for price in pricing.PRICES
                        if price.index_name
                    ),
                    ("age", ["-id"]),
                )
            ),
            GinIndex(fields=["search_stems"], name="operator_search_stems"),
            GinIndex(fields=["search_vector"], name="operator_search"),
            GinIndex(fields=["languages"], name="operator_languages", opclasses=["jsonb_path_ops"]),
            GinIndex(fields=["specialties"], name="operator_specialties", opclasses=["jsonb_path_ops"]),
        ]

    def __str__(self) -> str:
        return self.stage_name

    @property
    def phone(self) -> str:
        """The number that is dialled for them, in E.164; empty if there is none. Never shown."""
        return self.phone_number.e164 if self.phone_number else ""

    @property
    def availability(self) -> Availability:
        """What a customer sees now."""
        if self.approval_status != ApprovalStatus.APPROVED:
            return Availability.OFFLINE
        at = clock.now()
        return availability_at(
            self.availability_rank,
            has_timed_out=self.has_timed_out(at),
            is_taken=self.is_wrapping_up(at) or self.is_reserved(at),
            is_on_vacation=self.is_on_vacation(at),
        )

    def has_timed_out(self, at: datetime) -> bool:
        """Whether they chose to be online, and the time they were going to be online for is over."""
        is_over = self.online_until is not None and self.online_until <= at
        return is_over and self.presence == Presence.ONLINE

    def is_on_break(self, at: datetime) -> bool:
        """Whether they said at what time they are back."""
        return self.presence == Presence.AWAY and self.break_until is not None and self.break_until > at

    def returns_at(self, at: datetime) -> datetime | None:
        """When their break is over, for those who could take calls then; None else."""
        return self.break_until if self.is_on_break(at) and self.availability == Availability.AWAY else None

    def is_wrapping_up(self, at: datetime) -> bool:
        """Whether they have a moment for themselves after a call."""
        return self.wrap_up_until is not None and self.wrap_up_until > at

    def is_reserved(self, at: datetime) -> bool:
        """Whether a customer who adds funds has them reserved."""
        return self.reserved_until is not None and self.reserved_until > at

    @property
    def prices(self) -> list[tuple[pricing.Price, int]]:
        """Each price and its amount, in cents."""
        return [(price, getattr(self, price.column)) for price in pricing.PRICES]

    @property
    def rate_now_minor(self) -> int:
        """What a minute costs now, in cents."""
        return pricing.rate_minor(self, clock.now())

    @property
    def rating(self) -> float | None:
        """The mean of the ratings that are shown, one decimal; None before the first."""
        return round(self.rating_sum / self.rating_count, 1) if self.rating_count else None

    def is_new(self, at: datetime) -> bool:
        """Whether they joined in the last `NEWCOMER_DAYS`; cards say so."""
        return self.created_at > at - timedelta(days=NEWCOMER_DAYS)

    @property
    def star_counts(self) -> tuple[int, ...] | None:
        """How many gave one star, two, … five; None while they don't add up to the mean, as during an upgrade."""
        counts = (self.rated_1, self.rated_2, self.rated_3, self.rated_4, self.rated_5)
        stars = sum(number * count for number, count in enumerate(counts, 1))
        return counts if (sum(counts), stars) == (self.rating_count, self.rating_sum) else None

    @property
    def photo_has_avif(self) -> bool:
        """Whether the photo that is shown can be had as AVIF."""
        return bool(self.photo) and self.avif_photo == self.photo

    @property
    def portrait(self) -> Portrait:
        """What customers see of them."""
        return portrait_of(
            self.stage_name,
            photo=self.photo,
            color=self.photo_color,
            has_avif=self.photo_has_avif,
            seed=self.portrait_seed or self.slug,
            drawn_as=self.drawn_as,
            topics=self.specialties,
        )

    @property
    def playable_greeting(self) -> PlayableGreeting | None:
        """What customers hear of them before they call; None without a greeting."""
        return greeting_of(self.stage_name, digest=self.greeting, duration_ms=self.greeting_ms)
