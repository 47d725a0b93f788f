"""`manage.py grant_free_minutes`: the same service as the admin's form, from a shell, within the same limits.

Above them it writes a request, says so, and exits with 1: nothing was given yet.
"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from billing.deeds import GRANT, fee_argument
from billing.models import ApprovalRequest, FreeMinutesPackage
from billing.services.carry_out import carry_out
from billing.staff_input import describe_expiry, find_customer, find_operator, find_staff, parse_expiry
from billing.states import FundedBy
from core import clock
from core.errors import DomainError
from core.ids import new_id


class Command(BaseCommand):
    help = "Give a customer free minutes. With --key the same command may be repeated: it gives them once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--actor", required=True, help="email address of the staff member who gives them")
        parser.add_argument("--customer", required=True, help="email address or id")
        parser.add_argument("--operator", help="stage name or id; left out: with any operator")
        parser.add_argument("--minutes", required=True, type=int)
        parser.add_argument("--expires", required=True, help="a date like 2027-01-31 or a span like +30d")
        parser.add_argument("--reason", required=True, help="kept with the minutes")
        parser.add_argument("--funded-by", choices=FundedBy.values, default=str(FundedBy.PLATFORM))
        parser.add_argument("--covers-fee", action="store_true", help="calls that use them first have no fee")
        parser.add_argument(
            "--key", help="idempotency key; repeat within the hour, or give --expires as a date with it"
        )

    def handle(self, **options: Any) -> None:
        try:
            actor = find_staff(options["actor"], "billing.give_free_minutes")
            customer = find_customer(options["customer"])
            time_zone = customer.user.time_zone
            carried_out = carry_out(
                GRANT,
                customer=customer.pk,
                operator=find_operator(options["operator"]).pk if options["operator"] else None,
                minutes=options["minutes"],
                expires_at=parse_expiry(options["expires"], clock.now(), time_zone).isoformat(),
                reason=options["reason"],
                funded_by=options["funded_by"],
                **fee_argument(options["covers_fee"]),
                actor=actor,
                idempotency_key=options["key"] or new_id("command"),
            )
        except DomainError as error:
            raise CommandError(error.message) from None
        if carried_out.request is not None:
            raise CommandError(_describe_request(carried_out.request, carried_out.why))
        package: FreeMinutesPackage = carried_out.result
        self.stdout.write(
            f"Package {package.pk}: {options['minutes']} free minutes for customer {package.customer_id} "
            f"with {package.operator or 'any operator'} until {describe_expiry(package.expires_at, time_zone)}."
        )


def _describe_request(request: ApprovalRequest, why: str) -> str:
    return f"{why} Nothing was given yet: request {request.pk} needs approval by {request.expires_at:%Y-%m-%d %H:%M} UTC."
