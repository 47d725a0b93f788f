"""Puts the adapter together, runs it, and stops it cleanly: joined calls live on and are adopted at the next start."""

import asyncio
import logging
import signal
import time
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from core import log_lines
from telephony.adapter.adapter import Adapter
from telephony.adapter.ari import AriSwitch
from telephony.adapter.config import AdapterConfig, ConfigError
from telephony.adapter.connection import Connection
from telephony.adapter.journal import Journal
from telephony.adapter.messages import HangupRequested
from telephony.adapter.readiness import Readiness
from telephony.adapter.server import application
from telephony.adapter.switch import Switch
from telephony.adapter.tls import server_context
from telephony.states import EndedBy, EndReason, Leg

log = logging.getLogger(__name__)

STOP_SECONDS = 2.0
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Replaced(Exception):
    """Another adapter took over: this process ends, and the one that is started in its place stands by."""


class AdapterProcess:
    """An adapter with its connection and its HTTP side, started and stopped as one."""

    def __init__(self, config: AdapterConfig, switch: Switch, wall: Callable[[], float] = time.time) -> None:
        self.journal = Journal(config.journal, keys=config.journal_keys, clock=wall)
        self.adapter = Adapter(config, switch, self.journal, wall=wall, boot=boot_id())
        self.port = 0
        self._config = config
        self._tls = server_context(config)
        self._switch = switch
        self._link: Connection | None = None
        self._connection: asyncio.Task[None] | None = None
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Read the journal, begin to connect, listen. Raises JournalBusy, JournalLocked, and OSError if the port is taken."""
        self.journal.open()
        await self.adapter.reporter.start()
        self._link = Connection(self.adapter)
        self._connection = asyncio.create_task(self._link.run())
        self._runner = web.AppRunner(application(self.adapter), access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(
            self._runner, self._config.listen_host, self._config.listen_port, ssl_context=self._tls
        )
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def replaced(self) -> None:
        """Return when another adapter has taken over."""
        assert self._connection is not None, "it was started"
        await asyncio.wait({self._connection})

    async def stop(self) -> None:
        """Take no more calls, end those that are not joined, leave the joined ones to the switch and its limits."""
        self.adapter.readiness = Readiness.STOPPING
        if self._runner is not None:
            await self._runner.cleanup()
        await self._end_unjoined()
        await self.adapter.verifications.stop()
        await self.adapter.greetings.stop()
        await self._abandon()
        if self._link is not None:
            await self._link.release()
        self.journal.close()
        await self._switch.close()

    async def kill(self) -> None:
        """What `kill -9` leaves behind: nothing hung up, nothing reported, nothing written any more."""
        self.journal.abandon()
        await self._abandon()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _end_unjoined(self) -> None:
        calls = self.adapter.unjoined()
        for call in calls:
            call.deliver(HangupRequested(EndedBy.NETWORK, EndReason.ADAPTER_RESTARTED))
        try:
            async with asyncio.timeout(STOP_SECONDS):
                while any(call in self.adapter.calls.values() for call in calls):
                    await asyncio.sleep(0.02)
        except TimeoutError:
            await asyncio.gather(*(call.release(*Leg) for call in calls))

    async def _abandon(self) -> None:
        tasks = self.adapter.abandon_calls()
        if self._connection is not None:
            tasks.append(self._connection)
            self._connection.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.adapter.sound_files.close()
        await self.adapter.reporter.close()


async def serve(config: AdapterConfig, *, simulate: bool) -> None:
    """Run until SIGTERM or SIGINT. Raises ConfigError, JournalBusy, OSError if the port is taken, and Replaced."""
    if not simulate and not config.ari_url:
        raise ConfigError("ASTERISK_ARI_URL: must be set, or run with --simulate")
    log_lines.Process.name = "adapter"
    running = AdapterProcess(config, _simulated(config) if simulate else AriSwitch(config))
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stopped.set)
    await running.start()
    log.info("adapter %s listens on %s:%d", config.node, config.listen_host, running.port)
    ends = {asyncio.create_task(stopped.wait()), asyncio.create_task(running.replaced())}
    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    for end in ends:
        end.cancel()
    await running.stop()
    if not stopped.is_set():
        raise Replaced
    log.info("adapter %s stopped", config.node)


def _simulated(config: AdapterConfig) -> Switch:
    from telephony.adapter.simulator import SimulatedSwitch  # not in the image

    return SimulatedSwitch(
        cel_file=config.cel_file, heard_file=config.heard_file, sounds_dir=config.sounds_dir
    )


def boot_id() -> str:
    """Which life of this host it is: monotonic times are comparable within one."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return ""
