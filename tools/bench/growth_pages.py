"""The pages whose statements grow most easily, as whole requests of the people who have a hundredth of everything."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from tools.bench.database import People
from tools.bench.pages import shown, statements
from tools.bench.table import Goal

if TYPE_CHECKING:
    from django.test import Client

PORTAL_HOST, ADMIN_HOST = "portal.localhost", "admin.localhost"
MOST_STATEMENTS = 12
CUSTOMERS = ("/dashboard/", "/activity/", "/messages/")
OPERATORS = ("/dashboard/", "/statement/", "/payouts/", "/customers/")
STAFF = (
    "/", "/backoffice/live-calls/", "/backoffice/transactions/", "/backoffice/cases/", "/backoffice/payouts/",
    "/backoffice/payments/", "/backoffice/approvals/", "/backoffice/held-earnings/",
)  # fmt: skip


class Pages:
    """Browsers in which one of each is logged in."""

    def __init__(self, them: People) -> None:
        from tests.factories import StaffFactory
        from tests.scenario import BRAND_HOST, logged_in

        self._staff = logged_in(StaffFactory.create(), ADMIN_HOST)
        customer = logged_in(them.customer.user, BRAND_HOST)
        operator = logged_in(them.operator.user, PORTAL_HOST)
        self._pages: dict[str, tuple[Client, str]] = {
            **{f"customer's page {address}": (customer, address) for address in CUSTOMERS},
            **{f"operator's page {address}": (operator, address) for address in OPERATORS},
            **{f"staff's page {address}": (self._staff, address) for address in STAFF},
        }

    def questions(self) -> dict[str, Callable[[], object]]:
        """What is measured: each asks for one page."""
        return {name: self._asks(client, address) for name, (client, address) in self._pages.items()}

    def statements_of_staff(self, rows: str) -> Goal:
        """The most that a page asks which staff look at daily."""
        taken = {address: len(statements(self._staff, address)) for address in STAFF}
        return Goal(
            what=f"staff's daily pages at {rows} rows: most statements",
            measured=max(taken.values()),
            wanted=MOST_STATEMENTS,
            beside=", ".join(f"{address} {count}" for address, count in taken.items()),
        )

    @staticmethod
    def _asks(client: "Client", address: str) -> Callable[[], None]:
        return lambda: shown(client, address)
