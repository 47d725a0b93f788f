"""What is published of tax years and of unclaimed property. Staff change it when it changes."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_WITHHOLDING_BPS = 2_400  # 26 U.S.C. 3406(a)(1): the fourth lowest rate of section 1(c), 24 %
_YEARS = {
    2024: (60_000, "26 U.S.C. 6041(a) before Public Law 119-21"),
    2025: (60_000, "26 U.S.C. 6041(a) before Public Law 119-21"),
    2026: (200_000, "26 U.S.C. 6041(a) as amended by Public Law 119-21, section 70433"),
}


def add_terms(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Once; what is there stays."""
    for year, (threshold_minor, source) in _YEARS.items():
        apps.get_model("payouts", "TaxYear").objects.get_or_create(
            year=year,
            defaults={
                "threshold_minor": threshold_minor, "withholding_bps": _WITHHOLDING_BPS, "source": source
            },
        )  # fmt: skip
    apps.get_model("payouts", "DormancyTerm").objects.get_or_create(
        region="",
        defaults={
            "years": 3, "source": "Revised Uniform Unclaimed Property Act (2016), section 201: property not specified"
        },
    )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [
        ("payouts", "0001_initial"),
    ]

    operations = [
        migrations.RunPython(add_terms, migrations.RunPython.noop),
    ]
