"""A rate for tips, and codes of tax jurisdictions that begin with a state. Cases may say that something was paid by mistake."""

import django.core.validators
from django.db import migrations, models

import billing.jurisdictions
from core.sql_functions import InstallFunction


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0020_fee_coverage"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="taxrate",
            name="tax_rate_at_most_all",
        ),
        migrations.AddField(
            model_name="taxrate",
            name="tip_millionths",
            field=models.PositiveIntegerField(
                db_default=0,
                default=0,
                help_text="In millionths: 138750 is 13.875%.",
                validators=[django.core.validators.MaxValueValidator(1000000)],
                verbose_name="tips",
            ),
        ),
        migrations.AlterField(
            model_name="taxjurisdiction",
            name="code",
            field=models.CharField(
                max_length=40, unique=True, validators=[billing.jurisdictions.require_jurisdiction]
            ),
        ),
        migrations.AddConstraint(
            model_name="taxrate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("fee_millionths__lte", 1000000),
                    ("text_millionths__lte", 1000000),
                    ("tip_millionths__lte", 1000000),
                    ("voice_millionths__lte", 1000000),
                ),
                name="tax_rate_at_most_all",
            ),
        ),
        migrations.AlterField(
            model_name="case",
            name="problem",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "none"),
                    ("poor_sound", "Poor sound"),
                    ("cut_off", "We were cut off"),
                    ("wrong_person", "Not who I expected"),
                    ("wrong_charge", "I was charged wrong"),
                    ("unknown_charge", "I don’t recognize this charge"),
                    ("by_mistake", "I paid it by mistake"),
                    ("other", "Something else"),
                ],
                max_length=16,
            ),
        ),
        InstallFunction(
            "billing_tax_terms",
            sha256="8e68eb39b56a7cf9b26fc4ab3136224a389bfb17fbf67f89f877200b56bd3e79",
            replaces="02335dab4a5e4b3e20c2bbfbdaca394425226f44c48bb4f50ea65e94feefce05",
        ),
    ]
