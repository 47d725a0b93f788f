"""An authorization keeps the components of its outcome; calls settled before keep none and are computed anew."""

from django.db import migrations, models

from core.sql_functions import InstallFunction


class Migration(migrations.Migration):
    dependencies = [("billing", "0006_plans_by_key"), ("ledger", "0007_one_file_per_function")]

    operations = [
        migrations.AddField(
            model_name="authorization",
            name="components",
            field=models.JSONField(db_default=models.Value([], models.JSONField()), default=list),
        ),
        InstallFunction(
            "billing_settle",
            sha256="5afe636c491631acc4c8d0d9a92f606fa48c438d09898a00eadacb004932bbe6",
            replaces="6112eff795a92fbc515bdfd9705874be34a14d8b92df26058e048e5729e8c0cf",
        ),
    ]
