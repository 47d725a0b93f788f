"""How far ahead time is granted to a call (docs/design.md section 4). Pure: seconds in, seconds out; no Django, no clock."""

from dataclasses import dataclass

from billing.rating import Tariff, grid_ceil, grid_floor


@dataclass(frozen=True, slots=True)
class Grant:
    """How long a call may last, counted from joining. `is_final`: it cannot be extended as things stand."""

    granted_seconds: int
    is_final: bool


@dataclass(frozen=True, slots=True)
class GrantSteps:
    """How far ahead time is granted, and how early the next grant is asked for, in seconds."""

    step_seconds: int = 180
    ask_ahead_seconds: int = 90


def first_grant(tariff: Tariff, affordable_seconds: int, steps: GrantSteps) -> Grant:
    """The grant a call starts with. `granted_seconds` is 0 if it may not start."""
    return next_grant(tariff, 0, 0, affordable_seconds, steps)


def next_grant(
    tariff: Tariff, elapsed_seconds: int, granted_seconds: int, affordable_seconds: int, steps: GrantSteps
) -> Grant:
    """The grant after `elapsed_seconds` of talk: absolute, on the grid, never less than was granted before.

    At most `step_seconds` ahead, but always past the point where the next one is asked for, so that
    an increment longer than a step does not end a call that could go on.
    """
    ahead = max(
        grid_floor(tariff, elapsed_seconds + steps.step_seconds),
        grid_ceil(tariff, elapsed_seconds + steps.ask_ahead_seconds + 1),
    )
    granted = max(granted_seconds, min(affordable_seconds, ahead))
    return Grant(granted_seconds=granted, is_final=affordable_seconds <= granted)
