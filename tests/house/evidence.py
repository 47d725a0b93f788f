"""Everything that came out of a house, and whose number must not stand in it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from telephony.models import Call
from telephony.states import Leg
from tests.house.database import ask
from tests.lab.leaks import mentions

if TYPE_CHECKING:
    from tests.house.house import House
    from tests.house.line import Line
    from tests.house.visitor import Visitor

_ADMIN = (
    "/telephony/call/",
    "/billing/authorization/",
    "/ledger/transaction/",
    "/ledger/account/",
    "/customers/customer/",
    "/customers/user/",
    "/operators/operator/",
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One text: of what kind, whose, and the numbers it may not mention."""

    kind: str
    whose: str
    forbidden: tuple[str, ...]
    text: str

    def with_planted(self, words: str) -> Self:
        """The same with these words somewhere in it."""
        middle = len(self.text) // 2
        return replace(self, text=f"{self.text[:middle]} {words} {self.text[middle:]}")

    @staticmethod
    def of_line(line: "Line") -> "list[Evidence]":
        """What each side of a call was sent: SIP, pages and answers, socket messages."""
        found = []
        for leg, visitor in ((Leg.CUSTOMER, line.page), (Leg.OPERATOR, line.console)):
            other = line.numbers[Leg.OPERATOR if leg is Leg.CUSTOMER else Leg.CUSTOMER]
            phone = line.house.carrier.phone(line.numbers[leg])
            sip = "\n".join(message.text for message in phone.messages) if phone else ""
            found += [
                Evidence(f"SIP to the {leg}", line.call_id, (other,), sip),
                Evidence(f"{leg}'s pages", line.call_id, (other,), "\n".join(visitor.seen)),
                Evidence(f"{leg}'s socket", line.call_id, (other,), "\n".join(visitor.heard)),
            ]
        return found

    @staticmethod
    async def of_house(house: "House", lines: "Iterable[Line]") -> "list[Evidence]":
        """What nobody's number may stand in: admin lists and call pages, logs, Asterisk's record, the journal."""
        lines = list(lines)
        numbers = tuple(number for line in lines for number in line.numbers.values())
        staff = await house.staff()
        for path in _ADMIN:
            answer = await staff.get(path)
            assert answer.status == 200, (path, answer.status)
        await _read_calls(staff, lines)
        texts = {
            "admin": "\n".join(staff.seen),
            "logs": house.logs(),
            "record": house.node.cel_file.read_text(),
            "journal": (house.directory / "journal/adapter.journal").read_text(),
        }
        return [Evidence(kind, "the house", numbers, text) for kind, text in texts.items()]


async def _read_calls(staff: "Visitor", lines: "list[Line]") -> None:
    """The admin's page of every call."""
    for line in lines:
        if line.call_id:
            answer = await staff.get(f"/telephony/call/{await ask(_key_of, line.call_id)}/change/")
            assert line.call_id in answer.text


def _key_of(call_id: str) -> int:
    return Call.objects.get(call_id=call_id).pk


def leaks(evidence: Iterable[Evidence]) -> list[str]:
    """The kinds and owners of those that mention a number they may not."""
    return [
        f"{one.kind} of {one.whose}"
        for one in evidence
        if any(mentions(one.text, number) for number in one.forbidden)
    ]
