"""What a customer chose for one call: an amount it may cost in all, or a time at which it ends at the latest. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from django.utils.translation import gettext as _

from core.errors import Invalid

LEAST_AHEAD = timedelta(minutes=5)  # of a call that is about to start: the phones have to ring first
LEAST_AHEAD_TALKING = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class CallCap:
    """`amount_minor`: fee, talk, and tax together, minor units. None: not bounded by that."""

    amount_minor: int | None = None
    ends_at: datetime | None = None

    @property
    def is_set(self) -> bool:
        return self.amount_minor is not None or self.ends_at is not None

    def seconds_at(self, at: datetime, elapsed_seconds: int) -> int | None:
        """How long the call may last in all by its end time, `elapsed_seconds` of it being over at `at`; None: as long as one likes.

        Rounded up: the adapter ends the call at the very time.
        """
        if self.ends_at is None:
            return None
        return max(0, elapsed_seconds + ceil((self.ends_at - at).total_seconds()))

    def check_ahead(self, at: datetime, least: timedelta = LEAST_AHEAD) -> None:
        """Raises Invalid if the end time is too near."""
        if self.ends_at is not None and self.ends_at < at + least:
            minutes = int(least.total_seconds()) // 60
            ahead = _("a minute") if minutes == 1 else _("%(minutes)s minutes") % {"minutes": minutes}
            raise Invalid(
                _("Choose an end time at least %(ahead)s from now.") % {"ahead": ahead}, code="end_too_near"
            )

    def tightened(self, wanted: "CallCap") -> "CallCap":
        """The cap of a running call that is to be `wanted` where that names something. Raises Invalid if that is looser."""
        amount, ends_at = wanted.amount_minor, wanted.ends_at
        if amount is not None and self.amount_minor is not None and amount > self.amount_minor:
            raise Invalid(_("You can only lower the amount during a call."), code="not_tighter")
        if ends_at is not None and self.ends_at is not None and ends_at > self.ends_at:
            raise Invalid(_("You can only choose an earlier end during a call."), code="not_tighter")
        return CallCap(
            self.amount_minor if amount is None else amount, self.ends_at if ends_at is None else ends_at
        )


NO_CAP = CallCap()
