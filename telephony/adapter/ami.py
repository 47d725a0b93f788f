"""What ARI does not tell of trunks, asked of Asterisk's manager over HTTP at the same address, as the same user.

The user may only ask (`reporting`, deploy/asterisk/conf/manager.conf). A node of an older configuration has no manager:
then nothing is known. No answer is kept or logged: the list of registrations names the trunks' passwords.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

import aiohttp

from telephony.adapter.trunk import TrunkState

_COOKIE = re.compile(r'mansession_id="?([0-9a-f]+)')
_REGISTRATION = {
    "Registered": TrunkState.REGISTERED,
    "Rejected": TrunkState.REJECTED,
    "Unregistered": TrunkState.NOT_REGISTERED,
    "Stopped": TrunkState.NOT_REGISTERED,
}
_CONTACT = {
    "Reachable": TrunkState.REACHABLE,
    "Unreachable": TrunkState.UNREACHABLE,
}


class Manager:
    """One conversation with the manager. Raises aiohttp.ClientError and TimeoutError."""

    def __init__(self, session: aiohttp.ClientSession, base: str, user: str, password: str) -> None:
        self._session, self._url = session, f"{base.removesuffix('/ari')}/rawman"
        self._user, self._password = user, password

    async def trunk_states(self, names: Iterable[str]) -> dict[str, TrunkState]:
        """What is known of these trunks; empty if the manager does not let us in."""
        form = {"action": "Login", "username": self._user, "secret": self._password}
        async with self._session.post(self._url, data=form) as answer:
            cookie = _COOKIE.search(answer.headers.get("Set-Cookie", ""))
            if "Response: Success" not in await answer.text() or cookie is None:
                return {}
        headers = {"Cookie": f"mansession_id={cookie[1]}"}
        registered = registrations(await self._ask(headers, action="PJSIPShowRegistrationsOutbound"))
        states = {}
        for name in names:
            contact = value_of(
                await self._ask(headers, action="Getvar", Variable=f"PJSIP_AOR({name},contact)")
            )
            status = await self._ask(headers, action="Getvar", Variable=f"PJSIP_CONTACT({contact},status)")
            states[name] = state_of(registered.get(name, ""), value_of(status))
        await self._ask(headers, action="Logoff")
        return states

    async def _ask(self, headers: Mapping[str, str], **parameters: str) -> str:
        async with self._session.post(self._url, data=parameters, headers=headers) as answer:
            return await answer.text()


def state_of(registration: str, contact: str) -> TrunkState:
    """One word for both: whoever does not answer is unreachable, whatever was agreed before."""
    reach = _CONTACT.get(contact, TrunkState.UNKNOWN)
    if reach is TrunkState.UNREACHABLE:
        return reach
    return _REGISTRATION.get(registration, reach)


def registrations(text: str) -> dict[str, str]:
    """Trunk → the state of its registration, in Asterisk's word."""
    found = {}
    for block in text.split("\r\n\r\n"):
        fields = dict(_fields(block))
        if fields.get("Event") == "OutboundRegistrationDetail":
            found[fields.get("ObjectName", "")] = fields.get("Status", "")
    return found


def value_of(text: str) -> str:
    """The answer to Getvar."""
    return dict(_fields(text)).get("Value", "")


def _fields(block: str) -> Iterator[tuple[str, str]]:
    for line in block.splitlines():
        name, _, value = line.partition(":")
        yield name.strip(), value.strip()
