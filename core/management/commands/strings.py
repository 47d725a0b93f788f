"""`manage.py strings`: every string that people read or hear, with its file and line, to be read aloud."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from core.visible_strings import visible_strings


class Command(BaseCommand):
    help = "Lists every string that people read or hear, one a line: file, line, words."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--under", default="", help="only files whose path begins with this, like templates/storefront"
        )

    def handle(self, *args: Any, under: str, **options: Any) -> None:
        for found in visible_strings(settings.BASE_DIR):
            if found.file.startswith(under):
                self.stdout.write(str(found))
