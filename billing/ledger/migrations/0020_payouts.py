"""Kinds of accounts and transactions for payouts; what is withheld or returned of them is no earning of its day."""

from django.db import migrations, models

from core.sql_functions import InstallFunction


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0019_plain_labels"),
    ]

    operations = [
        migrations.AlterField(
            model_name="account",
            name="kind",
            field=models.CharField(
                choices=[
                    ("wallet", "customer's wallet"),
                    ("payable", "owed to an operator"),
                    ("revenue", "platform's revenue"),
                    ("promo", "given away for promotion"),
                    ("adjustment", "corrections by staff"),
                    ("processor", "card processor"),
                    ("payout", "paid to operators"),
                    ("tax", "tax owed"),
                    ("received", "received outside: transfers, cash"),
                    ("in_transit", "refunds on their way to cards"),
                    ("disputes", "lost in disputes"),
                    ("fees", "fees of card processors"),
                    ("uncollected", "charged and not collected"),
                    ("bank", "bank"),
                    ("opening", "brought over from the previous system"),
                    ("out_transit", "payouts in transit"),
                    ("withheld", "backup withholding owed"),
                    ("write_offs", "debts of operators written off"),
                ],
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="transaction",
            name="kind",
            field=models.CharField(
                choices=[
                    ("call", "call"),
                    ("connect_fee", "connection fee"),
                    ("message", "message"),
                    ("tip", "tip"),
                    ("top_up", "top-up"),
                    ("refund", "refund"),
                    ("chargeback", "chargeback"),
                    ("adjustment", "adjustment"),
                    ("payout", "payout"),
                    ("promo", "promotion"),
                    ("pay_back", "paid back to a card"),
                    ("fee", "fee of a card processor"),
                    ("deposit", "arrived at the bank"),
                    ("opening", "brought over"),
                    ("uncollected", "borne by the platform"),
                    ("payout_paid", "payout arrived"),
                    ("payout_back", "payout returned"),
                    ("payout_fee", "fee for a payout at once"),
                    ("withholding", "backup withholding"),
                    ("write_off", "debt written off"),
                ],
                max_length=12,
            ),
        ),
        InstallFunction(
            "ledger_roll_up",
            sha256="bfcb049a21be4f863e7f7308c6cf45157c158b70257488952a521071777ac969",
            replaces="373bd214a00a43fbc6579f18239138d00956a75b833c58bad126772a21a18ab2",
        ),
    ]
