"""What `manage.py doctor` finds: one answer for each thing it looks at, and what to do about it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Level(StrEnum):
    """How bad it is. Only problems make the command fail."""

    OK = "ok"
    ADVICE = "advice"  # it works, and could hurt later
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """`part`: what was looked at; `words`: how it is; `cure`: what to do, unless all is well."""

    part: str
    level: Level
    words: str
    cure: str = ""


_SIGNS = {Level.OK: "  ok     ", Level.ADVICE: "  advice ", Level.PROBLEM: "  WRONG  "}


class Output(Protocol):
    """Where a command writes lines."""

    def write(self, text: str) -> object: ...


def write_finding(output: Output, finding: Finding) -> None:
    """One finding as people read it: how it is, and below it what to do."""
    output.write(f"{_SIGNS[finding.level]}{finding.part}: {finding.words}")
    if finding.cure:
        output.write(f"           → {finding.cure}")


Examination = Callable[[], Iterator[Finding]]


def ok(part: str, words: str) -> Finding:
    """All is well."""
    return Finding(part, Level.OK, words)


def advice(part: str, words: str, cure: str) -> Finding:
    """It works, and could hurt later."""
    return Finding(part, Level.ADVICE, words, cure)


def problem(part: str, words: str, cure: str) -> Finding:
    """It does not work, or must not stay so."""
    return Finding(part, Level.PROBLEM, words, cure)
