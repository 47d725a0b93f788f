"""The texts that customers agree to, word for word, and the editions that brands publish."""

import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("brands", "0004_asks_access_basis"),
        ("customers", "0012_encrypt_seeds"),
    ]

    operations = [
        migrations.AddField(
            model_name="consent",
            name="address",
            field=models.GenericIPAddressField(null=True, verbose_name="network address"),
        ),
        migrations.AddField(
            model_name="consent",
            name="user_agent",
            field=models.CharField(blank=True, db_default="", max_length=300, verbose_name="browser"),
        ),
        migrations.AlterField(
            model_name="consent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("adult", "I am 18 or older"),
                    ("terms", "Terms"),
                    ("privacy", "Privacy notice"),
                    ("prices", "Prices and how calls are charged"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="consent",
            name="version",
            field=models.CharField(max_length=80, verbose_name="edition"),
        ),
        migrations.CreateModel(
            name="LegalEdition",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("adult", "I am 18 or older"),
                            ("terms", "Terms"),
                            ("privacy", "Privacy notice"),
                            ("prices", "Prices and how calls are charged"),
                        ],
                        max_length=20,
                    ),
                ),
                ("edition", models.CharField(max_length=80)),
                (
                    "text",
                    models.TextField(
                        help_text="Paragraphs with an empty line between. A line that begins with # is a heading."
                    ),
                ),
                (
                    "summary",
                    models.CharField(
                        blank=True,
                        help_text="Customers read it when they are asked to agree.",
                        max_length=300,
                        verbose_name="what is new",
                    ),
                ),
                (
                    "published_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "brand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="brands.brand"
                    ),
                ),
                (
                    "published_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "legal text",
            },
        ),
        migrations.CreateModel(
            name="LegalText",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("adult", "I am 18 or older"),
                            ("terms", "Terms"),
                            ("privacy", "Privacy notice"),
                            ("prices", "Prices and how calls are charged"),
                        ],
                        max_length=20,
                    ),
                ),
                ("edition", models.CharField(max_length=80)),
                ("digest", models.CharField(max_length=64)),
                ("text", models.TextField()),
                (
                    "first_shown_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "edition", "digest"), name="legal_text_once")
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="legaltext",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="2e5e8d0257cfeee5e8b2b4a035cebbe61f4ac707",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_f0c7c",
                    table="customers_legaltext",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="legaltext",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        IF current_setting('aeims.may_truncate', true) = 'on' THEN RETURN NULL; END IF;\n        RAISE EXCEPTION 'rows of % are never removed', TG_TABLE_NAME USING ERRCODE = 'AE405';\n    ",
                    hash="480568a94f66b9b61a309039577b64d0e98d083e",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_d2828",
                    table="customers_legaltext",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddField(
            model_name="consent",
            name="text",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="customers.legaltext",
            ),
        ),
        migrations.AddConstraint(
            model_name="legaledition",
            constraint=models.UniqueConstraint(fields=("kind", "edition"), name="legal_edition_once"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="legaledition",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="5f57ed58d704f212af80e792d2394c5a6af7a5e6",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_bfd91",
                    table="customers_legaledition",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="legaledition",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        IF current_setting('aeims.may_truncate', true) = 'on' THEN RETURN NULL; END IF;\n        RAISE EXCEPTION 'rows of % are never removed', TG_TABLE_NAME USING ERRCODE = 'AE405';\n    ",
                    hash="eea574639f79f31df06477673cc4b266ac404fce",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_7794a",
                    table="customers_legaledition",
                    when="BEFORE",
                ),
            ),
        ),
    ]
