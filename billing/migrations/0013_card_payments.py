"""Card payments, the merchant accounts they go to, and money on its way back to cards."""

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0012_held_earnings"),
        ("brands", "0004_asks_access_basis"),
        ("customers", "0019_consent_as_owner"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="MerchantAccount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("gateway", models.CharField(max_length=40, verbose_name="processor")),
                (
                    "account",
                    models.CharField(
                        help_text="As the processor names it; a payment to any other is not credited.",
                        max_length=80,
                        verbose_name="account",
                    ),
                ),
                (
                    "statement_text",
                    models.CharField(
                        help_text="What the customer's card statement says, as the processor has it.",
                        max_length=60,
                    ),
                ),
                (
                    "support_phone",
                    models.CharField(
                        help_text="The number on the statement, whom a customer calls about a charge.",
                        max_length=20,
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="takes new payments")),
                (
                    "brand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merchant_accounts",
                        to="brands.brand",
                    ),
                ),
            ],
            options={
                "ordering": ["brand", "id"],
            },
        ),
        migrations.CreateModel(
            name="Payment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("created", "not begun"),
                            ("redirected", "on the card company's page"),
                            ("pending", "waiting for the card company"),
                            ("captured", "paid"),
                            ("declined", "declined"),
                            ("canceled", "canceled"),
                            ("unknown", "not answered yet"),
                            ("refunded", "paid back"),
                            ("disputed", "disputed"),
                        ],
                        default="created",
                        max_length=10,
                    ),
                ),
                ("amount_minor", models.PositiveBigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("statement_text", models.CharField(max_length=60)),
                ("return_path", models.CharField(blank=True, max_length=200)),
                ("processor_reference", models.CharField(blank=True, max_length=80)),
                ("captured_minor", models.PositiveBigIntegerField(default=0)),
                ("refunded_minor", models.PositiveBigIntegerField(default=0)),
                ("charged_back_minor", models.PositiveBigIntegerField(default=0)),
                ("won_back_minor", models.PositiveBigIntegerField(default=0)),
                (
                    "problem",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "none"),
                            ("amount", "another amount than ours"),
                            ("currency", "another currency than ours"),
                            ("account", "paid to another merchant account"),
                            ("used_twice", "the same charge was reported for another payment"),
                            ("charged_twice", "the card was charged more than once"),
                        ],
                        max_length=16,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=120)),
                ("card", models.CharField(blank=True, max_length=80)),
                ("card_label", models.CharField(blank=True, max_length=40)),
                ("card_kind", models.CharField(blank=True, max_length=16)),
                ("network_hash", models.BinaryField(max_length=32, null=True)),
                ("created_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
                ("changed_at", models.DateTimeField()),
                ("captured_at", models.DateTimeField(null=True)),
                ("next_check_at", models.DateTimeField(null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payments",
                        to="customers.customer",
                    ),
                ),
                (
                    "merchant_account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.merchantaccount",
                    ),
                ),
                (
                    "saved_from",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.payment",
                    ),
                ),
            ],
            options={
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="PayBack",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("amount_minor", models.PositiveBigIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("in_transit", "on its way"),
                            ("done", "paid back"),
                            ("refused", "refused by the card company"),
                        ],
                        default="in_transit",
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("created_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.customer",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pay_backs",
                        to="billing.payment",
                    ),
                ),
            ],
            options={
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="PaymentNotice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("gateway", models.CharField(max_length=40)),
                ("key", models.CharField(max_length=80)),
                ("event", models.CharField(max_length=40)),
                ("received_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "payment",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notices",
                        to="billing.payment",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.AddConstraint(
            model_name="merchantaccount",
            constraint=models.UniqueConstraint(
                fields=("brand", "gateway", "account"), name="merchant_account_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="merchantaccount",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_active", True)), fields=("brand",), name="one_active_merchant_account"
            ),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                models.F("customer"), models.OrderBy(models.F("id"), descending=True), name="payment_customer"
            ),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                condition=models.Q(("next_check_at__isnull", False)),
                fields=["next_check_at"],
                name="payment_next_check",
            ),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                condition=models.Q(("problem", ""), _negated=True), fields=["id"], name="payment_problem"
            ),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                condition=models.Q(("state", "declined")),
                fields=["network_hash", "changed_at"],
                name="payment_declined_network",
            ),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(fields=["created_at"], name="payment_created"),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gt", 0)), name="payment_amount_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("captured_minor", 0), ("captured_minor", models.F("amount_minor")), _connector="OR"
                ),
                name="payment_captured_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("captured_at__isnull", False), ("captured_minor__gt", 0)),
                    models.Q(
                        ("captured_minor", 0),
                        ("charged_back_minor", 0),
                        ("refunded_minor", 0),
                        ("won_back_minor", 0),
                    ),
                    _connector="OR",
                ),
                name="payment_captured_first",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(("won_back_minor__lte", models.F("charged_back_minor"))),
                name="payment_won_back_of_disputed",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("processor_reference", ""), _negated=True),
                fields=("merchant_account", "processor_reference"),
                name="payment_once_per_charge",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "unknown")), fields=("customer",), name="one_unknown_payment"
            ),
        ),
        migrations.AddIndex(
            model_name="payback",
            index=models.Index(models.F("payment"), models.F("id"), name="pay_back_payment"),
        ),
        migrations.AddIndex(
            model_name="payback",
            index=models.Index(
                models.F("customer"),
                models.OrderBy(models.F("id"), descending=True),
                name="pay_back_customer",
            ),
        ),
        migrations.AddIndex(
            model_name="payback",
            index=models.Index(
                condition=models.Q(("state", "in_transit")), fields=["id"], name="pay_back_in_transit"
            ),
        ),
        migrations.AddConstraint(
            model_name="payback",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gt", 0)), name="pay_back_amount_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="payback",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at__isnull", True), ("state", "in_transit")),
                    models.Q(models.Q(("state", "in_transit"), _negated=True), ("ended_at__isnull", False)),
                    _connector="OR",
                ),
                name="pay_back_ended",
            ),
        ),
        migrations.AddIndex(
            model_name="paymentnotice",
            index=models.Index(fields=["received_at"], name="payment_notice_age"),
        ),
        migrations.AddConstraint(
            model_name="paymentnotice",
            constraint=models.UniqueConstraint(fields=("gateway", "key"), name="payment_notice_once"),
        ),
    ]
