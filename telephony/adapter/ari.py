"""The real Asterisk: ARI's REST requests and its event stream, behind the seam of `switch`.

Every request has a time limit. No message of an error holds more than method and path, so no number can get into a
log. A request body carries names with slashes and lists as they are; queries would split them.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Sequence
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from telephony.adapter.ami import Manager
from telephony.adapter.ari_events import REPLACED, epoch, parse
from telephony.adapter.ari_recordings import AriRecordings
from telephony.adapter.config import AdapterConfig
from telephony.adapter.switch import (
    Dial,
    Kind,
    StreamReplaced,
    Survey,
    SwitchError,
    SwitchEvent,
    SwitchSilent,
    SwitchUnavailable,
)
from telephony.adapter.tls import connector
from telephony.adapter.trunk import MOST_TRUNKS, Trunk, TrunkState, by_template, parse_trunk

log = logging.getLogger(__name__)

REQUEST_SECONDS = 3.0
PING_SECONDS = 3.0
CONNECTIONS = 32
RECORD_CONTEXT = "aeims-record"


class AriStream:
    """One websocket; see `switch.EventStream`."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._pongs: dict[bytes, asyncio.Future[None]] = {}
        self._serial = 0

    async def __aiter__(self) -> AsyncIterator[SwitchEvent]:
        try:
            while True:
                message = await self._socket.receive()
                if message.type is aiohttp.WSMsgType.TEXT:
                    event = parse(message.data)
                    if event == REPLACED:
                        raise StreamReplaced
                    if isinstance(event, SwitchEvent):
                        yield event
                elif message.type is aiohttp.WSMsgType.PING:
                    await self._socket.pong(message.data)
                elif message.type is aiohttp.WSMsgType.PONG:
                    waiter = self._pongs.pop(bytes(message.data), None)
                    if waiter is not None and not waiter.done():
                        waiter.set_result(None)
                else:
                    return
        except (aiohttp.ClientError, OSError):
            return
        finally:
            self._fail_pings()

    async def ping(self) -> None:
        self._serial += 1
        token = b"%d" % self._serial
        answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pongs[token] = answered
        try:
            async with asyncio.timeout(PING_SECONDS):
                await self._socket.ping(token)
                await answered
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise SwitchUnavailable("no answer on the event stream") from error
        finally:
            self._pongs.pop(token, None)

    async def close(self) -> None:
        self._fail_pings()
        await self._socket.close()

    def _fail_pings(self) -> None:
        for waiter in self._pongs.values():
            if not waiter.done():
                waiter.set_exception(SwitchUnavailable("the event stream ended"))


class AriSwitch(AriRecordings):
    """Requests to one Asterisk. One session for its life; requests run side by side."""

    def __init__(self, config: AdapterConfig) -> None:
        base = config.ari_url
        self._base = base if base.endswith("/ari") else f"{base}/ari"
        self._app, self._ca = config.ari_app, config.internal_ca
        self._headers = {"Authorization": aiohttp.encode_basic_auth(config.ari_user, config.ari_password)}
        self._login = config.ari_user, config.ari_password
        self._template = config.dial_template
        self._session: aiohttp.ClientSession | None = None

    async def connect(self) -> AriStream:
        try:
            socket = await self._open().ws_connect(
                f"{self._base}/events?app={quote(self._app)}",
                autoping=False,
                max_msg_size=0,
                timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
            )
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise SwitchUnavailable(f"no event stream: {type(error).__name__}") from error
        try:
            # Of some eighty events a call makes, a dozen concern us.
            allowed = [{"type": kind} for kind in (*Kind, REPLACED)]
            await self._request("PUT", f"applications/{quote(self._app)}/eventFilter", {"allowed": allowed})
        except SwitchError:
            await socket.close()
            raise
        return AriStream(socket)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def survey(self) -> Survey:
        channels, bridges, application = await asyncio.gather(
            self._request("GET", "channels"),
            self._request("GET", "bridges"),
            self._request("GET", f"applications/{quote(self._app)}"),
        )
        pong = await self._request("GET", "asterisk/ping")
        return Survey(
            channels={channel["id"]: channel["name"] for channel in channels},
            bridges={bridge["id"]: frozenset(bridge["channels"]) for bridge in bridges},
            application=frozenset((application or {}).get("channel_ids", [])),
            at=epoch(pong["timestamp"]),
        )

    async def get_global(self, name: str) -> str:
        path = f"asterisk/variable?variable={quote(f'{name}_{self._app}')}"
        answer = await self._request("GET", path, missing_is_fine=True)
        return str((answer or {}).get("value", ""))

    async def rtp_ports(self) -> int:
        first, _, last = (await self._node_variable("AEIMS_RTP_PORTS")).partition("-")
        return int(last) - int(first) + 1 if first.isdigit() and last.isdigit() else 0

    async def trunks(self) -> tuple[Trunk, ...]:
        if self._template:
            return (by_template(self._template),)
        trunks: list[Trunk] = []
        for number in range(1, MOST_TRUNKS + 1):
            trunk = parse_trunk(await self._node_variable(f"AEIMS_TRUNK_{number}"))
            if trunk is None:
                break
            trunks.append(trunk)
        return tuple(trunks) or (Trunk(),)

    async def trunk_states(self) -> dict[str, TrunkState]:
        names = [trunk.name for trunk in await self.trunks()]
        try:
            return await Manager(self._open(), self._base, *self._login).trunk_states(names)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.info("the state of the trunks is not known: %s", type(error).__name__)
            return {}

    async def set_global(self, name: str, value: str) -> None:
        await self._request("POST", "asterisk/variable", {"variable": f"{name}_{self._app}", "value": value})

    async def originate(self, dial: Dial) -> None:
        body = {
            "endpoint": dial.trunk.endpoint(dial.number),
            "app": self._app,
            "appArgs": dial.app_args,
            "callerId": dial.trunk.caller(dial.caller_id),
            "timeout": dial.ring_seconds,
            "variables": {**dial.variables, **dial.trunk.variables(dial.caller_id)},
        }
        if dial.originator:
            body["originator"] = dial.originator
        await self._request("POST", f"channels/{dial.channel_id}", body)

    async def hangup(self, channel_id: str) -> None:
        await self._request("DELETE", f"channels/{channel_id}", missing_is_fine=True)

    async def ring(self, channel_id: str) -> None:
        await self._request("POST", f"channels/{channel_id}/ring")

    async def stop_ringing(self, channel_id: str) -> None:
        await self._request("DELETE", f"channels/{channel_id}/ring")

    async def play(self, channel_id: str, playback_id: str, media: Sequence[str]) -> None:
        await self._request("POST", f"channels/{channel_id}/play/{playback_id}", {"media": list(media)})

    async def stop_playback(self, playback_id: str) -> None:
        await self._request("DELETE", f"playbacks/{playback_id}", missing_is_fine=True)

    async def has_sound(self, name: str) -> bool:
        return await self._request("GET", f"sounds/{quote(name, safe='')}", missing_is_fine=True) is not None

    async def set_variable(self, channel_id: str, name: str, value: str) -> None:
        await self._request("POST", f"channels/{channel_id}/variable", {"variable": name, "value": value})

    async def create_bridge(self, bridge_id: str) -> None:
        await self._request("POST", f"bridges/{bridge_id}", {"type": "mixing"})

    async def add_to_bridge(self, bridge_id: str, channel_ids: Sequence[str]) -> None:
        # Absorbed while a whisper keeps the bridge from passing packets on as they come; measured on Asterisk 22.
        body = {"channel": list(channel_ids), "absorbDTMF": True}
        await self._request("POST", f"bridges/{bridge_id}/addChannel", body)

    async def delete_bridge(self, bridge_id: str) -> None:
        await self._request("DELETE", f"bridges/{bridge_id}", missing_is_fine=True)

    async def snoop(self, channel_id: str, snoop_id: str) -> None:
        body = {"spy": "none", "whisper": "out", "app": self._app, "appArgs": "whisper"}
        await self._request("POST", f"channels/{channel_id}/snoop/{snoop_id}", body)

    async def is_holding(self, channel_id: str) -> bool:
        answer = await self._request("GET", f"channels/{channel_id}/variable?variable=CHANNEL(rtp,hold)")
        return bool(answer) and answer.get("value") == "1"

    async def received_packets(self, channel_id: str) -> int:
        answer = await self._request("GET", f"channels/{channel_id}/rtp_statistics")
        return int((answer or {}).get("rxcount", 0))

    async def write_record(self, channel_id: str, event: str, details: str) -> None:
        # A Local channel whose far end runs the dialplan for a few milliseconds (deploy/asterisk/conf/extensions.conf).
        # To Asterisk an id is taken, too, if a living channel's begins with it: so the far end has the longer one.
        body = {
            "endpoint": f"Local/s@{RECORD_CONTEXT}/n",
            "otherChannelId": f"{channel_id}b",
            "context": RECORD_CONTEXT,
            "extension": "s",
            "priority": 1,
            "variables": {"AEIMS_EVENT": event, "AEIMS_DETAILS": details},
        }
        await self._request("POST", f"channels/{channel_id}", body)

    async def _node_variable(self, name: str) -> str:
        """A global variable that the node's configuration sets; empty where it does not."""
        path = f"asterisk/variable?variable={name}"
        return str((await self._request("GET", path, missing_is_fine=True) or {}).get("value", ""))

    async def _request(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, missing_is_fine: bool = False
    ) -> Any:
        """One REST request; the decoded answer, None for an empty or (if that is fine) a missing one."""
        # Already encoded: a sound's name has slashes that belong to it.
        url = URL(f"{self._base}/{path}", encoded=True)
        try:
            async with self._open().request(method, url, json=body, allow_redirects=False) as response:
                text = await response.text()
        except (aiohttp.ClientConnectionError, OSError) as error:
            if isinstance(error, TimeoutError):
                raise SwitchSilent(f"{method} {path}: no answer in {REQUEST_SECONDS:.0f} s") from error
            raise SwitchUnavailable(f"{method} {path}: {type(error).__name__}") from error
        except aiohttp.ClientError as error:
            raise SwitchError(f"{method} {path}: {type(error).__name__}") from error
        if response.status == 404 and missing_is_fine:
            return None
        if response.status >= 300:
            raise SwitchError(f"{method} {path}: {response.status}")
        try:
            return json.loads(text) if text else None
        except ValueError as error:
            raise SwitchError(f"{method} {path}: not JSON") from error

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                headers=self._headers,
                timeout=aiohttp.ClientTimeout(total=REQUEST_SECONDS),
                connector=connector(self._ca, limit=CONNECTIONS),
            )
        return self._session
