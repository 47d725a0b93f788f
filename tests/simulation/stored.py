"""The system itself: the same steps through the product's services on PostgreSQL, with a process that dies now and then."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.test import override_settings

from billing.auditing import run, scope_since
from billing.charges import Charge, ChargeStatus, Totals
from billing.gateways.statement_file import COLUMNS
from billing.ledger.models import Account, Entry, Transaction
from billing.ledger.states import AccountKind
from billing.models import (
    BrandTax,
    FreeMinutesPackage,
    MerchantAccount,
    Payment,
    StatementLine,
    TaxJurisdiction,
    TaxRate,
    TaxZip,
)
from billing.payouts.maturity import books_day
from billing.payouts.services.approve_run import approve_run
from billing.payouts.services.change_account import change_account
from billing.payouts.services.export_run import export_run
from billing.payouts.services.mark_paid import mark_file_paid
from billing.payouts.services.prepare_run import prepare_run
from billing.payouts.services.return_item import return_item
from billing.selectors import wallet_of
from billing.services.check_payment import apply_charge
from billing.services.credit_wallet import credit_wallet
from billing.services.debit_wallet import debit_wallet
from billing.services.expire_free_minutes import expire_free_minutes
from billing.services.grant_free_minutes import grant_free_minutes
from billing.services.pay_back import pay_back, returnable_of
from billing.services.pay_back_part import pay_back_part
from billing.services.read_statement import read_statement
from billing.services.reconcile import confirm_deposit
from billing.services.refund import refund_reference
from billing.services.tip import tip as give_tip
from billing.states import CreditSource, FundedBy, PaymentState
from brands.models import Brand
from core import clock
from core.errors import Conflict, DomainError, Invalid
from customers.models import Customer
from messaging.models import Conversation, Message
from messaging.services.refund_unanswered import refund_unanswered
from messaging.services.reply import reply
from messaging.services.send import send
from operators.models import Operator, Referral
from telephony.models import Call
from telephony.services.correct_ended_call import ActualOutcome, correct_ended_call
from telephony.services.extend_live_call import extend_live_call
from telephony.services.handle_event import handle_event
from telephony.services.initiate import create_call
from telephony.states import CallStatus, EndedBy, EndReason, EventState
from telephony.wire import CallEvent
from tests.factories import BrandFactory, CustomerFactory, CustomerPhoneFactory, OperatorFactory, StaffFactory
from tests.payouts.scenario import BANK
from tests.simulation.chance import CUSTOMERS, Step
from tests.simulation.pure import (
    CAME_THROUGH,
    LARGER_SHARES,
    LEAST_PAYOUT,
    TARIFFS,
    TAX,
    TEXT_MINOR,
    PureSystem,
    covers_fee,
    is_promotional,
    processors_fee,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Crash(BaseException):
    """The process died here (no `except Exception` may save it)."""


class _Refused(Exception):
    """The step was refused: whatever it wrote before is undone."""


class StoredSystem:
    """Takes the steps of `chance`, returns the same words as the pure system, and can be compared with it."""

    def __init__(self) -> None:
        self.at = NOON
        self.brand = BrandFactory()
        _tax(self.brand)
        self.customers = [CustomerFactory() for _ in range(CUSTOMERS)]
        for customer in self.customers:
            CustomerPhoneFactory(customer=customer)
        self.operators = [
            OperatorFactory(
                rate_per_minute_minor=tariff.rate_per_minute_minor,
                connect_fee_minor=tariff.connect_fee_minor,
                rate_per_message_minor=TEXT_MINOR,
                share_bps=tariff.operator_share_bps,
                referral_share_bps=larger,
            )
            for tariff, larger in zip(TARIFFS, LARGER_SHARES, strict=True)
        ]
        for customer_index, operator_index in CAME_THROUGH.items():
            _refer(self.customers[customer_index], self.operators[operator_index])
        self.calls: dict[int, str] = {}
        self.texts: dict[int, str] = {}
        self.tips: dict[int, str] = {}
        self.credited: set[int] = set()
        self.packages: list[int] = []
        self.payments: dict[int, Payment] = {}
        self.paid_back: set[str] = set()
        self.files: dict[int, bytes] = {}
        # The ledger's times are this machine's, the story's are of another year: all that was earned is payable.
        rules = settings.BILLING["PAYOUTS"] | {"HOLD_DAYS": -36_500, "LEAST_MINOR": LEAST_PAYOUT}
        self.billing = settings.BILLING | {"PAYOUTS": rules}
        self.staff, self.colleague = StaffFactory(), StaffFactory()
        with clock.using(lambda: NOON - timedelta(days=30)):
            for operator in self.operators:
                change_account(operator_id=operator.pk, method="transfer", given=BANK)
        self.merchant_account = MerchantAccount.objects.create(
            brand=self.brand, gateway="sandbox", account="1", statement_text="X", support_phone="+12125550123"
        )

    def do(self, step: Step) -> str:
        """Run one step; if the process is to die in it, do, see that it left nothing behind, and run it again."""
        act = self._in_a_transaction(getattr(self, step.what))
        self.credited = set()
        with clock.using(lambda: self.at), override_settings(BILLING=self.billing):
            word = self._with_a_crash(step, act) if step.crashes_at else act(**step.arguments)
            if word == "ok" and step.what in ("credit", "refund", "load", "win_back"):
                self.credited.add(self._whose(step))
            for customer_id in self.credited:
                # What billing announces after the commit; the story's own transaction never commits.
                extend_live_call(customer_id=customer_id)
        return word

    def _with_a_crash(self, step: Step, act: Callable[..., str]) -> str:
        before = self.at
        try:
            with _dying_at(step.crashes_at or 0):
                word = act(**step.arguments)
        except Crash:
            self.at = before
            return act(**step.arguments)
        # It was over before it could die. A repeat of what has a key changes nothing; a click, a wait, or a run has none.
        return word if step.what in ("click", "wait", "pay_out") else act(**step.arguments)

    def _whose(self, step: Step) -> int:
        if step.what == "win_back":
            return self.payments[step.arguments["load"]].customer_id
        if step.what in ("credit", "load"):
            return self.customers[step.arguments["customer"]].pk
        sold = Transaction.objects.filter(reference=self._reference(step.arguments["of"])).first()
        assert sold is not None, "something was refunded"
        assert sold.customer_id is not None, "a customer paid for it"
        return sold.customer_id

    def _reference(self, of: str) -> str:
        what, _, number = of.partition("-")
        return {"text": self.texts, "tip": self.tips, "call": self.calls}[what].get(int(number), of)

    def _in_a_transaction(self, act: Callable[..., str]) -> Callable[..., str]:
        """What a service's own transaction does when it is the outermost: all of the step, or nothing."""

        def run(**arguments: Any) -> str:
            word = ""
            try:
                with transaction.atomic():
                    word = act(**arguments)
                    if word != "ok":
                        raise _Refused
            except _Refused:
                pass
            return word

        return run

    # -- money and minutes

    def credit(self, customer: int, cents: int, key: str) -> str:
        return _word(
            lambda: credit_wallet(
                customer=self.customers[customer], amount_minor=cents,
                source=CreditSource.PROMO if is_promotional(cents) else CreditSource.ADJUSTMENT, reason="simulated", actor=None, idempotency_key=key,
            )
        )  # fmt: skip

    # -- cards: what the processor says is applied, as after a notice

    def load(self, load: int, customer: int, cents: int) -> str:
        payment = Payment.objects.create(
            customer=self.customers[customer], merchant_account=self.merchant_account, amount_minor=cents,
            currency="USD", state=PaymentState.REDIRECTED, created_at=self.at, changed_at=self.at,
        )  # fmt: skip
        self.payments[load] = payment
        self._tell(payment, Totals(captured_minor=cents))
        return "ok"

    def charge_back(self, load: int) -> str:
        payment = self._payment(load)
        left = payment and payment.captured_minor - payment.refunded_minor
        if payment is None or payment.totals.disputed_minor or not left:
            return "not_found"
        self._tell(payment, replace(payment.totals, charged_back_minor=payment.charged_back_minor + left))
        return "ok"

    def win_back(self, load: int) -> str:
        payment = self._payment(load)
        if payment is None or not payment.totals.disputed_minor:
            return "not_found"
        self._tell(payment, replace(payment.totals, won_back_minor=payment.charged_back_minor))
        return "ok"

    def pay_back(self, customer: int, key: str) -> str:
        """A repeat finds nothing left, or what came since: it is the first time that counts."""
        if key in self.paid_back:
            return "ok"

        def send() -> None:
            person = self.customers[customer]
            expected = returnable_of(person).to_cards_minor
            for sent in pay_back(customer=person, expected_minor=expected):
                payment = Payment.objects.get(pk=sent.payment_id)
                refunded = payment.refunded_minor + sent.amount_minor
                self._tell(payment, replace(payment.totals, refunded_minor=refunded))

        word = _word(send)
        if word == "ok":
            self.paid_back.add(key)
        return word

    def part_back(self, load: int, cents: int, key: str) -> str:
        if key in self.paid_back:
            return "ok"
        payment = self._payment(load)
        if payment is None:
            return "not_found"

        def send() -> None:
            pay_back_part(
                payment_id=payment.pk, amount_minor=cents, reason="simulated", actor=None, idempotency_key=key
            )
            refunded = payment.refunded_minor + cents
            self._tell(payment, replace(payment.totals, refunded_minor=refunded))

        word = _word(send)
        if word == "ok":
            self.paid_back.add(key)
        return word

    def statement(self, load: int) -> str:
        """Read twice, as people do; the deposit is confirmed once."""
        payment = self._payment(load)
        if payment is None:
            return "not_found"
        fee, gross = processors_fee(load), payment.captured_minor
        rows = [
            (f"S-{load}", "sale", payment.processor_reference, payment.public_id, gross, fee),
            (f"D-{load}", "deposit", "", "", gross - fee, 0),
        ]
        lines = [",".join(COLUMNS)] + [
            f"{number},{kind},{charge},{public_id},{whole / 100:.2f},{kept / 100:.2f},USD,{self.at:%Y-%m-%d}"
            for number, kind, charge, public_id, whole, kept in rows
        ]
        if load not in self.files:
            self.files[load] = "\n".join(lines).encode()
        for _ in range(2):
            read_statement(gateway_name="sandbox", name="simulated", data=self.files[load], actor=None)
        deposit = StatementLine.objects.get(number=f"D-{load}")
        if deposit.banked_minor is None:
            confirm_deposit(
                line_id=deposit.pk, amount_minor=gross - fee, bank_reference="bank", actor=self.staff
            )
        return "ok"

    def pay_out(self, returned: bool) -> str:
        """A run, approved by another person, exported, and paid; then one comes back, where `returned`."""

        def pay() -> None:
            payout_run = prepare_run(actor=self.staff)
            approve_run(run_id=payout_run.pk, reason="simulated", actor=self.colleague)
            file = export_run(run_id=payout_run.pk, file_format="csv", actor=self.staff)
            mark_file_paid(
                file_id=file.pk, paid_on=books_day(self.at), bank_reference="bank", actor=self.staff
            )
            if returned:
                first = payout_run.items.exclude(method="").order_by("operator")[0]
                return_item(item_id=first.pk, reason="R01", actor=self.staff)

        return _word(pay)

    def _payment(self, load: int) -> Payment | None:
        payment = self.payments.get(load)
        return payment and Payment.objects.filter(pk=payment.pk).first()

    def _tell(self, payment: Payment, totals: Totals) -> None:
        charge = Charge(
            ChargeStatus.PAID, reference=f"T-{payment.pk}", account=self.merchant_account.account,
            currency="USD", totals=totals, card_kind="credit",
        )  # fmt: skip
        for _ in range(2):  # notices come twice
            apply_charge(payment_id=payment.pk, charge=charge)

    def debit(self, customer: int, cents: int, key: str) -> str:
        return _word(
            lambda: debit_wallet(
                customer=self.customers[customer], amount_minor=cents, reason="simulated", actor=None,
                idempotency_key=key,
            )
        )  # fmt: skip

    def give(
        self,
        customer: int,
        operator: int | None,
        minutes: int,
        seconds_valid: int,
        by_platform: bool,
        key: str,
    ) -> str:
        package = grant_free_minutes(
            customer=self.customers[customer],
            operator=None if operator is None else self.operators[operator],
            minutes=minutes,
            expires_at=self.at + timedelta(seconds=seconds_valid),
            reason="simulated",
            funded_by=FundedBy.PLATFORM if by_platform else FundedBy.OPERATOR,
            covers_fee=covers_fee(minutes),
            actor=None,
            idempotency_key=key,
        )
        if package.pk not in self.packages:
            self.packages.append(package.pk)
        return "ok"

    def expire(self) -> str:
        expire_free_minutes(at=self.at)
        return "ok"

    def wait(self, seconds: int) -> str:
        self.at += timedelta(seconds=seconds)
        return "ok"

    def text(self, text: int, customer: int, operator: int) -> str:
        try:
            sent = send(
                customer=self.customers[customer], operator_id=self.operators[operator].pk, brand=self.brand,
                text=f"Text {text}", client_key=f"text-{text}",
            )  # fmt: skip
        except DomainError as error:
            return error.error_code
        self.texts[text] = sent.message.message_id
        return "ok"

    def tip(self, tip: int, customer: int, operator: int, cents: int) -> str:
        try:
            given = give_tip(
                customer=self.customers[customer], operator_id=self.operators[operator].pk, brand=self.brand,
                amount_minor=cents, call_reference=f"tipped-{tip}", idempotency_key=f"tip-{tip}",
            )  # fmt: skip
        except DomainError as error:
            return error.error_code
        self.tips[tip] = given.reference
        return "ok"

    def answer(self, answer: int, customer: int, operator: int) -> str:
        theirs = Conversation.objects.filter(
            customer=self.customers[customer], operator=self.operators[operator]
        ).first()
        if theirs is None:
            return "not_found"
        return _word(
            lambda: reply(
                operator=self.operators[operator], conversation_id=theirs.pk, text=f"Answer {answer}",
                client_key=f"answer-{answer}",
            )
        )  # fmt: skip

    def sweep(self) -> str:
        due = list(Message.objects.filter(answer_by__lte=self.at).values_list("pk", flat=True))
        refund_unanswered(at=self.at)
        given = Message.objects.filter(
            pk__in=due, refunded_at__isnull=False
        )  # else staff gave it back before
        self.credited.update(given.values_list("conversation__customer_id", flat=True))
        return "ok"

    def refund(self, of: str, cents: int | None, claws_back: bool, key: str) -> str:
        reference = self._reference(of)
        try:
            refund_reference(
                reference=reference, amount_minor=cents, reason="simulated", claws_back=claws_back, actor=None,
                idempotency_key=key,
            )  # fmt: skip
        except (Conflict, Invalid):
            return "refused"
        except DomainError as error:
            return error.error_code
        return "ok"

    # -- calls

    def click(self, call: int, customer: int, operator: int) -> str:
        try:
            made, _ = create_call(
                customer=self.customers[customer], operator_id=self.operators[operator].pk, brand=self.brand
            )
        except DomainError as error:
            return error.error_code
        self.calls[call] = made.call_id
        return "ok"

    def tell(
        self, event: str, call: int, customer: int, operator: int, state: str,
        elapsed_ms: int = 0, joined_ms: int | None = None,
    ) -> str:  # fmt: skip
        metadata = {"leg": "operator"}
        if state == EventState.PROGRESS:
            metadata["elapsed_ms"] = str(elapsed_ms)
        if joined_ms is not None:
            metadata |= {"joined_ms": str(joined_ms), "why": "hangup", "ended_by": "customer"}
        elif state in ("ended", "busy", "no_answer", "failed"):
            metadata |= {"why": "operator_busy"}  # the one unjoined ending that changes nobody's presence
        handle_event(
            CallEvent(
                event_id=event, sequence=1, call_id=self.calls[call], direction="outbound",
                ts=self.at.timestamp(), state=EventState(state), account_id=str(self.customers[customer].pk),
                operator_id=self.operators[operator].pk, metadata=metadata,
            )
        )  # fmt: skip
        return "ok"

    def correct(self, call: int, joined_ms: int) -> str:
        row = Call.objects.locked().filter(call_id=self.calls.get(call, "")).first()
        if row is None or row.is_live:
            return "not_found"
        truth = ActualOutcome(CallStatus.ENDED, EndReason.HANGUP, EndedBy.CUSTOMER, joined_ms)
        try:
            adjusted = correct_ended_call(row, truth, because="simulated")
        except DomainError as error:
            return error.error_code
        if adjusted is not None and adjusted.change_minor < 0:
            self.credited.add(row.customer_id)
        return "ok"

    # -- comparison

    def compare(self, twin: PureSystem, customer: int | None = None) -> None:
        """Every figure of this customer (of all, without one) and of every operator is the twin's."""
        for number in range(CUSTOMERS) if customer is None else [customer]:
            wallet = wallet_of(self.customers[number].pk)
            stored = (wallet.balance_minor, wallet.held_minor, wallet.promo_minor)
            assert stored == (twin.wallets[number], twin.held[number], twin.promo[number])
            rows = FreeMinutesPackage.objects.filter(customer=self.customers[number]).order_by("pk")
            found = [
                (p.seconds_remaining, p.seconds_reserved, p.seconds_used, p.seconds_expired) for p in rows
            ]
            assert found == [(p.left, p.kept, p.used, p.expired) for p in twin.packages[number]]

    def compare_ends(self, twin: PureSystem) -> None:
        """Statuses and bills of all calls, and what each operator is owed, refunds taken back."""
        rows = {c.call_id: c for c in Call.objects.select_related("authorization")}
        for number, call in twin.calls.items():
            row = rows[self.calls[number]]
            assert row.authorization is not None
            assert row.is_live == (call.bill is None), row
            if call.bill is not None:
                found = (
                    row.authorization.charged_minor,
                    row.authorization.operator_minor,
                    row.charged_seconds or 0,
                )
                assert found == (call.bill.cost_minor, call.bill.operator_minor, call.bill.charged_seconds), (
                    row
                )
        payables = dict(
            Account.objects.filter(kind=AccountKind.PAYABLE).values_list("operator_id", "balance_minor")
        )
        assert [payables.get(operator.pk, 0) for operator in self.operators] == twin.earned
        for kind, expected in ((AccountKind.FEES, -twin.fees), (AccountKind.BANK, -twin.banked)):
            rows_of = Entry.objects.filter(account__kind=kind).values_list("amount_minor", flat=True)
            assert sum(rows_of) == expected, kind
        owed = Entry.objects.filter(account__kind=AccountKind.TAX, account__name=TAX.jurisdiction)
        assert sum(owed.values_list("amount_minor", flat=True)) == twin.tax_owed

    def audit(self) -> None:
        """The books agree with themselves."""
        assert list(run(scope_since(None))) == []


def _tax(brand: Brand) -> None:
    """All customers live in one place, and everything is taxed."""
    place = TaxJurisdiction.objects.create(code=TAX.jurisdiction, name="Simulated")
    TaxZip.objects.create(jurisdiction=place, prefix="100")
    TaxRate.objects.create(
        jurisdiction=place, starts_on=date(2020, 1, 1), voice_millionths=TAX.voice_millionths,
        text_millionths=TAX.text_millionths, fee_millionths=TAX.fee_millionths, tip_millionths=TAX.tip_millionths,
    )  # fmt: skip
    BrandTax.objects.create(brand=brand, home_zip="10001")


def _refer(customer: Customer, operator: Operator) -> None:
    """For longer than any story, by its time and by the database's own."""
    begins, ends = datetime(2020, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
    Referral.objects.create(
        customer=customer, operator=operator, brand=BrandFactory(), first_touch_at=begins, created_at=begins, ends_at=ends
    )  # fmt: skip


def _word(act: Callable[[], Any]) -> str:
    try:
        act()
    except DomainError as error:
        return error.error_code
    return "ok"


@contextmanager
def _dying_at(statement: int) -> Iterator[None]:
    left = statement

    def wrapper(execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        nonlocal left
        if str(sql).startswith("ROLLBACK"):
            return execute(sql, *arguments)  # whoever dies is rolled back all the same
        left -= 1
        if left == 0:
            raise Crash
        return execute(sql, *arguments)

    with connection.execute_wrapper(wrapper):
        yield
