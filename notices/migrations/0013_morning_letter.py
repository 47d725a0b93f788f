"""The owner's letter each morning."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notices", "0012_self_exclusion"),
    ]

    operations = [
        migrations.AlterField(
            model_name="notice",
            name="kind",
            field=models.CharField(
                choices=[
                    ("login_code", "code to log in"),
                    ("address_code", "code to confirm an address"),
                    ("password_reset", "link to choose a password"),
                    ("account_exists", "sign-up with a known address"),
                    ("no_account", "login with an unknown address"),
                    ("security_change", "change of a login"),
                    ("receipt", "receipt of a call"),
                    ("funds_answered", "how to add funds"),
                    ("funds_credited", "funds added by staff"),
                    ("funds_declined", "request for funds declined"),
                    ("payment_received", "funds added by card"),
                    ("payment_disputed", "card payment in dispute"),
                    ("paid_back", "paid back to a card"),
                    ("pay_back_refused", "refused by a card"),
                    ("case_opened", "case opened"),
                    ("case_answered", "case answered"),
                    ("case_decided", "appeal decided"),
                    ("access_approved", "access code"),
                    ("access_declined", "application for access declined"),
                    ("refund", "refund"),
                    ("charge_corrected", "charge of a call corrected"),
                    ("self_excluded", "self-exclusion began"),
                    ("account_closed", "account closed"),
                    ("balance_returned", "balance of a closed account paid back"),
                    ("erasure_requested", "data to be erased"),
                    ("erased", "data erased"),
                    ("data_ready", "copy of somebody's data"),
                    ("operator_approved", "operator approved"),
                    ("operator_suspended", "operator suspended"),
                    ("photo_approved", "photo approved"),
                    ("photo_refused", "photo declined"),
                    ("photo_removed", "photo removed by staff"),
                    ("earnings_held", "earnings held"),
                    ("earnings_released", "held earnings released"),
                    ("earnings_withdrawn", "held earnings given back"),
                    ("profile_text_approved", "profile text approved"),
                    ("profile_text_refused", "profile text declined"),
                    ("server_error", "error on the site, to the owner"),
                    ("ledger_head", "head of the ledger's seals, to the owner"),
                    ("morning", "figures of the day before, to the owner"),
                    ("exchange_alarm", "busy exchange, to the owner"),
                    ("approval_requested", "approval requested"),
                    ("approval_delayed", "deed above a limit, to the owner"),
                    ("approval_decided", "request for approval decided"),
                ],
                max_length=30,
            ),
        ),
    ]
