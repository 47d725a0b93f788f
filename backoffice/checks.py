"""What a look at one part of the installation says."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One answer: is it well, and in words why or why not. `url`: where to look. `count`: of a queue, `MANY` at most."""

    name: str
    is_well: bool
    words: str
    url: str = ""
    count: int | None = None
