"""Everything that came out of a system, and whose number must not stand in it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from telephony.models import Call
from telephony.states import Leg
from tests.full_stack.database import ask
from tests.lab.leaks import mentions

if TYPE_CHECKING:
    from tests.full_stack.caller import Caller
    from tests.full_stack.http_client import HttpClient
    from tests.full_stack.system import System

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
class Output:
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
    def of_caller(caller: "Caller") -> "list[Output]":
        """What each side of a call was sent: SIP, pages and answers, socket messages."""
        found = []
        for leg, http_client in ((Leg.CUSTOMER, caller.page), (Leg.OPERATOR, caller.console)):
            other = caller.numbers[Leg.OPERATOR if leg is Leg.CUSTOMER else Leg.CUSTOMER]
            phone = caller.system.carrier.phone(caller.numbers[leg])
            sip = "\n".join(message.text for message in phone.messages) if phone else ""
            found += [
                Output(f"SIP to the {leg}", caller.call_id, (other,), sip),
                Output(f"{leg}'s pages", caller.call_id, (other,), "\n".join(http_client.seen)),
                Output(f"{leg}'s socket", caller.call_id, (other,), "\n".join(http_client.heard)),
            ]
        return found

    @staticmethod
    async def of_system(system: "System", callers: "Iterable[Caller]") -> "list[Output]":
        """What nobody's number may stand in: admin lists and call pages, logs, Asterisk's record, the journal."""
        callers = list(callers)
        numbers = tuple(number for caller in callers for number in caller.numbers.values())
        staff = await system.staff()
        for path in _ADMIN:
            answer = await staff.get(path)
            assert answer.status == 200, (path, answer.status)
        await _read_calls(staff, callers)
        texts = {
            "admin": "\n".join(staff.seen),
            "logs": system.logs(),
            "record": system.node.cel_file.read_text(),
            "journal": (system.directory / "journal/adapter.journal").read_text(),
        }
        return [Output(kind, "the system", numbers, text) for kind, text in texts.items()]


async def _read_calls(staff: "HttpClient", callers: "list[Caller]") -> None:
    """The admin's page of every call."""
    for caller in callers:
        if caller.call_id:
            answer = await staff.get(f"/telephony/call/{await ask(_key_of, caller.call_id)}/change/")
            assert caller.call_id in answer.text


def _key_of(call_id: str) -> int:
    return Call.objects.get(call_id=call_id).pk


def leaks(outputs: Iterable[Output]) -> list[str]:
    """The kinds and owners of those that mention a number they may not."""
    return [
        f"{one.kind} of {one.whose}"
        for one in outputs
        if any(mentions(one.text, number) for number in one.forbidden)
    ]
