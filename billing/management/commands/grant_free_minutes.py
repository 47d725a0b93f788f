"""`manage.py grant_free_minutes`: the same service as the admin's form, from a shell, within the same limits."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from billing.services.grant_free_minutes import grant_free_minutes
from billing.staff_input import describe_expiry, find_customer, find_operator, find_staff, parse_expiry
from billing.states import FundedBy
from core import clock
from core.errors import DomainError
from core.ids import new_id


class Command(BaseCommand):
    help = "Give a customer free minutes. With --key the same command may be repeated: it gives them once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--actor", required=True, help="e-mail address of the member of staff who gives them"
        )
        parser.add_argument("--customer", required=True, help="e-mail address or id")
        parser.add_argument("--operator", help="stage name or id; left out: with any operator")
        parser.add_argument("--minutes", required=True, type=int)
        parser.add_argument("--expires", required=True, help="a date like 2027-01-31 or a span like +30d")
        parser.add_argument("--reason", required=True, help="kept with the minutes")
        parser.add_argument("--funded-by", choices=FundedBy.values, default=str(FundedBy.PLATFORM))
        parser.add_argument(
            "--key", help="idempotency key; repeat within the hour, or give --expires as a date with it"
        )

    def handle(self, **options: Any) -> None:
        try:
            actor = find_staff(options["actor"], "billing.give_free_minutes")
            customer = find_customer(options["customer"])
            time_zone = customer.user.time_zone
            package = grant_free_minutes(
                customer=customer,
                operator=find_operator(options["operator"]) if options["operator"] else None,
                minutes=options["minutes"],
                expires_at=parse_expiry(options["expires"], clock.now(), time_zone),
                reason=options["reason"],
                funded_by=FundedBy(options["funded_by"]),
                actor=actor,
                idempotency_key=options["key"] or new_id("command"),
            )
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write(
            f"Package {package.pk}: {options['minutes']} free minutes for customer {package.customer_id} "
            f"with {package.operator or 'any operator'} until {describe_expiry(package.expires_at, time_zone)}."
        )
