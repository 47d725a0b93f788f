"""`manage.py demo`: put the demo's people in. Refuses anywhere but in the demo."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from core.database_roles import owner_at_work
from demo.greetings import give_greetings
from demo.load import load_demo


class Command(BaseCommand):
    help = (
        "Loads the demo data (AEIMS_DEMO=1 only): brands, operators, customers with a past, a staff member."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.IS_DEMO or settings.IS_PRODUCTION:
            raise CommandError(
                "The demo's logins exist in the demo only: set AEIMS_DEMO=1, and never in production."
            )
        with owner_at_work(connection):  # who may say when the past was (demo.replay)
            load_demo(with_past=True)
        if not give_greetings():
            self.stdout.write("No speech synthesizer here, so no operator of the demo has a greeting.")
        self.stdout.write("Demo data is in place.")
