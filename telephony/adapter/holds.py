"""Who has the other party on hold in one call, since when, and when that has been too long. Pure.

What is not talk is not paid: a call that ends while its operator has the customer on hold is charged to the beginning
of that hold. The customer's own hold is theirs to pay. Either ends the call at its limit.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from telephony.states import Leg


@dataclass(frozen=True, slots=True)
class Hold:
    """The party of `leg` has the other on hold since `at` by the switch's clock (epoch seconds), `mono` by ours."""

    leg: Leg
    at: float
    mono: float


@dataclass(frozen=True, slots=True)
class DueHold:
    """A hold that is too long at `mono` (monotonic seconds)."""

    mono: float
    leg: Leg


class Holds:
    """The holds that go on. `limits` are in seconds."""

    def __init__(self, limits: Mapping[Leg, int], holds: Iterable[Hold] = ()) -> None:
        self._limits = limits
        self._holds = {hold.leg: hold for hold in holds}
        self._postponed: dict[Leg, float] = {}

    @property
    def held_by(self) -> tuple[Leg, ...]:
        """The parties that hold, customer first."""
        return tuple(leg for leg in Leg if leg in self._holds)

    def of(self, leg: Leg) -> Hold | None:
        return self._holds.get(leg)

    def begin(self, hold: Hold) -> bool:
        """Note a hold; False if that party holds already."""
        if hold.leg in self._holds:
            return False
        self._holds[hold.leg] = hold
        return True

    def end(self, leg: Leg) -> bool:
        """Note that a party is back; False if it did not hold."""
        self._postponed.pop(leg, None)
        return self._holds.pop(leg, None) is not None

    def ends_at(self) -> float | None:
        """The monotonic second at which the first hold is too long, if there is one."""
        return min((self._limit_of(hold) for hold in self._holds.values()), default=None)

    def due(self) -> DueHold | None:
        """What is to be looked at next."""
        due = [
            DueHold(max(self._limit_of(hold), self._postponed.get(hold.leg, 0.0)), hold.leg)
            for hold in self._holds.values()
        ]
        return min(due, key=lambda hold: hold.mono, default=None)

    def postpone(self, leg: Leg, mono: float) -> None:
        """Look at this party's hold again at `mono`, not before."""
        self._postponed[leg] = mono

    def overdue(self, mono: float) -> Leg | None:
        """Whose hold has been too long at `mono`."""
        return next((hold.leg for hold in self._holds.values() if self._limit_of(hold) <= mono), None)

    def _limit_of(self, hold: Hold) -> float:
        return hold.mono + self._limits[hold.leg]
