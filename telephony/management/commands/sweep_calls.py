"""`manage.py sweep_calls`: ask the adapter about silent calls now, instead of waiting for the worker."""

from typing import Any

from django.core.management.base import BaseCommand

from telephony.services.sweep import sweep


class Command(BaseCommand):
    help = "Asks the adapter about live calls that nobody has heard of for half a minute."

    def handle(self, *args: Any, **options: Any) -> None:
        swept = sweep()
        self.stdout.write(
            f"asked about {swept.asked}, ended by the adapter's word {swept.ended}, presumed over {swept.presumed}"
        )
