"""Who is this, and may they spend: User (who logs in), Customer (who calls), their phones and consents."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now

from brands.models import Brand
from core.guards import NO_CHANGE, NO_TRUNCATE
from customers.access_models import AccessRequest as AccessRequest
from customers.exclusion import NEVER_SHORTER
from customers.limit_models import SpendingLimit
from customers.read_along import ReadAlong
from customers.states import AccessBasis, ConsentKind, PhoneBlockReason
from phones.models import PhoneNumber

__all__ = [
    "Consent", "Customer", "CustomerPhone", "CustomerPhoneManager", "Device", "LegalEdition", "LegalText", "LoginNetwork",
    "PhoneVerification", "SpendingLimit", "User", "UserManager",
]  # fmt: skip


class UserManager(BaseUserManager["User"]):
    """Users are known by their e-mail address, in lower case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, **{**fields, "is_staff": True, "is_superuser": True})

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractUser):
    """A person who logs in; one account for all brands and roles."""

    username = None  # type: ignore[assignment]
    email = models.EmailField(unique=True)
    time_zone = models.CharField(max_length=40, default="America/New_York")
    read_along: ReadAlong | None = None  # of whom a request's session is

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []

    objects = UserManager()  # type: ignore[assignment,misc]

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]
        permissions = [("manage_logins", "Can end someone’s sessions and turn off two-step verification")]

    def __str__(self) -> str:
        return self.email


class Customer(models.Model):
    """A user who calls and texts. Operators know the alias and nothing else."""

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="customer")
    alias = models.CharField(max_length=40)
    home_brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="+")
    born_on = models.DateField(null=True, blank=True)
    adult_access_basis = models.CharField(
        max_length=20, choices=AccessBasis.choices, default=AccessBasis.NONE, blank=True
    )
    # Whether there is a row of `SpendingLimit`: set by a trigger of that table, so that most customers cost no statement more.
    has_limits = models.BooleanField(default=False, db_default=False, editable=False)
    # After a change of time zone the days of limits are still those of this one, until the new ones may begin.
    limit_time_zone = models.CharField(max_length=40, blank=True, db_default="", editable=False)
    limit_time_zone_until = models.DateTimeField(null=True, blank=True, editable=False)
    mails_receipts = models.BooleanField("receipts by email", default=False)
    # Where what they buy is taxed, if anything is; empty where they never said.
    zip_code = models.CharField("ZIP code", max_length=5, blank=True, default="", db_default="")
    paused_until = models.DateTimeField("taking a break until", null=True, blank=True)
    # Self-exclusion, which nobody shortens (`customers.exclusion`). A break lasts at least as long.
    excluded_until = models.DateTimeField("self-excluded until", null=True, blank=True)
    closed_at = models.DateTimeField("closed", null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["closed_at"], name="customer_closed", condition=Q(closed_at__isnull=False)),
        ]
        triggers = [NEVER_SHORTER]

    def __str__(self) -> str:
        return self.alias

    def is_paused(self, at: datetime) -> bool:
        """Whether the customer asked not to be able to spend at this time."""
        return self.paused_until is not None and self.paused_until > at

    def is_excluded(self, at: datetime) -> bool:
        """Whether the customer excluded themselves, for this time too."""
        return self.excluded_until is not None and self.excluded_until > at


class CustomerPhoneManager(models.Manager["CustomerPhone"]):
    """Rows come with their number: hardly anybody looks at one without."""

    def get_queryset(self) -> models.QuerySet["CustomerPhone"]:
        return super().get_queryset().select_related("phone_number")


class CustomerPhone(models.Model):
    """A phone of a customer. Only a verified one is ever dialled; a verified number belongs to one customer."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="phones")
    phone_number = models.ForeignKey(PhoneNumber, on_delete=models.PROTECT, related_name="+", db_index=False)
    verified_at = models.DateTimeField(null=True, blank=True)
    # Not called until it is verified anew: since when, and why.
    blocked_at = models.DateTimeField(null=True, blank=True, editable=False)
    block_reason = models.CharField(
        max_length=20, choices=PhoneBlockReason.choices, blank=True, default="", db_default="", editable=False
    )
    is_primary = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = CustomerPhoneManager()

    class Meta:
        permissions = [("manage_phones", "Can add, verify, and unblock phones")]
        constraints = [
            models.UniqueConstraint(fields=["customer", "phone_number"], name="phone_once_per_customer"),
            models.UniqueConstraint(
                fields=["phone_number"], condition=Q(verified_at__isnull=False), name="verified_phone_once"
            ),
            models.UniqueConstraint(
                fields=["customer"], condition=Q(is_primary=True), name="one_primary_phone_per_customer"
            ),
        ]
        # A number that is no longer verified still tells that two accounts are one person's.
        indexes = [models.Index(fields=["phone_number"], name="phone_number")]

    def __str__(self) -> str:
        return f"phone {self.hint}"

    @property
    def hint(self) -> str:
        """What its owner recognises it by, and nobody else."""
        return self.phone_number.hint

    @property
    def number(self) -> str:
        """In E.164: to be dialled, never shown."""
        return self.phone_number.e164


class Device(models.Model):
    """A browser that somebody logged in with, known by a random marker in a cookie (`web.device_marker`)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="devices", db_index=False)
    marker_hash = models.CharField(max_length=64)  # SHA-256; the marker itself is in the browser alone
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "marker_hash"], name="device_once_per_user")]
        indexes = [models.Index(fields=["marker_hash"], name="device_marker")]

    def __str__(self) -> str:
        return f"device of {self.user_id}"


class LoginNetwork(models.Model):
    """That somebody logged in from a network address, known by a keyed hash of it (`customers.services.devices`)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="login_networks", db_index=False)
    network_hash = models.BinaryField(max_length=32)
    last_seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "network_hash"], name="login_network_once_per_user")
        ]
        indexes = [models.Index(fields=["network_hash"], name="login_network")]

    def __str__(self) -> str:
        return f"network of {self.user_id}"


class PhoneVerification(models.Model):
    """A code that was spoken to a phone. Rows are what the limits count; the code itself is nowhere.

    Asked for by a customer, or by an operator: then it has their `user` instead.
    """

    reference = models.CharField(max_length=60, unique=True)
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="verifications", db_index=False, null=True
    )
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="phone_verifications", db_index=False, null=True
    )
    phone_number = models.ForeignKey(PhoneNumber, on_delete=models.PROTECT, related_name="+", db_index=False)
    code_hash = models.CharField(max_length=64)  # HMAC-SHA256 under a key of ours
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries_left = models.PositiveSmallIntegerField()
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(customer__isnull=True) ^ Q(user__isnull=True), name="verification_of_one_person"
            )
        ]
        indexes = [
            models.Index(fields=["customer", "created_at"], name="verification_of_customer"),
            models.Index(fields=["user", "created_at"], name="verification_of_user"),
            models.Index(fields=["phone_number", "created_at"], name="verification_of_number"),
            models.Index(fields=["created_at"], name="verification_age"),
        ]

    def __str__(self) -> str:
        return self.reference


class LegalEdition(models.Model):
    """A text that a brand has published instead of the shipped one (`customers.legal`). Never changed, only followed by another."""

    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, choices=ConsentKind.choices)
    edition = models.CharField(max_length=80)
    text = models.TextField(
        help_text="Separate paragraphs with a blank line. A line that starts with # is a heading."
    )
    summary = models.CharField(
        "what is new", max_length=300, blank=True, help_text="Customers read it when they’re asked to agree."
    )
    published_at = models.DateTimeField(db_default=Now(), editable=False)
    published_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )

    class Meta:
        verbose_name = "legal text"
        constraints = [models.UniqueConstraint(fields=["kind", "edition"], name="legal_edition_once")]
        triggers = [NO_CHANGE, NO_TRUNCATE]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.edition}"


class LegalText(models.Model):
    """A text exactly as it was shown to those who agreed to it. The same for all who saw the same."""

    kind = models.CharField(max_length=20, choices=ConsentKind.choices)
    edition = models.CharField(max_length=80)
    digest = models.CharField(max_length=64)  # SHA-256 of the text
    text = models.TextField()
    first_shown_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "edition", "digest"], name="legal_text_once")]
        triggers = [NO_CHANGE, NO_TRUNCATE]

    def __str__(self) -> str:
        return f"{self.kind} {self.edition}"


class Consent(models.Model):
    """That a customer agreed to something: to what, word for word, when, and from where. Never changed, enforced by the database.

    Consents from before the texts were kept have none; their edition says which it was.
    """

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="consents")
    kind = models.CharField(max_length=20, choices=ConsentKind.choices)
    version = models.CharField("edition", max_length=80)
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="+")
    text = models.ForeignKey(LegalText, null=True, on_delete=models.PROTECT, related_name="+")
    address = models.GenericIPAddressField("network address", null=True)
    user_agent = models.CharField("browser", max_length=300, blank=True, db_default="")
    given_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "kind", "version"], name="consent_once"),
        ]
        triggers = [NO_CHANGE, NO_TRUNCATE]

    def __str__(self) -> str:
        return f"{self.kind} {self.version}"
