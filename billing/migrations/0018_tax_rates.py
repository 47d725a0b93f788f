"""Tax rates by jurisdiction and day, ZIP codes, what brands decide, and the function that says what applies."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

from core.sql_functions import InstallFunction


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0017_tax_terms"),
        ("brands", "0004_asks_access_basis"),
    ]

    operations = [
        migrations.CreateModel(
            name="TaxJurisdiction",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "code",
                    models.CharField(
                        max_length=40,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[A-Z0-9-]+\\Z", "Capital letters, digits, and hyphens, like NY-NYC."
                            )
                        ],
                    ),
                ),
                ("name", models.CharField(max_length=80)),
            ],
            options={
                "ordering": ["code"],
            },
        ),
        migrations.CreateModel(
            name="BrandTax",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "home_zip",
                    models.CharField(
                        blank=True,
                        max_length=5,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[0-9]{5}\\Z", "Five digits, like 10001."
                            )
                        ],
                        verbose_name="ZIP code of customers who gave none",
                    ),
                ),
                (
                    "is_included",
                    models.BooleanField(
                        default=False,
                        help_text="Off: tax is added on top of them.",
                        verbose_name="prices contain tax",
                    ),
                ),
                (
                    "brand",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="brands.brand"
                    ),
                ),
            ],
            options={
                "verbose_name": "tax of a brand",
                "verbose_name_plural": "tax of brands",
            },
        ),
        migrations.CreateModel(
            name="TaxRate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("starts_on", models.DateField(verbose_name="from")),
                ("ends_on", models.DateField(blank=True, null=True, verbose_name="to, that day included")),
                (
                    "voice_millionths",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="In millionths: 138750 is 13.875%.",
                        validators=[django.core.validators.MaxValueValidator(1000000)],
                        verbose_name="talk",
                    ),
                ),
                (
                    "text_millionths",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="In millionths: 138750 is 13.875%.",
                        validators=[django.core.validators.MaxValueValidator(1000000)],
                        verbose_name="texts",
                    ),
                ),
                (
                    "fee_millionths",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="In millionths: 138750 is 13.875%.",
                        validators=[django.core.validators.MaxValueValidator(1000000)],
                        verbose_name="connection fee",
                    ),
                ),
                (
                    "jurisdiction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rates",
                        to="billing.taxjurisdiction",
                    ),
                ),
            ],
            options={
                "ordering": ["jurisdiction", "starts_on"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ends_on", None), ("ends_on__gte", models.F("starts_on")), _connector="OR"
                        ),
                        name="tax_rate_ends_after_it_starts",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("fee_millionths__lte", 1000000),
                            ("text_millionths__lte", 1000000),
                            ("voice_millionths__lte", 1000000),
                        ),
                        name="tax_rate_at_most_all",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            (
                                models.Func(
                                    models.F("jurisdiction"),
                                    models.F("jurisdiction"),
                                    models.Value("[]"),
                                    function="int8range",
                                    output_field=models.TextField(),
                                ),
                                "&&",
                            ),
                            (
                                models.Func(
                                    models.F("starts_on"),
                                    models.F("ends_on"),
                                    models.Value("[]"),
                                    function="daterange",
                                    output_field=django.contrib.postgres.fields.ranges.DateRangeField(),
                                ),
                                "&&",
                            ),
                        ],
                        name="one_tax_rate_a_day",
                        violation_error_message="Another rate of this jurisdiction holds on one of these days.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TaxZip",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "prefix",
                    models.CharField(
                        max_length=5,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[0-9]{1,5}\\Z", "One to five digits, like 100 for all of Manhattan’s."
                            )
                        ],
                        verbose_name="ZIP codes that begin with",
                    ),
                ),
                (
                    "jurisdiction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="zips",
                        to="billing.taxjurisdiction",
                    ),
                ),
            ],
            options={
                "verbose_name": "ZIP codes",
                "verbose_name_plural": "ZIP codes",
                "ordering": ["prefix"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("prefix__regex", "^[0-9]+$")), name="tax_zip_of_digits"
                    )
                ],
            },
        ),
        InstallFunction(
            "billing_tax_terms",
            sha256="02335dab4a5e4b3e20c2bbfbdaca394425226f44c48bb4f50ea65e94feefce05",
            drop="DROP FUNCTION billing_tax_terms(text, bigint, date)",
        ),
    ]
