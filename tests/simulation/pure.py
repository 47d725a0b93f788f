"""The system in memory: the product's pure parts (`billing.rating`, `telephony.machine`, `core.money`) and plain numbers.

It is the twin that the system on PostgreSQL must agree with, and by itself a check of the pure parts: after every step
nothing is held beyond what is there, every posting adds up to nothing, and each call settles at most once.
"""

from dataclasses import dataclass, field, replace
from typing import Any

from billing import grants, rating
from billing.outcome import CONNECT_FEE, TALK, Component, Outcome
from billing.taxes import TaxTerms, taxed
from core.money import Split, round_half_up, split
from telephony.machine import Action, step
from telephony.states import CallStatus, EventState
from tests.model import rules
from tests.simulation.chance import CUSTOMERS, OPERATORS

STEPS = grants.GrantSteps()
LIMIT_MINOR, LONGEST_SECONDS = 100_000, 4 * 3600
TEXT_MINOR = 50
LEAST_PAYOUT = 2_500
TIP_MINOR = (100, 20_000)  # the smallest and the largest
ANSWER_WITHIN_SECONDS = 24 * 3600
TAX = TaxTerms(
    "SIMULATED",
    voice_millionths=138_750,
    text_millionths=88_750,
    fee_millionths=45_000,
    tip_millionths=62_500,
)
TARIFFS = tuple(
    rating.Tariff(
        rate, fee, operator_share_bps=share, talk_tax_millionths=TAX.voice_millionths,
        fee_tax_millionths=TAX.fee_millionths,
    )
    for rate, fee, share in ((399, 99, 8000), (299, 49, 7500), (1, 0, 8500))
)  # fmt: skip
LARGER_SHARES = (8500, None, 10_000)  # of each operator, from who came through her link
CAME_THROUGH = {0: 0, 1: 1, 2: 2, 3: 0}  # customer → operator
TEXT = taxed(TEXT_MINOR, TAX.text_millionths, is_included=False)


def terms_for(customer: int, operator: int) -> rating.Tariff:
    """What a call between them would go by now: the larger share where the customer came through the operator's link."""
    tariff, larger = TARIFFS[operator], LARGER_SHARES[operator]
    is_referred = larger is not None and CAME_THROUGH.get(customer) == operator
    return replace(tariff, operator_share_bps=larger) if is_referred else tariff


@dataclass
class Package:
    """Free seconds: where each of them is."""

    operator: int | None
    by_platform: bool
    expires_at: float
    left: int
    kept: int = 0
    used: int = 0
    expired: int = 0
    covers_fee: bool = False


@dataclass
class Call:
    """One call: its grant, what is kept for it, and its bill once it is over."""

    customer: int
    operator: int
    kept: list[tuple[Package, int]]
    granted: int
    held: int
    tariff: rating.Tariff
    status: CallStatus = CallStatus.INITIATED
    joined_at: float | None = None
    joined_ms: int | None = None  # as it was charged
    told: set[str] = field(default_factory=set)
    bill: Outcome | None = None
    is_corrected: bool = False

    @property
    def free(self) -> int:
        return sum(seconds for _, seconds in self.kept)


@dataclass
class Part:
    """One part of a bill as it is now, and what of it went back: cents, of that the operator's, whether both gave, and the tax."""

    amount: int
    operator: int
    tax: int = 0  # in the amount
    given: list[tuple[int, int, bool, int]] = field(default_factory=list)

    @property
    def tax_owed(self) -> int:
        """The tax in what was not given back."""
        return self.tax - sum(tax for _, _, _, tax in self.given)

    @property
    def refunded(self) -> int:
        return sum(cents for cents, _, _, _ in self.given)

    def give_back(self, cents: int, claws_back: bool) -> int:
        """The operator's part of this refund: the difference of one rounded share, so that steps add up to it."""
        tax = _part_of(self.tax, self.amount, self.refunded + cents) - _part_of(
            self.tax, self.amount, self.refunded
        )
        net = self.amount - self.tax
        # Of what was paid too little for, tax is no reason to give less.
        taxes, all_net = (1, net) if self.operator <= net else (0, self.amount)
        shared = sum(past - taxes * of_it for past, _, of_both, of_it in self.given if of_both)
        upto = shared + cents - taxes * tax
        share = _part_of(self.operator, all_net, upto) - _part_of(self.operator, all_net, shared)
        part = share if claws_back else 0
        self.given.append((cents, part, claws_back or share == 0, tax))
        return part

    def correct(self, cents: int, operator: int, tax: int) -> tuple[int, int]:
        """The part is worth so much more; what that changes of what was given back, in all and of the operator's."""
        before, of_operator = self.refunded, sum(part for _, part, _, _ in self.given)
        past = [(given, of_both) for given, _, of_both, _ in self.given]
        if 0 < self.amount == before and cents > 0:
            past.append((cents, past[-1][1]))
        self.amount, self.operator, self.given = self.amount + cents, self.operator + operator, []
        self.tax += tax
        for given, of_both in past:
            if given := min(given, self.amount - self.refunded):
                self.give_back(given, of_both)
        return self.refunded - before, sum(part for _, part, _, _ in self.given) - of_operator


def _part_of(part: int, whole: int, cents: int) -> int:
    return round_half_up(cents * part, whole) if cents else 0


@dataclass
class Sale:
    """What was paid for a call (talk, then fee) or a text, and when a text without an answer is given back."""

    customer: int
    operator: int
    parts: list[Part]
    answer_by: float = 0.0
    paid_with_promo: int = 0  # of what stays charged, cents of promotional money
    is_pay: bool = True  # opens the way for tips: no tip does, nor a call that was charged only later

    @property
    def left(self) -> int:
        return sum(part.amount - part.refunded for part in self.parts)


@dataclass
class Load:
    """A card payment: what is left of it with the processor, and what a dispute took of promotional money."""

    customer: int
    cents: int
    captured: int
    is_disputed: bool = False
    promo_taken: int = 0
    is_stated: bool = False


class PureSystem:
    """Takes the steps of `chance` and returns a word for what came of each."""

    def __init__(self) -> None:
        self.at = 0.0
        self.wallets = [0] * CUSTOMERS
        self.held = [0] * CUSTOMERS
        self.promo = [0] * CUSTOMERS
        self.disputed = [0] * CUSTOMERS
        self.loads: dict[int, Load] = {}
        self.packages: list[list[Package]] = [[] for _ in range(CUSTOMERS)]
        self.earned = [0] * OPERATORS
        self.fees = self.banked = 0  # what processors kept, and sent
        self.outside = 0  # everything that is no wallet and no operator: its sum with them is nothing
        self.calls: dict[int, Call] = {}
        self.live_of_customer: dict[int, int] = {}
        self.live_of_operator: dict[int, int] = {}
        self.sales: dict[str, Sale] = {}
        self.pairs: set[tuple[int, int]] = set()  # who wrote to whom
        self.waiting: list[Sale] = []  # texts without an answer
        self.settlements = self.unanswered = self.tips = self.payouts = 0

    @property
    def tax_owed(self) -> int:
        """What of the tax on all that was sold is still owed."""
        return sum(part.tax_owed for sale in self.sales.values() for part in sale.parts)

    def do(self, what: str, **arguments: Any) -> str:
        """Run one step and check what must hold after any."""
        word: str = getattr(self, what)(**arguments)
        assert sum(self.wallets) + sum(self.earned) + self.outside == 0, "the books do not add up"
        return word

    # -- money and minutes

    def credit(self, customer: int, cents: int, key: str) -> str:
        if self.wallets[customer] + cents > LIMIT_MINOR:
            return "balance_limit"
        self._move(customer, cents)
        self._add_promo(customer, cents if is_promotional(cents) else 0)
        self._extend_live(customer)
        return "ok"

    # -- cards

    def load(self, load: int, customer: int, cents: int) -> str:
        self.loads[load] = Load(customer, cents, captured=cents)
        self._move(customer, cents)
        self._extend_live(customer)
        return "ok"

    def charge_back(self, load: int) -> str:
        """All that is left of the payment; the wallet may be below zero by it, and is frozen."""
        paid = self.loads.get(load)
        if paid is None or paid.is_disputed or not paid.cents:
            return "not_found"
        paid.is_disputed = True
        self.disputed[paid.customer] += paid.cents
        self.wallets[paid.customer] -= paid.cents
        self.outside += paid.cents
        paid.promo_taken = -self._add_promo(paid.customer, 0)
        return "ok"

    def win_back(self, load: int) -> str:
        paid = self.loads.get(load)
        if paid is None or not paid.is_disputed:
            return "not_found"
        paid.is_disputed = False
        self.disputed[paid.customer] -= paid.cents
        self._move(paid.customer, paid.cents)
        self._add_promo(paid.customer, paid.promo_taken)
        self._extend_live(paid.customer)
        return "ok"

    def pay_back(self, customer: int, key: str) -> str:
        """Paid money that isn't held, to the cards it came from, the newest first; it arrives at once."""
        available = self.wallets[customer] - self.held[customer]
        left = 0 if self.disputed[customer] else min(available, self.wallets[customer] - self.promo[customer])
        mine = [paid for _, paid in sorted(self.loads.items(), reverse=True) if paid.customer == customer]
        left = min(left, sum(paid.cents for paid in mine))
        if left <= 0:
            return "insufficient_balance"
        self.wallets[customer] -= left
        self.outside += left
        for paid in mine:
            part = min(paid.cents, left)
            paid.cents, left = paid.cents - part, left - part
        return "ok"

    def part_back(self, load: int, cents: int, key: str) -> str:
        """A part of one payment that is unused, by staff."""
        paid = self.loads.get(load)
        if paid is None:
            return "not_found"
        who = paid.customer
        available = self.wallets[who] - self.held[who]
        unused = 0 if self.disputed[who] else min(paid.cents, available, self.wallets[who] - self.promo[who])
        if unused < cents:
            return "insufficient_balance"
        self.wallets[who] -= cents
        self.outside += cents
        paid.cents -= cents
        return "ok"

    def statement(self, load: int) -> str:
        """The processor's statement of one charge, and what it sent to the bank of it; a file that was read changes nothing."""
        paid = self.loads.get(load)
        if paid is None:
            return "not_found"
        if not paid.is_stated:
            paid.is_stated = True
            self.fees += processors_fee(load)
            self.banked += paid.captured - processors_fee(load)
        return "ok"

    def pay_out(self, returned: bool) -> str:
        """All that everybody earned; the first payout comes back from the bank where `returned`."""
        due = [number for number, minor in enumerate(self.earned) if minor >= LEAST_PAYOUT]
        if not due:
            return "nothing_payable"
        for number in due[1 if returned else 0 :]:
            self.payouts += 1
            self.outside += self.earned[number]
            self.banked -= self.earned[number]
            self.earned[number] = 0
        return "ok"

    def _add_promo(self, customer: int, cents: int) -> int:
        """Promotional money fills a debt first, and is never more than there is; by how much it changed."""
        before = self.promo[customer]
        self.promo[customer] = min(before + cents, max(0, self.wallets[customer]))
        return self.promo[customer] - before

    def debit(self, customer: int, cents: int, key: str) -> str:
        if self.wallets[customer] - self.held[customer] < cents:
            return "insufficient_balance"
        self._move(customer, -cents)
        return "ok"

    def give(
        self,
        customer: int,
        operator: int | None,
        minutes: int,
        seconds_valid: int,
        by_platform: bool,
        key: str,
    ) -> str:
        self.packages[customer].append(
            Package(
                operator,
                by_platform,
                self.at + seconds_valid,
                minutes * rating.SECONDS_PER_MINUTE,
                covers_fee=covers_fee(minutes),
            )
        )
        return "ok"

    def expire(self) -> str:
        for mine in self.packages:
            for package in mine:
                if package.expires_at <= self.at:
                    package.expired, package.left = package.expired + package.left, 0
        return "ok"

    def wait(self, seconds: int) -> str:
        self.at += seconds
        return "ok"

    def text(self, text: int, customer: int, operator: int) -> str:
        if self.disputed[customer]:
            return "account_frozen"
        if self.wallets[customer] - self.held[customer] < TEXT.charged_minor:
            return "insufficient_balance"
        parts = split(TEXT.net_minor, terms_for(customer, operator).operator_share_bps)
        sale = Sale(
            customer, operator, [_part(parts, TEXT.tax_minor)], answer_by=self.at + ANSWER_WITHIN_SECONDS
        )
        self._move(customer, -TEXT.charged_minor, sale)
        self._earn(operator, parts.operator_minor)
        self.sales[f"text-{text}"] = sale
        self.waiting.append(sale)
        self.pairs.add((customer, operator))
        return "ok"

    def tip(self, tip: int, customer: int, operator: int, cents: int) -> str:
        """The books' own stamps say when something was paid: the simulated time moves, they don't."""
        if not TIP_MINOR[0] <= cents <= TIP_MINOR[1]:
            return "invalid"
        if not self._has_paid(customer, operator):
            return "not_paid"
        if self.disputed[customer]:
            return "account_frozen"
        price = taxed(cents, TAX.tip_millionths, is_included=False)
        if self.wallets[customer] - self.held[customer] < price.charged_minor:
            return "insufficient_balance"
        parts = split(price.net_minor, terms_for(customer, operator).operator_share_bps)
        taxed_part = _part(parts, price.tax_minor)
        sale = self.sales[f"tip-{tip}"] = Sale(customer, operator, [taxed_part], is_pay=False)
        self._move(customer, -price.charged_minor, sale)
        self._earn(operator, parts.operator_minor)
        self.tips += 1
        return "ok"

    def _has_paid(self, customer: int, operator: int) -> bool:
        """A call counts though it was refunded, a text doesn't."""
        return any(
            sale.is_pay and (name.startswith("call") or not any(part.refunded for part in sale.parts))
            for name, sale in self.sales.items()
            if (sale.customer, sale.operator) == (customer, operator)
        )

    def answer(self, answer: int, customer: int, operator: int) -> str:
        if (customer, operator) not in self.pairs:
            return "not_found"
        self.waiting = [s for s in self.waiting if (s.customer, s.operator) != (customer, operator)]
        return "ok"

    def sweep(self) -> str:
        due = [sale for sale in self.waiting if sale.answer_by <= self.at]
        self.waiting = [sale for sale in self.waiting if sale.answer_by > self.at]
        given = [sale for sale in due if sale.left]
        for sale in due:
            self._give_back(sale, sale.left, claws_back=True)
        for customer in {sale.customer for sale in given}:
            self._extend_live(customer)
        self.unanswered += len(given)
        return "ok"

    def refund(self, of: str, cents: int | None, claws_back: bool, key: str) -> str:
        sale = self.sales.get(of)
        if sale is None:
            return "not_found"
        amount = sale.left if cents is None else cents
        if amount > sale.left or sale.left == 0:
            return "refused"
        self._give_back(sale, amount, claws_back)
        self._extend_live(sale.customer)
        return "ok"

    def _give_back(self, sale: Sale, cents: int, claws_back: bool) -> None:
        left = cents
        for part in sale.parts:
            amount = min(part.amount - part.refunded, left)
            if amount:
                left -= amount
                self._earn(sale.operator, -part.give_back(amount, claws_back))
        self._move(sale.customer, cents, sale)

    # -- calls

    def click(self, call: int, customer: int, operator: int) -> str:
        if customer in self.live_of_customer:
            return "already_in_call"
        if operator in self.live_of_operator:
            return "operator_busy"
        tariff = terms_for(customer, operator)
        kept, room = [], rating.grid_floor(tariff, LONGEST_SECONDS)
        for package in sorted(self.packages[customer], key=lambda p: p.operator is None):
            seconds = min(package.left, room)
            if seconds and package.operator in (None, operator) and package.expires_at > self.at:
                kept.append((package, seconds))
                room -= seconds
        if self.disputed[customer]:
            return "account_frozen"
        if kept and kept[0][0].covers_fee:
            payer = "platform" if kept[0][0].by_platform else "operator"
            tariff = replace(tariff, fee_covered_by=payer)
        free = sum(seconds for _, seconds in kept)
        longest = rating.affordable(
            tariff, self.wallets[customer] - self.held[customer], free, LONGEST_SECONDS
        )
        if longest < tariff.first_increment_seconds:
            return "insufficient_balance"
        granted = grants.first_grant(tariff, longest, STEPS).granted_seconds
        made = Call(customer, operator, kept, granted, rating.cost(tariff, granted, free), tariff)
        for package, seconds in kept:
            package.left, package.kept = package.left - seconds, package.kept + seconds
        self._hold(customer, made.held)
        self.calls[call] = made
        self.live_of_customer[customer] = self.live_of_operator[operator] = call
        return "ok"

    def tell(
        self, event: str, call: int, customer: int, operator: int, state: str,
        elapsed_ms: int = 0, joined_ms: int | None = None,
    ) -> str:  # fmt: skip
        told = self.calls[call]
        if state != EventState.PROGRESS:
            if event in told.told:
                return "repeat"
            told.told.add(event)
        decided = step(told.status, EventState(state))
        told.status = decided.status
        if decided.action in (Action.JOIN, Action.GRANT) and told.joined_at is None:
            told.joined_at = self.at - elapsed_ms / 1000
        if decided.action is Action.GRANT:
            self._extend(told, elapsed_ms // 1000)
        elif decided.action is Action.FINISH:
            self._settle(call, told, joined_ms)
        return str(told.status)

    def _extend_live(self, customer: int) -> None:
        if customer in self.live_of_customer:
            call = self.calls[self.live_of_customer[customer]]
            elapsed = 0
            if call.joined_at is not None:
                elapsed = rating.charged_seconds(
                    max(1, round((self.at - call.joined_at) * 1000)), call.granted
                )
            self._extend(call, elapsed)

    def _extend(self, call: Call, elapsed: int) -> None:
        tariff = call.tariff
        budget = self.wallets[call.customer] - self.held[call.customer] + call.held
        longest = rating.affordable(tariff, budget, call.free, LONGEST_SECONDS)
        longest = 0 if self.disputed[call.customer] else longest
        call.granted = grants.next_grant(tariff, elapsed, call.granted, longest, STEPS).granted_seconds
        held = rating.cost(tariff, call.granted, call.free)
        self._hold(call.customer, held - call.held)
        call.held = held

    def _settle(self, number: int, call: Call, joined_ms: int | None) -> None:
        assert call.bill is None, "a call settled twice"
        self.settlements += 1
        tariff = call.tariff
        reserved = [rating.Reserved(seconds, package.by_platform) for package, seconds in call.kept]
        bill = call.bill = rating.bill(tariff, joined_ms, call.granted, reserved)
        call.joined_ms = joined_ms
        assert bill.cost_minor <= call.held, "a call cost more than was held for it"
        self._hold(call.customer, -call.held)
        call.held = 0
        for (package, seconds), used in zip(call.kept, bill.used_seconds, strict=True):
            package.kept, package.used, package.left = (
                package.kept - seconds, package.used + used, package.left + seconds - used,
            )  # fmt: skip
        self._earn(call.operator, bill.operator_minor)
        if bill.cost_minor:
            parts = [
                _part(parts, parts.tax_minor)
                for parts in (bill.component(TALK), bill.component(CONNECT_FEE))
                if parts.charged_minor
            ]
            sale = self.sales[f"call-{number}"] = Sale(call.customer, call.operator, parts)
            self._move(call.customer, -bill.cost_minor, sale)
        del self.live_of_customer[call.customer], self.live_of_operator[call.operator]
        if self.settlements % 50 == 1:
            check_against_rules(tariff, bill, joined_ms, call)

    def correct(self, call: int, joined_ms: int) -> str:
        """The truth about a call that is over: the bill becomes it, and what was given back follows."""
        ended = self.calls.get(call)
        if ended is None or ended.bill is None:
            return "not_found"
        if ended.joined_ms == joined_ms:
            return "ok"
        if ended.is_corrected:
            return "adjusted_before"
        before, bill = ended.bill, self._bill_again(ended, joined_ms)
        change = bill.cost_minor - before.cost_minor
        of_operator = bill.operator_minor - bill.promo_minor - before.operator_minor + before.promo_minor
        ended.is_corrected = change != 0 or bill.promo_minor != before.promo_minor
        sale = self.sales.get(f"call-{call}") or Sale(
            ended.customer, ended.operator, [Part(0, 0)], is_pay=False
        )
        was_full = sale.parts[0].amount == sale.parts[0].refunded > 0
        available = self.wallets[ended.customer] - self.held[ended.customer]
        uncollected = 0 if was_full else max(0, change - max(0, available))
        of_tax = bill.tax_minor - before.tax_minor
        given = self._correct_parts(sale, change - uncollected, of_operator, of_tax)
        net = change - uncollected - given[0]
        self._move(ended.customer, -net, sale)
        self._earn(ended.operator, bill.operator_minor - before.operator_minor - given[1])
        if change and before.cost_minor == 0:
            self.sales[f"call-{call}"] = sale
        if net < 0:
            self._extend_live(ended.customer)
        return "ok"

    def _bill_again(self, call: Call, joined_ms: int) -> Outcome:
        """The new bill, with what it uses of each package moved there or back; others may have used some meanwhile."""
        assert call.bill is not None, "it is over"
        old = call.bill.used_seconds
        kept = [
            (package, min(seconds, used + package.left + package.expired), used)
            for (package, seconds), used in zip(call.kept, old, strict=True)
        ]
        kept = [part for part in kept if part[1]]
        reserved = [rating.Reserved(seconds, package.by_platform) for package, seconds, _ in kept]
        bill = rating.bill(call.tariff, joined_ms, call.granted, reserved)
        for (package, _, used), now in zip(kept, bill.used_seconds, strict=True):
            from_left = min(now - used, package.left)
            package.left -= from_left
            package.expired -= now - used - from_left
            package.used += now - used
        call.kept, call.bill, call.joined_ms = (
            [(package, seconds) for package, seconds, _ in kept],
            bill,
            joined_ms,
        )
        return bill

    def _correct_parts(self, sale: Sale, change: int, of_operator: int, of_tax: int) -> tuple[int, int]:
        """Talk takes the change first, then the fee. What it does to what was given back: all of it, the operator's."""
        given = [0, 0]
        for number, part in enumerate(sale.parts):
            is_used_up = change < -part.amount and number + 1 < len(sale.parts)
            step = (-part.amount, -part.operator, -part.tax) if is_used_up else (change, of_operator, of_tax)
            back = part.correct(*step)
            given = [given[0] + back[0], given[1] + back[1]]
            change, of_operator, of_tax = change - step[0], of_operator - step[1], of_tax - step[2]
        return given[0], given[1]

    # -- books

    def _move(self, customer: int, cents: int, sale: Sale | None = None) -> None:
        """Promotional money goes first; of a sale it comes back last, so as if less had been charged from the start."""
        self.wallets[customer] += cents
        self.outside -= cents
        if cents < 0:
            of_promo = -min(self.promo[customer], -cents)
        elif sale is not None:
            of_promo = max(0, sale.paid_with_promo - sale.left)
        else:
            of_promo = 0
        of_promo = self._add_promo(customer, of_promo)
        if sale is not None:
            sale.paid_with_promo -= of_promo
        assert 0 <= self.promo[customer] <= max(0, self.wallets[customer]), (
            "more promotional money than money"
        )
        assert self.wallets[customer] >= self.held[customer] - self.disputed[customer], (
            "more was spent than was there"
        )

    def _hold(self, customer: int, cents: int) -> None:
        self.held[customer] += cents
        most = self.wallets[customer] + self.disputed[customer]
        assert 0 <= self.held[customer] <= most, "more is held than is there"

    def _earn(self, operator: int, cents: int) -> None:
        self.earned[operator] += cents
        self.outside -= cents


def processors_fee(load: int) -> int:
    """What the processor keeps of this payment, in cents."""
    return 30 + load % 50


def is_promotional(cents: int) -> bool:
    """Which credits the platform gives: a third of them."""
    return cents % 3 == 0


def covers_fee(minutes: int) -> bool:
    """Which free minutes cover the fee: a third of them."""
    return minutes % 3 == 0


def _part(parts: Split | Component, tax: int) -> Part:
    return Part(parts.operator_minor + parts.platform_minor + tax, parts.operator_minor, tax)


def check_against_rules(tariff: rating.Tariff, bill: Outcome, joined_ms: int | None, call: Call) -> None:
    """The product's bill is the independent model's."""
    terms = rules.Terms(
        rate=tariff.rate_per_minute_minor, fee=tariff.connect_fee_minor, share=tariff.operator_share_bps,
        fee_covered_by=tariff.fee_covered_by, talk_tax=tariff.talk_tax_millionths, fee_tax=tariff.fee_tax_millionths,
    )  # fmt: skip
    packages = [rules.Package(seconds, package.by_platform) for package, seconds in call.kept]
    expected = rules.outcome(terms, joined_ms, call.granted, packages)
    found = (
        bill.charged_seconds,
        bill.cost_minor,
        bill.operator_minor,
        bill.platform_minor,
        list(bill.used_seconds),
    )
    assert found == (expected.charged, expected.cost, expected.operator, expected.platform, expected.used)
