"""`manage.py setup`: the owner, the first site, and the first operator, asked one by one; or a page that asks the same."""

import json
import sys
from argparse import ArgumentParser
from getpass import getpass
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from backoffice.doctor.findings import write_finding
from backoffice.first_start import is_needed, new_token, set_up, try_out
from backoffice.first_start_form import FirstStartForm
from core.errors import DomainError
from web.requests import Site


class Command(BaseCommand):
    help = "Set up an empty installation: owner, site, numbers, card processor, first operator."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--page", action="store_true", help="print the address and the token of the page instead"
        )
        parser.add_argument(
            "--answers", metavar="FILE", help="JSON of all answers; - reads it from standard input"
        )

    def handle(self, *, page: bool, answers: str | None, **options: Any) -> None:
        if not is_needed():
            raise CommandError(
                "This installation already has an administrator. Log in to the back office instead."
            )
        if page:
            scheme = "https" if settings.IS_PRODUCTION else "http"
            path = reverse("backoffice:setup", urlconf=settings.SITE_URLCONFS[Site.ADMIN])
            self.stdout.write(f"Open {scheme}://{settings.ADMIN_HOSTS[0]}{path} within an hour.")
            self.stdout.write(f"Token: {new_token()}")
            return
        form = FirstStartForm(_read(answers)) if answers else self._ask()
        if not form.is_valid():
            raise CommandError(
                "\n".join(f"{name}: {' '.join(map(str, errors))}" for name, errors in form.errors.items())
            )
        try:
            owner = set_up(form.cleaned_data)
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write(f"{owner.email} administers {form.cleaned_data['brand_name']} now.")
        asks = None if answers else lambda: input("Which six digits did the phone speak? ")
        for finding in try_out(form.cleaned_data, asks):
            write_finding(self.stdout, finding)
        self.stdout.write("Next: log in, turn on two-step verification, and run manage.py doctor --go-live.")

    def _ask(self) -> FirstStartForm:
        """One field after the other; what is wrong is asked again."""
        given: dict[str, str] = {}
        for heading, names in FirstStartForm.groups:
            self.stdout.write(f"\n{heading}")
            for name in names:
                self._ask_field(name, given)
                if name in FirstStartForm.openers and not given[name]:
                    break
        return FirstStartForm(given)

    def _ask_field(self, name: str, given: dict[str, str]) -> None:
        field = FirstStartForm.base_fields[name]
        choices = ", ".join(str(key) for key, _ in getattr(field, "choices", ()) if key)
        is_question = isinstance(field, forms.BooleanField)
        hint = choices or field.help_text or ("yes or no" if is_question else "")
        note = f" ({hint})" if hint else ""
        while True:
            question = f"  {field.label}{note}: "
            given[name] = (
                getpass(question) if isinstance(field.widget, forms.PasswordInput) else input(question)
            )
            if is_question:
                given[name] = "on" if given[name].strip().lower() in ("y", "yes") else ""
            errors = FirstStartForm(given).errors.get(name)
            if not errors:
                return
            self.stdout.write(f"    {' '.join(map(str, errors))}")


def _read(path: str) -> dict[str, Any]:
    try:
        answers = json.loads(sys.stdin.read() if path == "-" else Path(path).read_text())
    except (OSError, ValueError) as error:
        raise CommandError(f"{path}: {error}") from None
    if not isinstance(answers, dict):
        raise CommandError(f"{path}: not an object with the answers")
    return answers
