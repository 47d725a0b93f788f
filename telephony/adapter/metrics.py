"""What the adapter counts for Prometheus: of calls, of the phones that it dials, of grants; and its state and Asterisk's.

A caller ID is told by its last two digits alone, a call by nothing.
"""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from telephony.adapter.readiness import Readiness
from telephony.adapter.switch import Survey, Switch, SwitchError
from telephony.adapter.trunk import TrunkState
from telephony.states import EndReason, Leg

disable_created_metrics()  # type: ignore[no-untyped-call]  # when a counter began: nobody reads that
SURVEY_SECONDS = 1.0
_SETUP_BUCKETS = (1, 2, 3, 5, 8, 10, 15, 20, 30, 45, 60, 90)
_RINGING_BUCKETS = (0.25, 0.5, 1, 1.5, 2, 3, 4, 5, 8)
_GRANT_BUCKETS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2)
_NOT_TOLD = {"journal_ok", "node", "trunks"}  # of the adapter's health: told in another way


class AdapterMetrics:
    """Of one adapter. Labels are there from the start, so that the first of a kind is seen as an increase."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        leg = ["leg", "caller_id"]
        self._dialed = Counter("aeims_legs_dialed", "Phones dialed.", leg, registry=self.registry)
        self._answered = Counter("aeims_legs_answered", "Phones that answered.", leg, registry=self.registry)
        self._ringing = Histogram(
            "aeims_leg_ringing_seconds", "From dialing a phone to the carrier's word that it rings.", ["leg"],
            buckets=_RINGING_BUCKETS, registry=self.registry,
        )  # fmt: skip
        self._setup = Histogram(
            "aeims_call_setup_seconds", "From the request to both parties in one bridge.",
            buckets=_SETUP_BUCKETS, registry=self.registry,
        )  # fmt: skip
        self._begun = Counter("aeims_calls_begun", "Calls taken from web.", registry=self.registry)
        self._joined = Counter(
            "aeims_calls_joined", "Calls whose parties were joined.", registry=self.registry
        )
        self._ended = Counter(
            "aeims_calls_ended", "Calls that ended, by why.", ["why"], registry=self.registry
        )
        self._refused = Counter(
            "aeims_calls_refused", "Calls not taken, by the word of the refusal.", ["error"],
            registry=self.registry,
        )  # fmt: skip
        self._grant = Histogram(
            "aeims_grant_answer_seconds", "How long web took to say whether a call may go on.",
            buckets=_GRANT_BUCKETS, registry=self.registry,
        )  # fmt: skip
        self._grants_late = Counter(
            "aeims_grants_late", "Questions for more time that were not answered in time.", registry=self.registry
        )  # fmt: skip
        for why in EndReason:
            self._ended.labels(why)
        for error in (
            "full",
            "too_fast",
            "journal",
            *(word for word in Readiness if word is not Readiness.READY),
        ):
            self._refused.labels(error)
        for each in Leg:
            self._ringing.labels(each)

    def begun(self) -> None:
        self._begun.inc()

    def refused(self, error: str) -> None:
        self._refused.labels(error).inc()

    def dialed(self, leg: Leg, caller_id: str) -> None:
        self._dialed.labels(leg, caller_id[-2:]).inc()
        self._answered.labels(leg, caller_id[-2:])

    def rings(self, leg: Leg, seconds: float) -> None:
        self._ringing.labels(leg).observe(seconds)

    def answered(self, leg: Leg, caller_id: str) -> None:
        self._answered.labels(leg, caller_id[-2:]).inc()

    def joined(self, seconds: float) -> None:
        self._joined.inc()
        self._setup.observe(seconds)

    def ended(self, why: EndReason) -> None:
        self._ended.labels(why).inc()

    def asked(self, seconds: float, *, is_answered: bool) -> None:
        """A question for more time, and after how long it was answered or given up."""
        self._grant.observe(seconds)
        if not is_answered:
            self._grants_late.inc()

    async def text(self, readiness: Readiness, health: Mapping[str, Any], switch: Switch) -> bytes:
        """All of it, with the state of the adapter and what Asterisk has now."""
        survey, seconds = await _survey(switch)
        state = _State(readiness, health, survey, seconds)
        registry = CollectorRegistry()
        registry.register(state)
        return generate_latest(self.registry) + generate_latest(registry)


class _State(Collector):
    def __init__(
        self, readiness: Readiness, health: Mapping[str, Any], survey: Survey | None, seconds: float
    ) -> None:
        self._readiness, self._health, self._survey, self._seconds = readiness, health, survey, seconds

    def collect(self) -> Iterator[Metric]:
        """Gauges of this moment."""
        ready = GaugeMetricFamily("aeims_adapter_state", "1 for the state that it is in.", labels=["state"])
        for state in Readiness:
            ready.add_metric([state], float(state is self._readiness))
        yield ready
        yield GaugeMetricFamily(
            "aeims_journal_ok", "Whether its journal can be written.", float(self._health["journal_ok"])
        )
        for name, figure in self._health.items():
            if name not in _NOT_TOLD:
                yield GaugeMetricFamily(f"aeims_adapter_{name}", "See /health of the adapter.", float(figure))
        channels = GaugeMetricFamily("aeims_trunk_channels", "Channels on a trunk.", labels=["trunk"])
        refused = CounterMetricFamily("aeims_trunk_refused", "Calls it did not take.", labels=["trunk"])
        states = GaugeMetricFamily(
            "aeims_trunk_state", "1 for the state that it is in.", labels=["trunk", "state"]
        )
        for trunk in self._health["trunks"]:
            channels.add_metric([trunk["name"]], trunk["channels"])
            refused.add_metric([trunk["name"]], trunk["refused"])
            for word in TrunkState:
                states.add_metric([trunk["name"], word], float(trunk["state"] == word))
        yield from (channels, refused, states)
        yield GaugeMetricFamily(
            "aeims_asterisk_up", "Whether Asterisk answers.", float(self._survey is not None)
        )
        if self._survey is not None:
            yield GaugeMetricFamily(
                "aeims_asterisk_answer_seconds", "How long Asterisk took to say what it has.", self._seconds
            )
            yield GaugeMetricFamily(
                "aeims_asterisk_channels", "Channels in Asterisk.", len(self._survey.channels)
            )
            yield GaugeMetricFamily(
                "aeims_asterisk_bridges", "Bridges in Asterisk.", len(self._survey.bridges)
            )


async def _survey(switch: Switch) -> tuple[Survey | None, float]:
    """What is in Asterisk, and how long it took to say so; None where it doesn't within a second."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    try:
        async with asyncio.timeout(SURVEY_SECONDS):
            survey = await switch.survey()
    except (SwitchError, TimeoutError):
        return None, loop.time() - begun
    return survey, loop.time() - begun
