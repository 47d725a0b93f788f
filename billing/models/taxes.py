"""Tax as data: where it is owed, at which rates since when, and what each brand's prices contain.

Without a rate nothing is taxed. What applies is frozen when a call is authorized, a text is sent, or a tip is given, so a new row is for what
comes after it.
"""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Func, Q

from billing.jurisdictions import require_jurisdiction
from billing.taxes import MILLIONTHS
from brands.models import Brand

ZIP = RegexValidator(r"\A[0-9]{5}\Z", "Five digits, like 10001.")
_PREFIX = RegexValidator(r"\A[0-9]{1,5}\Z", "One to five digits, like 100 for all of Manhattan’s.")
_IN_MILLIONTHS = "In millionths: 138750 is 13.875%."


class TaxJurisdiction(models.Model):
    """Whom tax is owed to. `code` names the ledger's account of it and never changes."""

    code = models.CharField(max_length=40, unique=True, validators=[require_jurisdiction])
    name = models.CharField(max_length=80)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code


class TaxZip(models.Model):
    """ZIP codes of a jurisdiction, by how they begin. The longest beginning that fits a customer's decides."""

    jurisdiction = models.ForeignKey(TaxJurisdiction, on_delete=models.CASCADE, related_name="zips")
    prefix = models.CharField("ZIP codes that begin with", max_length=5, unique=True, validators=[_PREFIX])

    class Meta:
        ordering = ["prefix"]
        verbose_name = "ZIP codes"
        verbose_name_plural = "ZIP codes"
        constraints = [
            models.CheckConstraint(condition=Q(prefix__regex=r"^[0-9]+$"), name="tax_zip_of_digits")
        ]

    def __str__(self) -> str:
        return self.prefix


def _rate(label: str) -> "models.PositiveIntegerField[int, int]":
    return models.PositiveIntegerField(
        label, default=0, help_text=_IN_MILLIONTHS, validators=[MaxValueValidator(MILLIONTHS)]
    )


class TaxRate(models.Model):
    """What is taxed in a jurisdiction, from a day on (New York); at most one row holds on any day."""

    jurisdiction = models.ForeignKey(TaxJurisdiction, on_delete=models.PROTECT, related_name="rates")
    starts_on = models.DateField("from")
    ends_on = models.DateField("to, that day included", null=True, blank=True)
    voice_millionths = _rate("talk")
    text_millionths = _rate("texts")
    fee_millionths = _rate("connection fee")
    tip_millionths = models.PositiveIntegerField(
        "tips", default=0, db_default=0, help_text=_IN_MILLIONTHS, validators=[MaxValueValidator(MILLIONTHS)]
    )

    class Meta:
        ordering = ["jurisdiction", "starts_on"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="tax_rate_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=Q(
                    voice_millionths__lte=MILLIONTHS,
                    text_millionths__lte=MILLIONTHS,
                    fee_millionths__lte=MILLIONTHS,
                    tip_millionths__lte=MILLIONTHS,
                ),
                name="tax_rate_at_most_all",
            ),
            # The jurisdiction as a range of one number, which needs no extension of PostgreSQL.
            ExclusionConstraint(
                name="one_tax_rate_a_day",
                expressions=[
                    (
                        Func(
                            F("jurisdiction"), F("jurisdiction"), models.Value("[]"), function="int8range",
                            output_field=models.TextField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                    (
                        Func(
                            F("starts_on"), F("ends_on"), models.Value("[]"), function="daterange",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                violation_error_message="Another rate for this jurisdiction already covers one of these days.",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.jurisdiction} from {self.starts_on}"


class BrandTax(models.Model):
    """What a brand decides about tax. A brand without a row puts it on top, and taxes only customers whose ZIP code it knows."""

    brand = models.OneToOneField(Brand, on_delete=models.CASCADE, related_name="+")
    home_zip = models.CharField(
        "ZIP code for customers who gave none", max_length=5, blank=True, validators=[ZIP]
    )
    is_included = models.BooleanField(
        "prices contain tax", default=False, help_text="Off: tax is added on top of them."
    )

    class Meta:
        verbose_name = "tax of a brand"
        verbose_name_plural = "tax of brands"

    def __str__(self) -> str:
        return f"tax on {self.brand_id}"
