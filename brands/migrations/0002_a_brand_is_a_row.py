"""Theme and spoken name of each brand, which code held until now; hosts as browsers send them."""

from typing import Any

from django.db import migrations, models

import brands.hosts

# What the code said of these two, by slug. Every other brand is neutral and spoken as it is written.
THEMES = {"flirts": "flirts", "nycflirts": "nycflirts"}
SPOKEN_NAMES = {"flirts": "flirts dot N Y C", "nycflirts": "N Y C flirts dot com"}


def fill_in(apps: Any, schema_editor: Any) -> None:
    brand_model = apps.get_model("brands", "Brand")
    for slug, theme in THEMES.items():
        brand_model.objects.filter(slug=slug).update(theme=theme, spoken_name=SPOKEN_NAMES[slug])


def normalize_hosts(apps: Any, schema_editor: Any) -> None:
    """A host in capitals never matched a request. Where its normal form is there too, that row does the work."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT id, host FROM brands_brandhost ORDER BY id")
        rows = cursor.fetchall()
        hosts = {host for _, host in rows}
        for row_id, host in rows:
            normal = brands.hosts.normalize_host(host)
            if normal == host:
                continue
            if normal in hosts:
                cursor.execute("DELETE FROM brands_brandhost WHERE id = %s", [row_id])
            else:
                cursor.execute("UPDATE brands_brandhost SET host = %s WHERE id = %s", [normal, row_id])
                hosts.add(normal)


class Migration(migrations.Migration):
    dependencies = [("brands", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="brand",
            name="spoken_name",
            field=models.CharField(
                blank=True,
                help_text="How the phone says the name, like “flirts dot N Y C”. Empty: as it is written.",
                max_length=80,
            ),
        ),
        migrations.AddField(
            model_name="brand",
            name="theme",
            field=models.CharField(
                default="neutral",
                help_text="Colors and typefaces of the site and of its drawn icon and card.",
                max_length=50,
            ),
        ),
        migrations.AlterField(
            model_name="brand",
            name="customer_confirms",
            field=models.BooleanField(
                default=True,
                help_text="Consent to the price by key. Turn it off only by decision of the platform.",
                verbose_name="customer presses 1",
            ),
        ),
        migrations.AlterField(
            model_name="brandhost",
            name="host",
            field=brands.hosts.HostField(
                help_text="Like www.example.com: no https://, no port, no path.", max_length=253, unique=True
            ),
        ),
        migrations.RunPython(fill_in, migrations.RunPython.noop),
        migrations.RunPython(normalize_hosts, migrations.RunPython.noop),
    ]
