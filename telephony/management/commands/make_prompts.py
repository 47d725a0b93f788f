"""`manage.py make_prompts`: make the sounds that name a brand or an operator, from their rows."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from telephony.services.make_sounds import make_missing_sounds, missing_sounds
from telephony.speech import SpeechError


class Command(BaseCommand):
    help = (
        "Make the sounds that name a brand or an operator and are not there yet. Nodes fetch them as calls need "
        "them; until then neutral ones are played. The worker does the same every few minutes."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            result = make_missing_sounds()
        except SpeechError as error:
            count = len(missing_sounds())
            raise CommandError(f"{error}\n{count} sounds are not made; neutral ones are played.") from error
        self.stdout.write(f"{result.made} sounds made.")
        if result.failed:
            raise CommandError("Not made: " + "; ".join(result.failed))
