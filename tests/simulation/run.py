"""Tell a story to one house or to both, and stop at the first word they do not agree on."""

from tests.simulation.chance import Chance, Step
from tests.simulation.pure import PureHouse
from tests.simulation.stored import StoredHouse

COMPARE_ALL_EVERY = 500


class Violation(AssertionError):
    """The promise was broken; the message tells how to see it again."""


def run_pure(seed: int, steps: int) -> PureHouse:
    """`steps` steps on the pure house. Raises Violation."""
    chance, house = Chance(seed), PureHouse()
    for number in range(steps):
        step = chance.next()
        try:
            if house.do(step.what, **step.arguments) == "ok" and step.what == "click":
                chance.clicked(step)
        except AssertionError as error:
            raise Violation(f"seed {seed}, step {number}, {step}: {error}") from error
    return house


def run_stored(seed: int, steps: int) -> PureHouse:
    """`steps` steps on both houses, compared after each. Raises Violation."""
    chance, house, stored = Chance(seed), PureHouse(), StoredHouse()
    for number in range(steps):
        step = chance.next()
        try:
            expected = house.do(step.what, **step.arguments)
            _agree(step, expected, stored.do(step))
            stored.compare(house, step.arguments.get("customer"))
            if expected == "ok" and step.what == "click":
                chance.clicked(step)
            if number % COMPARE_ALL_EVERY == 0:
                stored.compare_ends(house)
        except AssertionError as error:
            raise Violation(f"seed {seed}, step {number}, {step}: {error}") from error
    stored.compare(house)
    stored.compare_ends(house)
    return house


def _agree(step: Step, expected: str, found: str) -> None:
    if step.what != "tell":
        assert found == expected, f"the pure house says {expected}, the stored one {found}"
