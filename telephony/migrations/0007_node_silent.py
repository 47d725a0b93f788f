"""All calls of a node may fall silent at once: one more way for a call to end."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("telephony", "0006_operator_accepted"),
    ]

    operations = [
        migrations.AlterField(
            model_name="call",
            name="end_reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("hangup", "hangup"),
                    ("credit_exhausted", "credit exhausted"),
                    ("not_renewed", "not renewed"),
                    ("hold_limit", "hold limit"),
                    ("media_lost", "media lost"),
                    ("node_silent", "node silent"),
                    ("safety_limit", "safety limit"),
                    ("switch_lost", "switch lost"),
                    ("customer_cancelled", "customer cancelled"),
                    ("customer_busy", "customer busy"),
                    ("customer_declined", "customer declined"),
                    ("customer_no_answer", "customer no answer"),
                    ("customer_no_key", "customer no key"),
                    ("customer_wrong_key", "customer wrong key"),
                    ("customer_do_not_call", "customer do not call"),
                    ("customer_unreachable", "customer unreachable"),
                    ("operator_busy", "operator busy"),
                    ("operator_declined", "operator declined"),
                    ("operator_no_answer", "operator no answer"),
                    ("operator_no_key", "operator no key"),
                    ("operator_wrong_key", "operator wrong key"),
                    ("operator_do_not_call", "operator do not call"),
                    ("operator_unreachable", "operator unreachable"),
                    ("carrier_fault", "carrier fault"),
                    ("staff_ended", "staff ended"),
                    ("adapter_restarted", "adapter restarted"),
                    ("phone_system_unavailable", "phone system unavailable"),
                    ("expired", "expired"),
                    ("unheard", "unheard"),
                ],
                max_length=30,
            ),
        ),
    ]
