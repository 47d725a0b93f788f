"""Brand: one site that customers know. Read by every request, changed rarely (by staff)."""

from django.core.validators import RegexValidator
from django.db import models

from core import phones

E164 = RegexValidator(phones.E164, "A phone number in international form, like +12125550100.")


class Brand(models.Model):
    """A customer site: its names, its numbers, how it looks.

    `caller_id` is the number customers see when their phone rings, `operator_caller_id` the one operators see.
    """

    slug = models.SlugField(unique=True)  # also names the theme and the sound folder
    name = models.CharField(max_length=60, unique=True)  # as customers read it, "flirts.nyc"
    tagline = models.CharField(max_length=120, blank=True)
    description = models.CharField(max_length=300, blank=True)
    currency = models.CharField(max_length=3, default="USD")
    caller_id = models.CharField(max_length=16, validators=[E164])
    operator_caller_id = models.CharField(max_length=16, validators=[E164])
    customer_confirms = models.BooleanField(
        "customer presses 1",
        default=True,
        help_text="Consent to the price by key; off only by a decision of the house.",
    )
    support_email = models.EmailField(blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class BrandHost(models.Model):
    """A host name under which a brand answers; the first is the one written in links."""

    host = models.CharField(max_length=253, unique=True)  # lower case, no port
    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="hosts")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.host
