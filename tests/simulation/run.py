"""Tell a story to one system or to both, and stop at the first word they do not agree on."""

from tests.simulation.chance import Chance, Step
from tests.simulation.pure import PureSystem
from tests.simulation.stored import StoredSystem

COMPARE_ALL_EVERY = 500


class Violation(AssertionError):
    """The promise was broken; the message tells how to see it again."""


def run_pure(seed: int, steps: int) -> PureSystem:
    """`steps` steps on the pure system. Raises Violation."""
    chance, system = Chance(seed), PureSystem()
    for number in range(steps):
        step = chance.next()
        try:
            if system.do(step.what, **step.arguments) == "ok" and step.what == "click":
                chance.clicked(step)
        except AssertionError as error:
            raise Violation(f"seed {seed}, step {number}, {step}: {error}") from error
    return system


def run_stored(seed: int, steps: int) -> PureSystem:
    """`steps` steps on both systems, compared after each. Raises Violation."""
    chance, system, stored = Chance(seed), PureSystem(), StoredSystem()
    for number in range(steps):
        step = chance.next()
        try:
            expected = system.do(step.what, **step.arguments)
            _agree(step, expected, stored.do(step))
            stored.compare(system, step.arguments.get("customer"))
            if expected == "ok" and step.what == "click":
                chance.clicked(step)
            if number % COMPARE_ALL_EVERY == 0:
                stored.compare_ends(system)
        except AssertionError as error:
            raise Violation(f"seed {seed}, step {number}, {step}: {error}") from error
    stored.compare(system)
    stored.compare_ends(system)
    stored.audit()
    return system


def _agree(step: Step, expected: str, found: str) -> None:
    if step.what != "tell":
        assert found == expected, f"the pure system says {expected}, the stored one {found}"
