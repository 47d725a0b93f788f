"""CCBill on the loopback: its forms, webhooks, and three interfaces, held to its published documents (docs/ccbill.md).

Sales are made by the address of a form alone, whose digest it checks as CCBill does; it knows no payment of ours.
"""

import csv
import io
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from billing.gateways import gateway_named
from billing.gateways.ccbill import client, data_link
from billing.gateways.secret_path import secret_path
from billing.models import MerchantAccount, Payment
from billing.services.start_payment import start_payment
from core import clock
from customers.models import Customer

CLIENT, SUB, OTHER_SUB = "900100", "0000", "0001"
SALT = "7d901dad245fd0ff6bc20d06"
FORM = "687fa3e0-e60d-4466-88e2-181fa56dd6a9"
ADDRESS = "64.38.240.7"
SETTINGS = {
    "CCBILL_CLIENT_ACCOUNT": CLIENT, "CCBILL_FLEXFORM_ID": FORM, "CCBILL_SALT_KEY": SALT, "CCBILL_DATALINK_USER": "aeims",
    "CCBILL_DATALINK_PASSWORD": "data link", "CCBILL_SAVED_CARDS": "1",
}  # fmt: skip
DAY, SECOND = "%Y%m%d", "%Y%m%d%H%M%S"


def its_clock() -> datetime:
    return data_link.at_ccbill(clock.now()).replace(microsecond=0)


def md5_of(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()


@dataclass
class FakeSale:
    number: str
    sub: str
    price: str
    period: int
    passed: dict[str, str]
    username: str = ""
    currency: str = "840"
    at: datetime = field(default_factory=its_clock)
    moved: list[tuple[str, str, datetime]] = field(
        default_factory=list
    )  # VOID, REFUND, CHARGEBACK: amount, when

    def move(self, kind: str, amount: str = "") -> None:
        self.moved.append((kind, amount or self.price, its_clock()))

    def count(self, kind: str) -> int:
        return sum(moved == kind for moved, _, _ in self.moved)


@dataclass
class FakeCcbill:
    """`silent`: paths that take a request, do what it says, and answer too late; `answers`: a path's answer instead of its own."""

    sales: dict[str, FakeSale] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    reports: list[datetime] = field(default_factory=list)
    silent: set[str] = field(default_factory=set)
    answers: dict[str, str] = field(default_factory=dict)
    declines: bool = False

    def pay(self, address: str, **changed: str) -> FakeSale:
        """The customer pays on the form, perhaps with other fields in its address than we gave. A wrong digest is no sale."""
        parts = urlsplit(address)
        assert (
            f"{parts.scheme}://{parts.netloc}{parts.path}"
            == f"https://api.ccbill.com/wap-frontflex/flexforms/{FORM}"
        )
        fields = dict(parse_qsl(parts.query)) | changed
        signed = "".join(fields[name] for name in ("initialPrice", "initialPeriod", "currencyCode")) + SALT
        assert fields["formDigest"] == md5_of(signed), "CCBill shows an error"
        assert 2 <= int(fields["initialPeriod"]) <= 365
        known = {"clientSubacc", "initialPrice", "initialPeriod", "currencyCode", "formDigest", "username"}
        return self.sell(
            fields["clientSubacc"], fields["initialPrice"], int(fields["initialPeriod"]), fields["currencyCode"],
            {name: value for name, value in fields.items() if name not in known}, fields.get("username", ""),
        )  # fmt: skip

    def sell(
        self, sub: str, price: str, period: int, currency: str, passed: dict[str, str], username: str = ""
    ) -> FakeSale:
        number = f"09121911010000{len(self.sales) + 159:05}"
        self.sales[number] = FakeSale(number, sub, price, period, passed, username, currency)
        return self.sales[number]

    def answer(self, path: str, fields: dict[str, str]) -> str:
        self.asked.append(fields | {"path": path})
        doing = {
            "/utils/subscriptionManagement.cgi": self._manage,
            "/jpost/billingApi.cgi": self._charge,
            "/data/main.cgi": self._report,
        }[path]
        answer = doing(fields)
        if path in self.silent:
            time.sleep(0.4)
        return self.answers.get(path, answer)

    def _manage(self, fields: dict[str, str]) -> str:
        if (fields.get("clientAccnum"), fields.get("username"), fields.get("password")) != (
            CLIENT,
            "aeims",
            "data link",
        ):
            return results("-1")
        sale = self.sales.get(fields["subscriptionId"])
        if sale is None:
            return results("-3")
        if sale.sub != fields["usingSubacc"]:
            return results("-4")
        match fields["action"]:
            case "viewSubscriptionStatus":
                return self._status(sale)
            case "voidOrRefundTransaction":
                sale.move("VOID")
            case "refundTransaction":
                sale.move("REFUND", fields.get("amount", ""))
            case _:
                return results("-6")
        return results("1")

    def _status(self, sale: FakeSale) -> str:
        ends = sale.at + timedelta(days=sale.period)
        leaves = {
            "cancelDate": "", "chargebacksIssued": sale.count("CHARGEBACK"), "expirationDate": f"{ends:{DAY}}235959",
            "recurringSubscription": 0, "refundsIssued": sale.count("REFUND"), "signupDate": f"{sale.at:{SECOND}}",
            "subscriptionStatus": 0 if sale.moved else 1, "timesRebilled": 0, "voidsIssued": sale.count("VOID"),
        }  # fmt: skip
        return results("".join(f"\n    <{name}>{value}</{name}>" for name, value in leaves.items()) + "\n")

    def _charge(self, fields: dict[str, str]) -> str:
        assert fields["action"] == "chargeByPreviousTransactionId"
        assert fields["subscriptionId"] in self.sales
        if self.declines:
            return results(
                "<approved>0</approved><declineCode>24</declineCode><declineText>Card declined</declineText>"
            )
        passed = {name: value for name, value in fields.items() if name == "aeimsPayment"}
        sale = self.sell(
            fields["newClientSubacc"],
            fields["initialPrice"],
            int(fields["initialPeriod"]),
            fields["currencyCode"],
            passed,
        )
        return results(f"<approved>1</approved><subscriptionId>{sale.number}</subscriptionId>")

    def _report(self, fields: dict[str, str]) -> str:
        now = clock.now()
        if self.reports and now - self.reports[-1] < timedelta(minutes=60):
            return "Error:You may run only one report in 60 minutes."
        self.reports.append(now)
        first, last = (
            datetime.strptime(fields[name], SECOND).replace(tzinfo=data_link.CLOCK)
            for name in ("startTime", "endTime")
        )
        assert last - first <= timedelta(days=1)
        text = io.StringIO()
        writer = csv.writer(text, quoting=csv.QUOTE_ALL)
        for sale in self.sales.values():
            head = [CLIENT, sale.sub, sale.number]
            person = [
                "John",
                "Doe",
                sale.username,
                "",
                "1 Street",
                "Town",
                "AZ",
                "50115",
                "US",
                "j@example.com",
                "",
                "1",
            ]
            moved = [("NEW", "", sale.at), *sale.moved]
            for kind, amount, at in moved:
                if not first <= at <= last or kind not in fields["transactionTypes"].split(","):
                    continue
                rest = (
                    [*person, sale.price, str(sale.period), "0.00", "0", "0"] if kind == "NEW" else [amount]
                )
                writer.writerow([kind, *head, f"{at:%Y-%m-%d %H:%M:%S}", *rest])
        return text.getvalue() or "1"


def results(inner: str) -> str:
    return f"<?xml version='1.0' standalone='yes'?>\n<results>{inner}</results>"


def webhook(sale: FakeSale, event: str, **changed: str) -> dict[str, str]:
    """The fields of a post, in the documents' names."""
    fields = {
        "eventType": event, "eventGroupType": "Subscription", "clientAccnum": CLIENT, "clientSubacc": sale.sub,
        "subscriptionId": sale.number, "transactionId": sale.number, "timestamp": f"{sale.at:%Y-%m-%d %H:%M:%S}",
        "billedInitialPrice": sale.price, "billedCurrencyCode": sale.currency, "cardType": "VISA", "last4": "4242",
        **{f"X-{name}": value for name, value in sale.passed.items()},
    }  # fmt: skip
    if event in ("NewSaleSuccess", "UpgradeSuccess"):
        fields["dynamicPricingValidationDigest"] = md5_of(f"{sale.number}1{SALT}")
    if event.endswith("Failure"):
        del fields["subscriptionId"]
    return fields | changed


def post(fields: dict[str, str], *, address: str = ADDRESS, secret: str = "", as_json: bool = False) -> int:
    """Post it to our webhook; the status."""
    path = reverse("payment-notice", args=["ccbill", secret or secret_path("ccbill")])
    heads = {
        name: fields[name]
        for name in ("eventType", "eventGroupType", "clientAccnum", "clientSubacc")
        if name in fields
    }
    query = "&".join(f"{name}={value}" for name, value in heads.items())
    sender = Client(headers={"Host": "flirts.localhost"}, enforce_csrf_checks=True)
    kind = {"content_type": "application/json"} if as_json else {}
    return sender.post(f"{path}?{query}", fields, REMOTE_ADDR=address, **kind).status_code


def given_payment(customer: Customer, amount_minor: int = 2500) -> Payment:
    brand = customer.home_brand
    MerchantAccount.objects.get_or_create(
        brand=brand, gateway="ccbill", account=f"{CLIENT}-{SUB}",
        defaults={"statement_text": "CCBILL.COM", "support_phone": "+12125550123"},
    )  # fmt: skip
    return start_payment(customer=customer, brand=brand, amount_minor=amount_minor)


def form_of(payment: Payment) -> str:
    return gateway_named("ccbill").start(payment, return_url="https://flirts.nyc/funds/")


@contextmanager
def served(ccbill: FakeCcbill) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            fields = {name: values[0] for name, values in parse_qs(body, keep_blank_values=True).items()}
            answer = ccbill.answer(self.path, fields).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            with suppress(OSError):  # who asked may have gone
                self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def ccbill(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCcbill]:
    """CCBill, and our account there."""
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    gateway_named.cache_clear()
    fake = FakeCcbill()
    with served(fake) as address:
        for name in ("DATALINK", "BILLING"):
            monkeypatch.setattr(client, name, address)
        for name in ("_TIMEOUT_SECONDS", "_REPORT_TIMEOUT_SECONDS", "_CHARGE_TIMEOUT_SECONDS"):
            monkeypatch.setattr(client, name, (1.0, 0.2))
        yield fake
    gateway_named.cache_clear()
