"""Whether the adapter takes new calls, and how it refuses a request. The words are those of its HTTP answers."""

from enum import StrEnum


class Readiness(StrEnum):
    """Whether new calls are taken; the words are those of the HTTP answers."""

    READY = "ready"
    NO_SWITCH = "no_switch"
    RECOVERING = "recovering"
    STANDBY = "standby"  # another adapter is at work
    REPLACED = "replaced"
    STOPPING = "stopping"


class Refusal(Exception):
    """A request that is not granted: HTTP status and stable word."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
