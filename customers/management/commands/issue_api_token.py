"""`manage.py issue_api_token EMAIL`: a token with which a program uses the API for a customer."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.errors import DomainError
from customers.api_tokens import issue_token
from customers.models import User


class Command(BaseCommand):
    help = (
        "Print a new API token for the person with this email address. It ends after AEIMS_API_TOKEN_SECONDS, and the previous"
        " one ends right away. Only its hash is kept: it can't be shown again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email__iexact=options["email"]).first()
        if user is None:
            raise CommandError("Nobody has this email address.")
        try:
            self.stdout.write(issue_token(user))
        except DomainError as error:
            raise CommandError(error.message) from None
