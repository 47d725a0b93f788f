"""Operators' phones are verified by a spoken code. Those that are there count as verified: they have been called.

A number that this installation does not dial is not; who is online with one goes offline, and is told why.
"""

from typing import Any

from django.conf import settings
from django.db import migrations, models
from django.utils import timezone

from core.dialing import may_dial


def take_as_verified(apps: Any, _: Any) -> None:
    operators, at = apps.get_model("operators", "Operator").objects, timezone.now()
    for pk, number in list(operators.values_list("pk", "phone")):
        if may_dial(number, settings.TELEPHONY_ALLOWED_PREFIXES, settings.TELEPHONY_LAB_PREFIXES):
            operators.filter(pk=pk).update(phone_verified_at=at)
        else:
            operators.filter(pk=pk, presence="online").update(presence="offline", presence_since=at)


class Migration(migrations.Migration):
    dependencies = [
        ("operators", "0006_blocked_phone"),
    ]

    operations = [
        migrations.AddField(
            model_name="operator",
            name="phone_verified_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.RunPython(take_as_verified, migrations.RunPython.noop),
    ]
