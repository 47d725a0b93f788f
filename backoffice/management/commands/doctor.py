"""`manage.py doctor`: what is wrong with this installation and what to do; exit 1 if anything must be mended."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from backoffice.doctor import examine
from backoffice.doctor.findings import Finding, Level, write_finding
from backoffice.doctor.phone import call_a_phone


class Command(BaseCommand):
    help = "Say in plain words what is wrong with this installation, and what to do. Exits with 1 if anything is."
    requires_system_checks: list[str] = []  # it makes them itself, and goes on

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--go-live", action="store_true", help="also what is needed before going live")
        parser.add_argument(
            "--call", metavar="+1…", default="", help="call this phone and speak a code; it costs a call"
        )
        parser.add_argument("--mail", metavar="ADDRESS", default="", help="send a test email there")
        parser.add_argument(
            "--no-input", action="store_true", help="do not ask for the code that the phone spoke"
        )
        parser.add_argument("--json", action="store_true", help="one JSON object for each answer")

    def handle(
        self, *, go_live: bool, call: str, mail: str, no_input: bool, json: bool, **options: Any
    ) -> None:
        problems = 0
        for finding in examine(go_live=go_live, mail=mail):
            problems += self._tell(finding, as_json=json)
        if call:
            heard = None if no_input else self._ask_for_code
            for finding in call_a_phone(call, heard):
                problems += self._tell(finding, as_json=json)
        if not json:
            self.stdout.write(f"\n{problems} to fix." if problems else "\nAll is well.")
        if problems:
            raise SystemExit(1)

    def _tell(self, finding: Finding, *, as_json: bool) -> int:
        if as_json:
            self.stdout.write(json.dumps(asdict(finding)))
        else:
            write_finding(self.stdout, finding)
        self.stdout.flush()
        return int(finding.level is Level.PROBLEM)

    def _ask_for_code(self) -> str:
        return input("Which six digits did the phone speak? ")
