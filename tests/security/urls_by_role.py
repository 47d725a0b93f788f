"""Asks for every address of every site as everybody, about things of one's own, of somebody else, and that are not there."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.apps import apps
from django.contrib.auth.models import AbstractBaseUser, Group
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from billing.cases import link_token
from billing.ledger.models import Transaction
from billing.models import (
    BrandTax,
    Case,
    EarningsHold,
    FreeMinutesPackage,
    FundsRequest,
    MerchantAccount,
    Payment,
    TaxJurisdiction,
    TaxRate,
)
from billing.payouts.models import PayoutFile, PayoutItem, PayoutRun
from billing.receipt_numbers import ReceiptOf, receipt_number
from billing.services.hold_earnings import hold_earnings
from billing.services.open_case import open_case, open_complaint
from billing.services.rate_paid import rate_paid
from billing.services.record_payout import record_payout
from billing.services.request_funds import request_funds
from billing.services.start_payment import start_payment
from billing.states import HoldKind
from brands.models import Brand, BrandText
from core import clock
from customers.models import Customer, PhoneVerification, User
from messaging.models import Conversation
from notices.one_tap import token_of
from notices.states import PreferenceGroup
from operators.models import (
    Application,
    Block,
    DocumentFile,
    IdentityDocument,
    Interaction,
    Operator,
    Rating,
    SignedTaxForm,
)
from phones.services.store_number import store_number
from privacy.services.export_data import make_export, request_export
from telephony.models import Call
from telephony.services import spoken_codes
from tests.factories import BrandFactory, StaffFactory
from tests.fuzz import addresses
from tests.messaging.scenario import answer, text
from tests.operators.applicants import given_applicant
from tests.scenario import BRAND_HOST, given_customer, given_operator, logged_in, when_called, when_talked
from tests.support.page_queries import Asked

TABLE = Path(__file__).with_name("urls_by_role.txt")
HOSTS = {
    "brand": BRAND_HOST,
    "portal": "portal.localhost",
    "admin": "admin.localhost",
    "internal": "127.0.0.1",
    "sandbox": "pay.localhost",
}
# Lists further back, and what is looked for in them: they ask the database for something else than their first page.
FURTHER_PAGES = {
    "brand": (
        "activity/?kind=call", "activity/?from=2026-01-01&to=2026-12-31", "operators/?q=sarah&sort=price&online=1",
        "operators/?language=English&rating=4&sort=new", "messages/?before=5", "messages/sarah/?before=5", "notices/?before=5",
        "api/calls/?before=5&limit=10", "api/operators/?limit=100",
    ),
    "portal": (
        "statement/?kind=call&from=2026-01-01&to=2026-12-31", "statement/?before=5", "messages/?before=5", "customers/?before=5",
        "missed/?before=5", "ratings/?before=5", "payouts/?before=5",
    ),
    "admin": (
        "backoffice/transactions/?kind=call", "backoffice/transactions/?before=5&from=2026-01-01&to=2026-12-31",
        "backoffice/transactions/?q=call_1&operator=sarah", "backoffice/revenue/?month=2026-10",
    ),
}  # fmt: skip
STAFF_ROLES = ("Support", "Finance", "Operations", "Administrator")
ABOUT_THINGS = ("another", "missing")  # who ask only where an address names a thing
MISSING_NUMBER, MISSING_TEXT = "987654", "nothing-of-that-name"
MISSING_UUID = "7ab1a3a5-0d57-4b3e-9c62-3c8e1a0c3d55"
_PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")
_MODEL_PAGE = re.compile(r"(?P<app>[a-z]+)/(?P<model>[a-z]+)/<(?:path:object_id|id)>/")
_SHARED = re.compile(r"accounts/|api/|livez|readyz|favicon|scheme|photos/|greetings/")


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks, with what ids in the address: those of what exists, or of nothing."""

    name: str
    client: Callable[[], Client]
    is_missing: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """What everybody is answered at one address: statuses of GET and POST."""

    site: str
    route: str
    answers: dict[str, str]

    def __str__(self) -> str:
        return " ".join(
            [self.site, self.route or "-", *(f"{who}={told}" for who, told in self.answers.items())]
        )

    @classmethod
    def parse(cls, line: str) -> "Row":
        site, route, *answers = line.split()
        return cls(site, "" if route == "-" else route, dict(answer.split("=") for answer in answers))


def routes(site: str) -> list[str]:
    """The addresses of a site, as its URL table writes them. What all sites serve alike is asked on the brand's alone."""
    every = (address.route for address in addresses.of_site(site))
    return [route for route in every if site == "brand" or not _SHARED.match(route)]


def stored() -> list[Row]:
    """The table as it is in the repository."""
    return [Row.parse(line) for line in TABLE.read_text().splitlines() if line]


def store(rows: list[Row]) -> None:
    """Put these rows in the place of those of the same addresses; rows of addresses that are gone go."""
    new = {(row.site, row.route): row for row in rows}
    kept = [row for row in stored() if (row.site, row.route) not in new and row.route in routes(row.site)]
    ordered = sorted([*kept, *rows], key=lambda row: (row.site, row.route))
    TABLE.write_text("".join(f"{row}\n" for row in ordered))


def ask(site: str, wanted: list[str], asked: Asked) -> Iterator[Row]:
    """Ask as everybody; what a request changes is undone, and what it asks of the database noted. Needs the database."""
    world = World(asked)
    people = world.people(site)
    for address in FURTHER_PAGES.get(site, ()):
        for person in people:
            if person.name in ("owner", "superuser"):
                world.status(person, "get", f"/{address}")
    for route in wanted:
        asking = [person for person in people if "<" in route or person.name not in ABOUT_THINGS]
        yield Row(site, route, {person.name: world.answer(person, site, route) for person in asking})


class World:
    """A customer and an operator who have everything that an address can be about, and people who have nothing of it."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        brand = BrandFactory()
        self.customer: Customer = given_customer(balance="100.00", free_minutes=1)
        self.operator: Operator = given_operator(slug="sarah")
        self.call: Call = when_called(self.customer, self.operator)
        when_talked(self.call, 247_000)
        text(self.customer, self.operator)
        answer(self.operator, self.customer)
        rate_paid(customer=self.customer, reference=self.call.call_id, stars=5, review="Kind")
        MerchantAccount.objects.create(
            brand=brand, gateway="sandbox", account="1", statement_text="NYCF", support_phone="+12125550123"
        )
        TaxRate.objects.create(
            jurisdiction=TaxJurisdiction.objects.create(code="NY", name="New York"),
            starts_on=date(2026, 1, 1),
        )
        BrandTax.objects.create(brand=brand)
        BrandText.objects.create(brand=brand, headline="Talk")
        self.payment = start_payment(customer=self.customer, brand=brand, amount_minor=2500)
        request_funds(customer=self.customer, brand=brand, amount_minor=500)
        self.receipt = receipt_number(ReceiptOf.CALL, self.call.pk)
        self.case = open_case(
            customer=self.customer, brand=brand, receipt=self.receipt, call_id=self.call.call_id,
            problem="cut_off", words="",
        )  # fmt: skip
        self.complaint = open_complaint(brand=brand, email="carl@example.test", words="Too loud")
        record_payout(
            operator=self.operator, amount_minor=10, reason="cash", actor=StaffFactory(), idempotency_key="outside",
            is_early=True,
        )  # fmt: skip
        hold_earnings(
            operator_id=self.operator.pk, customer_id=self.customer.pk, kind=HoldKind.SILENT_LEG,
            references=[self.call.call_id], evidence={"talk_ms": 1, "silent_seconds": 30},
        )  # fmt: skip
        Block.objects.create(operator=self.operator, customer=given_customer(), blocked_by="operator")
        given_applicant()
        run = PayoutRun.objects.create(kind="staff", held_back_since=clock.now(), prepared_at=clock.now())
        PayoutItem.objects.create(run=run, operator=self.operator, amount_minor=500)
        PayoutFile.objects.create(
            run=run, format="csv", data=b"", digest="", entries=1, total_minor=500, made_at=clock.now(),
            made_by=StaffFactory(),
        )  # fmt: skip
        Group.objects.get_or_create(name="Helpers")
        self.references, self.exports = {}, {}
        for number, person in (("+12125550191", self.customer.user), ("+12125550192", self.operator.user)):
            spoken_codes.prepare(number=store_number(number), code="123456", user=person)
            self.references[person.pk] = PhoneVerification.objects.latest("pk").reference
            export = request_export(user=person, actor=person, brand=brand)
            make_export(export_id=export.pk)
            self.exports[person.pk] = export.reference

    def people(self, site: str) -> list[Person]:
        """Everybody who asks at this site; `another` is one like the owner, `missing` the owner asking for nothing's id."""

        def visitor() -> Client:
            return Client(headers={"Host": HOSTS[site]}, enforce_csrf_checks=False)

        def of(user: AbstractBaseUser) -> Callable[[], Client]:
            session = logged_in(user, HOSTS[site]).cookies["sessionid"].value  # type: ignore[arg-type]

            def client() -> Client:
                person = visitor()
                person.cookies["sessionid"] = session
                person.cookies["adult"] = "yes"
                return person

            return client

        customer, operator = of(self.customer.user), of(self.operator.user)
        everybody = [Person("visitor", visitor)]
        if site == "brand":
            another = of(given_customer(balance="10.00").user)
            everybody += [
                Person("owner", customer),
                Person("another", another),
                Person("missing", customer, True),
            ]
            everybody.append(Person("operator", operator))
        elif site == "portal":
            another = of(given_operator().user)
            everybody += [
                Person("owner", operator),
                Person("another", another),
                Person("missing", operator, True),
            ]
            everybody.append(Person("customer", customer))
        elif site == "admin":
            everybody += [Person("customer", customer), Person("operator", operator)]
            for role in STAFF_ROLES:
                clerk = StaffFactory(is_superuser=False)
                clerk.groups.add(Group.objects.get(name=role))
                everybody.append(Person(role.lower(), of(clerk)))
            superuser = of(StaffFactory(is_superuser=True))
            everybody += [Person("superuser", superuser), Person("missing", superuser, True)]
        return everybody

    def answer(self, person: Person, site: str, route: str) -> str:
        """The statuses of GET and POST."""
        path = self._path(site, route, is_missing=person.is_missing)
        return "/".join(str(self.status(person, method, path)) for method in ("get", "post"))

    def status(self, person: Person, method: str, path: str) -> int:
        """What the person is answered."""
        cache.clear()
        with transaction.atomic():
            client = person.client()
            with self._asked.noted():
                response = getattr(client, method)(path)
                if response.streaming:
                    b"".join(response.streaming_content)
            transaction.set_rollback(True)
        return int(response.status_code)

    def _path(self, site: str, route: str, *, is_missing: bool) -> str:
        model_page = _MODEL_PAGE.match(route)

        def part(match: re.Match[str]) -> str:
            kind, name = match[1] or "", match[2]
            if is_missing and kind == "uuid":
                return MISSING_UUID
            if is_missing:
                return MISSING_NUMBER if kind == "int" or name in ("object_id", "id") else MISSING_TEXT
            if model_page and name in ("object_id", "id"):
                return self._first(model_page["app"], model_page["model"])
            return str(self._values(site, route).get(name, MISSING_NUMBER if kind == "int" else MISSING_TEXT))

        return "/" + _PARAMETER.sub(part, route)

    @staticmethod
    def _first(app: str, model: str) -> str:
        row = apps.get_model(app, model)._default_manager.order_by("pk").first()
        return str(row.pk or "any") if row else MISSING_NUMBER  # the term of any other state has an empty key

    def _values(self, site: str, route: str) -> dict[str, object]:
        """What exists and is the owner's, by the parameter's name."""
        owner = self.operator.user if site == "portal" else self.customer.user
        values: dict[str, object] = {
            "slug": self.operator.slug,
            "operator_id": self.operator.pk,
            "call_id": self.call.call_id,
            "public_id": self.payment.public_id,
            "conversation_id": Conversation.objects.get().pk,
            "rating_id": Rating.objects.get().pk,
            "reference": self.references[owner.pk],
            "phone_id": self.customer.phones.order_by("pk")[0].pk,
            "app_label": "billing",
            "size": 192,
            "year": 2026,
            "seed": "sarah",
        }
        if "data/<" in route:
            values["reference"] = self.exports[owner.pk]
        if site == "portal":
            values["number_id"] = self.operator.phone_number_id or 0
            values["number"] = Interaction.objects.get(operator=self.operator, customer=self.customer).pk
            if route.startswith("blocked/"):
                values["number"] = Block.objects.get().pk
            elif route.startswith("held/"):
                values["reference"] = self.call.call_id
            elif route.startswith("payouts/"):
                values["number"] = PayoutItem.objects.get().pk
        elif route.startswith("cases/") and site == "brand":
            values["number"] = self.receipt if "new/" in route else self.case.number
        elif route.startswith("emails/off/"):
            values["token"] = token_of(self.customer.user_id, [PreferenceGroup.MESSAGES])
        elif route.startswith("complaints/"):
            values |= {"number": self.complaint.number, "token": link_token(self.complaint)}
        elif route.startswith("activity/"):
            credit = Transaction.objects.filter(customer=self.customer, kind="adjustment").order_by("pk")[0]
            values["number"] = receipt_number(ReceiptOf.FUNDS, credit.pk)
        else:
            values["number"] = self._number_for_staff(route)
        return values

    def _number_for_staff(self, route: str) -> int:
        rows = {
            "transactions": Transaction.objects.filter(reference=self.call.call_id, kind="call"),
            "home-pages": (BrandText if "versions/" in route else Brand).objects.all(),
            "held-earnings": EarningsHold.objects.all(),
            "funds": FundsRequest.objects.all(),
            "payments": Payment.objects.all(),
            "cases": Case.objects.all(),
            "balances": Customer.objects.filter(pk=self.customer.pk),
            "customers": Customer.objects.filter(pk=self.customer.pk),
            "free-minutes": FreeMinutesPackage.objects.all(),
            "operators": Operator.objects.filter(pk=self.operator.pk),
            "people": User.objects.filter(pk=self.customer.user_id),
            "phones": self.customer.phones.all(),
            "conversations": Conversation.objects.all(),
            "ratings": Rating.objects.all(),
            "tax-forms": SignedTaxForm.objects.all(),
            "applications": Application.objects.all(),
            "documents": (DocumentFile if "open/" in route else IdentityDocument).objects.all(),
        }
        payouts = {"runs": PayoutRun, "items": PayoutItem, "files": PayoutFile}
        kind = route.split("/")[1] if "/" in route else ""
        if route.startswith("backoffice/payouts/outside/"):
            return Transaction.objects.filter(kind="payout").latest("pk").pk
        if kind == "payouts" and route.split("/")[2] in payouts:
            return int(payouts[route.split("/")[2]]._default_manager.latest("pk").pk)
        row = rows[kind].order_by("pk").first() if kind in rows else None
        return row.pk if row else int(MISSING_NUMBER)
