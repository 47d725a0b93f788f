"""Each posting adds to the sum of its accounts' quarter hours. What was posted before is counted by the next migration."""

import django.db.models.deletion
from django.db import migrations, models

from core.sql_functions import InstallFunction


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0021_entries_by_key"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccountQuarterHour",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "account_id",
                        "begins_at",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("begins_at", models.DateTimeField()),
                ("amount_minor", models.BigIntegerField()),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="quarter_hours",
                        to="ledger.account",
                    ),
                ),
            ],
        ),
        # A row is written again with each posting of its quarter hour: room for that keeps it on its page, and out of the index.
        migrations.RunSQL(
            "ALTER TABLE ledger_accountquarterhour SET (fillfactor = 70)", migrations.RunSQL.noop
        ),
        InstallFunction(
            "ledger_count_quarter_hours",
            sha256="87a325f8a0fcbd5778e0827374aef763ce1041c27eb451db65fb03c76f644ffd",
            drop="DROP FUNCTION ledger_count_quarter_hours(bigint[], bigint[], bigint[]);",
        ),
        InstallFunction(
            "ledger_recount_quarter_hours",
            sha256="e5652823c59caeaf6647799503f1f268bc33a9f88ec15a6ebbd91320762fd80a",
            drop="DROP FUNCTION ledger_recount_quarter_hours(bigint);",
        ),
        InstallFunction(
            "ledger_post",
            sha256="8b1097f296fa08c11f795139761043ff9e00c4730ff630a594011b7230202018",
            replaces="1c6b4f78d29c517d6d1387691113d9f5a64cd68dbc17949e4915321fc55d4328",
        ),
    ]
