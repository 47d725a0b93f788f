"""A right for what staff do about somebody's logins; and no more API tokens that never end and are kept as they are."""

from typing import Any

from django.db import migrations


def end_tokens(apps: Any, schema_editor: Any) -> None:
    """They were kept readable; those of now are found by a hash, so none of these opens anything."""
    apps.get_model("authtoken", "Token").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0017_login_network"),
        ("authtoken", "0003_tokenproxy"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="user",
            options={
                "permissions": [
                    ("manage_logins", "Can end somebody's sessions and remove a lost second factor")
                ]
            },
        ),
        migrations.RunPython(end_tokens, migrations.RunPython.noop),
    ]
