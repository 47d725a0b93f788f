"""Brand: one site that customers know. Read by every request, changed rarely, by staff in the admin.

`docs/adding-a-brand.md` says how a new one comes about: rows only, no code.
"""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now

from brands.hosts import HostField
from brands.states import Attestation, Service
from core import phones
from core.guards import NO_CHANGE, NO_TRUNCATE

E164 = RegexValidator(phones.E164, "A phone number in international form, like +12125550100.")


class Brand(models.Model):
    """A customer site: its names, its numbers, how it looks.

    `caller_id` is the number customers see when their phone rings, `operator_caller_id` the one operators see.
    """

    slug = models.SlugField(unique=True)  # its key in records, filters and exports
    name = models.CharField(max_length=60, unique=True)  # as customers read it, "flirts.nyc"
    spoken_name = models.CharField(
        max_length=80,
        blank=True,
        help_text="How the phone says the name, like “flirts dot N Y C”. Empty: as it is written.",
    )
    theme = models.CharField(
        max_length=50,
        default="neutral",
        help_text="Colors and typefaces of the site and of its drawn icon and card.",
    )  # an entry of `brands.themes`; one that is not there is shown as neutral
    tagline = models.CharField(max_length=120, blank=True)
    description = models.CharField(max_length=300, blank=True)
    currency = models.CharField(max_length=3, default="USD")
    caller_id = models.CharField(max_length=16, validators=[E164])
    operator_caller_id = models.CharField(max_length=16, validators=[E164])
    caller_id_attestation = models.CharField(
        "how the carrier signs them",
        max_length=1,
        choices=Attestation.choices,
        blank=True,
        default="",
        db_default="",
        help_text="STIR/SHAKEN level of both numbers, as the carrier says. Empty: nobody has asked yet.",
    )
    customer_confirms = models.BooleanField(
        "customer presses 1",
        default=True,
        help_text="Consent to the price by key. Turn it off only by decision of the platform.",
    )
    plays_greeting = models.BooleanField(
        "callers hear the operator's greeting",
        default=False,
        db_default=False,
        help_text="Played after the price, while the operator’s phone rings. Not where customers don’t press 1.",
    )
    asks_access_basis = models.BooleanField(
        "asks for proof that a customer is an adult",
        default=False,
        db_default=False,
        help_text="No call until the customer’s account shows one, like a confirmed card payment.",
    )
    support_email = models.EmailField(blank=True, help_text="Where people write; mail is answered there.")
    mail_from = models.EmailField(
        "sender of mail",
        blank=True,
        help_text="An address that the mail server may send from. Empty: the one of the installation.",
    )
    app_name = models.CharField(
        "name of the app",
        max_length=24,
        blank=True,
        default="",
        db_default="",
        help_text="On home screens, lock screens, and as the sender of mail. It should say nothing about the site.",
    )
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name

    @property
    def app_title(self) -> str:
        """What home screens, lock screens, and lists of mail show."""
        return self.app_name or "Inbox"

    @property
    def name_to_speak(self) -> str:
        """What the phone says; the speech synthesizer reads it."""
        return self.spoken_name or self.name


class BrandHost(models.Model):
    """A host name under which a brand answers; the first is the one written in links."""

    host = HostField(unique=True, help_text="Like www.example.com: no https://, no port, no path.")
    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="hosts")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.host


class BrandText(models.Model):
    """One version of what staff write for a brand's home page, in plain text. Never changed, only followed by another.

    Shown is the last published one; what it leaves empty is said in our own words (`storefront.landing`).
    """

    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="+", db_index=False)
    headline = models.CharField(max_length=120, blank=True)
    promise = models.CharField(max_length=300, blank=True)
    questions = models.JSONField(default=list, blank=True)  # [[question, answer], …]
    contact = models.TextField(max_length=500, blank=True)  # a line each
    is_published = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )

    class Meta:
        verbose_name = "text of a home page"
        verbose_name_plural = "texts of home pages"
        indexes = [models.Index(fields=["brand", "-id"], name="text_of_brand")]
        triggers = [NO_CHANGE, NO_TRUNCATE]

    def __str__(self) -> str:
        return f"version {self.pk}"

    @property
    def words(self) -> tuple[str, str, list[list[str]], str]:
        """What it says, to compare two versions by."""
        return self.headline, self.promise, self.questions, self.contact


class PausedService(models.Model):
    """A service that is paused now, on all brands; without a row it is on. Who did it, and why, is in the audit records."""

    service = models.CharField(max_length=12, choices=Service.choices, primary_key=True)
    paused_at = models.DateTimeField()

    class Meta:
        permissions = [("pause_service", "Can pause new calls, card payments, and payouts")]

    def __str__(self) -> str:
        return self.service
