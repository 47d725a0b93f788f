"""What to do about every call after (re)connecting, decided from three witnesses: the journal (what we promised),
the survey (what lives in the switch now) and the CEL (what happened meanwhile). Pure.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from telephony.adapter.call_store import CallRecord
from telephony.adapter.cel import RecordedTalk
from telephony.adapter.ids import bridge_id, call_of, channel_id
from telephony.adapter.switch import Survey
from telephony.states import Leg


@dataclass(slots=True)
class RecoveryPlan:
    """Calls by what becomes of them, and what is to be swept out of the switch.

    `adopt` maps a call that goes on to its joining time (None: not known, it counts from now); `close` maps one that
    was joined and is gone to its recorded talk, if there is a record; `resume` are calls that are not joined yet and still
    have what they had; `fail` are others that were never joined.
    """

    adopt: dict[str, float | None] = field(default_factory=dict)
    close: dict[str, RecordedTalk | None] = field(default_factory=dict)
    resume: list[str] = field(default_factory=list)
    fail: list[str] = field(default_factory=list)
    hangup: list[str] = field(default_factory=list)
    delete_bridges: list[str] = field(default_factory=list)

    @property
    def open_ended(self) -> list[str]:
        """Calls to close without a recorded end: the record may still be on its way to the file."""
        return [call_id for call_id, talk in self.close.items() if talk is None or talk.left_at is None]


def plan_recovery(
    calls: Iterable[CallRecord],
    survey: Survey,
    recorded_talks: Mapping[str, RecordedTalk],
    waiting: Mapping[str, frozenset[str]] | None = None,
    over: Container[str] = (),
) -> RecoveryPlan:
    """Decide about each live call of the journal; everything else of ours in the switch is a stray.

    `waiting`: calls of this very process that are not joined yet, with the ids of their channels. `over`: whether a call is
    over by the journal. Joined parties of a call that the journal does not have are another adapter's: they are left to
    the limit that Asterisk itself keeps.
    """
    result, waiting, calls = RecoveryPlan(), waiting or {}, list(calls)
    for call in calls:
        talk = recorded_talks.get(call.call_id)
        legs = {channel_id(call.call_id, leg) for leg in Leg}
        together = legs <= survey.bridges.get(bridge_id(call.call_id), frozenset())
        if call.joined_at is None and talk is None and not together:
            lives = call.call_id in waiting and waiting[call.call_id] <= survey.channels.keys()
            (result.resume if lives else result.fail).append(call.call_id)
        elif together and (talk is None or talk.left_at is None):
            joined_at = call.joined_at if call.joined_at is not None else talk.joined_at if talk else None
            result.adopt[call.call_id] = joined_at
        else:
            result.close[call.call_id] = talk
    known = {call.call_id for call in calls}
    going_on = {*result.adopt, *result.resume, *_of_others(survey, known, over)}
    adopted_channels = {channel_id(call_id, leg) for call_id in going_on for leg in Leg}
    ours = {name for name in survey.channels if call_of(name)} | (survey.application & survey.channels.keys())
    result.hangup = sorted(ours - adopted_channels)
    adopted = {bridge_id(call_id) for call_id in going_on}
    result.delete_bridges = sorted(name for name in survey.bridges if call_of(name) and name not in adopted)
    return result


def _of_others(survey: Survey, known: Container[str], over: Container[str]) -> Iterator[str]:
    """The calls whose parties are joined and that are not in the journal."""
    for name, inside in survey.bridges.items():
        call_id = call_of(name)
        if call_id is None or call_id in known or call_id in over or name != bridge_id(call_id):
            continue
        if {channel_id(call_id, leg) for leg in Leg} <= inside:
            yield call_id
