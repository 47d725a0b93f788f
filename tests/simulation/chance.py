"""What happens next: a seeded source of steps, and phones whose events arrive twice, late, in any order, or not at first."""

from dataclasses import dataclass, field
from random import Random
from typing import Any

CUSTOMERS, OPERATORS = 6, 3
DAY = 86_400


@dataclass(frozen=True)
class Step:
    """One thing that happens; `what` names a method of both systems."""

    what: str
    arguments: dict[str, Any] = field(default_factory=dict)
    crashes_at: int | None = (
        None  # the process dies at this statement of the step, and the step is tried again
    )


@dataclass
class Line:
    """One call as the phones will have it, and how far it was told."""

    call: int
    customer: int
    operator: int
    joined_ms: int | None
    untold: list[dict[str, Any]] = field(default_factory=list)


class Chance:
    """An endless story. `clicked` tells it whether a click became a call, for then phones start to talk."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._lines: list[Line] = []
        self._disputes: list[int] = []
        self._calls = self._keys = self._texts = self._answers = self._loads = self._tips = 0

    def next(self) -> Step:
        """The next step."""
        make, crash = self._random.choices(_KINDS, _WEIGHTS)[0], self._random.random()
        step: Step = make(self)
        if crash < 0.03:
            return Step(step.what, step.arguments, crashes_at=self._random.randint(1, 14))
        return step

    def clicked(self, step: Step) -> None:
        """The click of this step was accepted: its phones begin to ring."""
        r = self._random
        joined_ms = r.choice(
            [
                None,
                r.randint(1, 2500),
                r.randint(1, 15) * 60_000 + r.randint(-1100, 1100),
                r.randint(1, 900_000),
            ]
        )
        line = Line(step.arguments["call"], step.arguments["customer"], step.arguments["operator"], joined_ms)
        told: list[dict[str, Any]] = [{"state": "ringing"}, {"state": "answered"}]
        if joined_ms is None:
            told.append({"state": r.choice(["ended", "busy", "no_answer", "failed"])})
        else:
            told.append({"state": "started"})
            told += [
                {"state": "progress", "elapsed_ms": at * 1000} for at in range(90, joined_ms // 1000, 90)
            ]
            told.append({"state": "ended", "joined_ms": joined_ms})
        for number, event in enumerate(told):
            event |= {
                "event": f"{line.call}-{number}",
                "call": line.call,
                "customer": line.customer,
                "operator": line.operator,
            }
        line.untold = told
        self._lines.append(line)

    # -- the kinds of step

    def _who(self) -> int:
        return self._random.randrange(CUSTOMERS)

    def _whom(self) -> int:
        return self._random.randrange(OPERATORS)

    def _key(self) -> str:
        self._keys += 1
        return f"step-{self._keys}"

    def _credit(self) -> Step:
        return Step(
            "credit", {"customer": self._who(), "cents": self._random.randint(1, 4000), "key": self._key()}
        )

    def _load(self) -> Step:
        self._loads += 1
        return Step(
            "load",
            {"load": self._loads, "customer": self._who(), "cents": self._random.randint(100, 4000)},
        )

    def _charge_back(self) -> Step:
        load = self._random.randint(1, max(1, self._loads))
        self._disputes.append(load)
        return Step("charge_back", {"load": load})

    def _win_back(self) -> Step:
        """The oldest dispute, told twice now and then: who is frozen for good calls nobody any more."""
        if not self._disputes:
            return Step("win_back", {"load": self._random.randint(1, max(1, self._loads))})
        load = self._disputes[0] if self._random.random() < 0.1 else self._disputes.pop(0)
        return Step("win_back", {"load": load})

    def _pay_back(self) -> Step:
        return Step("pay_back", {"customer": self._who(), "key": self._key()})

    def _part_back(self) -> Step:
        load, cents = self._random.randint(1, max(1, self._loads)), self._random.randint(1, 1500)
        return Step("part_back", {"load": load, "cents": cents, "key": self._key()})

    def _statement(self) -> Step:
        return Step("statement", {"load": self._random.randint(1, max(1, self._loads))})

    def _pay_out(self) -> Step:
        return Step("pay_out", {"returned": self._random.random() < 0.3})

    def _debit(self) -> Step:
        return Step(
            "debit", {"customer": self._who(), "cents": self._random.randint(1, 3000), "key": self._key()}
        )

    def _give(self) -> Step:
        operator = self._random.choice([None, self._whom()])
        return Step(
            "give",
            {
                "customer": self._who(),
                "operator": operator,
                "minutes": self._random.randint(1, 12),
                "seconds_valid": self._random.choice([30, 600, DAY, 30 * DAY]),
                "by_platform": operator is None or self._random.random() < 0.5,
                "key": self._key(),
            },
        )

    def _expire(self) -> Step:
        return Step("expire")

    def _wait(self) -> Step:
        return Step("wait", {"seconds": self._random.choice([1, 60, 3600, DAY // 2])})

    def _click(self) -> Step:
        self._calls += 1
        return Step("click", {"call": self._calls, "customer": self._who(), "operator": self._whom()})

    def _text(self) -> Step:
        self._texts += 1
        return Step("text", {"text": self._texts, "customer": self._who(), "operator": self._whom()})

    def _answer(self) -> Step:
        self._answers += 1
        return Step("answer", {"answer": self._answers, "customer": self._who(), "operator": self._whom()})

    def _sweep(self) -> Step:
        return Step("sweep")

    def _tip(self) -> Step:
        self._tips += 1
        cents = self._random.choice([self._random.randint(1, 3000), 500, 1000])
        return Step(
            "tip", {"tip": self._tips, "customer": self._who(), "operator": self._whom(), "cents": cents}
        )

    def _refund(self) -> Step:
        counts = {"text": self._texts, "tip": self._tips, "call": max(1, self._calls)}
        what = self._random.choices(["text", "tip", "call"], [2, 1, 2])[0]
        what = what if counts[what] else "call"
        of = f"{what}-{self._random.randint(1, counts[what])}"
        amount = self._random.choice([None, self._random.randint(1, 500)])
        return Step(
            "refund",
            {"of": of, "cents": amount, "claws_back": self._random.random() < 0.7, "key": self._key()},
        )

    def _correct(self) -> Step:
        joined_ms = self._random.choice(
            [self._random.randint(1, 15) * 60_000, self._random.randint(1, 900_000)]
        )
        return Step("correct", {"call": self._random.randint(1, max(1, self._calls)), "joined_ms": joined_ms})

    def _event(self) -> Step:
        if not self._lines:
            return self._click()
        line = self._random.choice(self._lines)
        in_order = self._random.random() < 0.85
        event = line.untold[0] if in_order else self._random.choice(line.untold)
        if (
            self._random.random() < 0.9
        ):  # else it is told once more later: a repeat, or an answer that got lost
            line.untold.remove(event)
        if not line.untold:
            self._lines.remove(line)
        return Step("tell", dict(event))


_KINDS = [
    Chance._event, Chance._click, Chance._credit, Chance._debit, Chance._give, Chance._wait,
    Chance._text, Chance._refund, Chance._expire, Chance._answer, Chance._sweep, Chance._correct,
    Chance._load, Chance._charge_back, Chance._win_back, Chance._pay_back, Chance._tip,
    Chance._part_back, Chance._statement, Chance._pay_out,
]  # fmt: skip
_WEIGHTS = [52, 14, 9, 4, 4, 7, 7, 6, 1, 2, 2, 4, 4, 1, 2, 1, 5, 2, 2, 1]
