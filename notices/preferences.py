"""What a person chose to be told, by which way and when, with the defaults for what they didn't choose. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from core.quiet_hours import may_send_at
from notices.preference_models import DeliverySettings
from notices.states import Channel, PreferenceGroup

Way = tuple[PreferenceGroup, Channel]


@dataclass(frozen=True, slots=True)
class Choices:
    """All choices of one person. `chosen`: what differs from the defaults, by group and channel."""

    time_zone: str
    settings: DeliverySettings
    chosen: Mapping[Way, bool]

    def is_on(self, group: PreferenceGroup, channel: Channel) -> bool:
        """Whether they want this group by this channel. Receipts are for those who asked, all else until it is turned off."""
        return self.chosen.get((group, channel), group != PreferenceGroup.RECEIPTS)

    def may_reach_at(self, at: datetime) -> datetime:
        """`at`, or the end of their quiet hours if it falls into those."""
        start, end = self.settings.quiet_from, self.settings.quiet_until
        if start is None or end is None:
            return at
        return may_send_at(at, time_zone=self.time_zone, quiet_from=start, quiet_until=end)
