"""A right for what staff do about somebody's logins; and API tokens, which were kept readable and never ended, as hashes that do."""

from typing import Any

from django.db import migrations

from core.encryption import hashes


def hash_tokens(apps: Any, schema_editor: Any) -> None:
    """Programs go on with the token they have, for one term from now; not for staff and people with a second factor."""
    tokens = apps.get_model("authtoken", "Token").objects
    factors = apps.get_model("mfa", "Authenticator").objects.values("user")
    kept = tokens.filter(user__is_active=True, user__is_staff=False, user__is_superuser=False)
    kept = list(kept.exclude(user__in=factors).values_list("user", "key"))
    tokens.all().delete()
    for user_id, key in kept:
        tokens.create(user_id=user_id, key=hashes(key, "API token")[0].hex()[:40])


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0017_login_network"),
        ("authtoken", "0003_tokenproxy"),
        ("mfa", "0003_authenticator_type_uniq"),
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
        migrations.RunPython(hash_tokens, migrations.RunPython.noop),
    ]
