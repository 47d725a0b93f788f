"""What a card processor does for us: take the customer to its page, say what became of a payment, give money back.

Nothing here writes to our database. A processor's own word is `confirm`; a webhook is a hint that it is time to ask.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from django.http import HttpRequest

from billing.charges import Charge
from billing.gateways.statement_file import Stated, read_statement_file
from billing.models import PayBack, Payment
from billing.states import ReportKind
from core.provider_settings import Declaration


class Ability(StrEnum):
    """What a processor can do beyond taking a card on its page."""

    REFUND = "refund"  # all or part of a charge
    SAVED_CARD = "saved_card"  # charge the card of an earlier payment again


class Forged(Exception):
    """A request to the webhook that is not the processor's."""


class NoAnswer(Exception):
    """The processor did not answer, or not so that anybody could tell what became of it."""


class Refused(Exception):
    """The processor said no: nothing moved and nothing will. `reason` is a few words for staff, without card data."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Notice:
    """An event that the processor reports, once per `key` (80 characters at most).

    `payment` is our payment's `public_id`, `charge` the processor's number of the charge: one of them, or both.
    """

    key: str
    event: str
    payment: str = ""
    charge: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of the processor's report, once per `key` (70 characters at most). `payment` as in a notice, where the line names it.

    `named`: what the line has of our number, all of it or the first half, also of a payment that the books don't have.
    """

    key: str
    kind: ReportKind
    charge: str
    account: str
    amount_minor: int
    payment: str = ""
    named: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """The smallest and the largest amount of one payment, in minor units."""

    smallest_minor: int
    largest_minor: int


class Gateway(ABC):
    """A card processor. Its webhook is served and its payments are asked for whether new ones go there or not."""

    title: ClassVar[str]  # as staff read it
    abilities: frozenset[Ability] = frozenset()
    declaration: ClassVar[Declaration | None] = None  # for those who run it: settings, secrets, hosts
    # How often the processor may be asked for its list of charges; None: it has none, or it is not needed.
    report_every: ClassVar[timedelta | None] = None
    # Whether `report` lists charges, for books that were restored to a time before them.
    lists_charges: bool = False
    # A charge that the processor doesn't know so long after it was sent was never made; None: nobody can tell.
    unheard_of_after: ClassVar[timedelta | None] = None

    def __init__(self, name: str) -> None:
        self.name = name  # in merchant accounts, in the ledger, and in the address of the webhook

    def complaints(self) -> list[str]:
        """What is wrong with its settings, in words; nothing where it is not set up at all."""
        return []

    @abstractmethod
    def limits(self) -> Limits:
        """What one payment may be."""

    @abstractmethod
    def form_origins(self) -> tuple[str, ...]:
        """Origins that the browser is sent to from our page, like `https://pay.example`: our pages allow no other."""

    @abstractmethod
    def start(self, payment: Payment, *, return_url: str) -> str:
        """The address of the processor's page for this payment. `return_url` is where it sends the customer back to."""

    @abstractmethod
    def verify(self, request: HttpRequest, secret_path: str) -> Notice:
        """The event in a request to the webhook at its unguessable path. Raises Forged."""

    @abstractmethod
    def confirm(self, payment: Payment) -> Charge:
        """What the processor says became of this payment. Raises NoAnswer."""

    def refund(self, pay_back: PayBack) -> None:
        """Give `pay_back.amount_minor` of its payment back to the card. Raises Refused, NoAnswer."""
        raise Refused(f"{self.title} can't pay back.")

    def charge_saved(self, payment: Payment) -> str | None:
        """Charge the card of `payment.saved_from` for this payment, once; the processor's number of the charge, where `confirm` needs it.

        Raises Refused, NoAnswer.
        """
        raise Refused(f"{self.title} can't charge a saved card.")

    def report(self, since: datetime, until: datetime) -> list[Listed]:
        """What happened to charges between two times, a day apart at most: for what nobody reported. Raises NoAnswer."""
        return []

    def read_statement(self, data: bytes) -> list[Stated]:
        """The lines of a statement file: sales, what went back, fees, deposits. Raises BadStatement.

        The neutral format, unless the processor documents its own.
        """
        return read_statement_file(data)
