"""Operators prove their phones by a spoken code, too: a verification is a customer's or another user's."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0010_guards"),
    ]

    operations = [
        migrations.AlterField(
            model_name="phoneverification",
            name="customer",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="verifications",
                to="customers.customer",
            ),
        ),
        migrations.AddField(
            model_name="phoneverification",
            name="user",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="phone_verifications",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="phoneverification",
            index=models.Index(fields=["user", "created_at"], name="verification_of_user"),
        ),
        migrations.AddConstraint(
            model_name="phoneverification",
            constraint=models.CheckConstraint(
                condition=Q(("customer__isnull", True)) ^ Q(("user__isnull", True)),
                name="verification_of_one_person",
            ),
        ),
    ]
