"""The sandbox processor: what each test card makes of a payment, and that only what is signed counts."""

from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from billing.charges import Charge, ChargeStatus, Totals
from billing.gateways import gateway_named
from billing.gateways.base import Ability, NoAnswer, Refused
from billing.gateways.sandbox import processor
from billing.gateways.sandbox.cards import CardKind, SandboxCard
from billing.gateways.sandbox.gateway import SandboxGateway
from billing.gateways.sandbox.models import SandboxCharge, SandboxEvent
from billing.models import PayBack, Payment
from core import clock
from tests.billing.sandbox import RETURN_URL, given_payment, pay, shown
from tests.scenario import given_customer

pytestmark = pytest.mark.django_db
SECONDS = timedelta(seconds=1)


def sandbox() -> SandboxGateway:
    gateway = gateway_named("sandbox")
    assert isinstance(gateway, SandboxGateway)
    return gateway


def address_of(payment: Payment) -> str:
    return sandbox().start(payment, return_url=RETURN_URL)


def paid_with(behavior: SandboxCard, **changes: str) -> Payment:
    """A payment of $25.00, made on the page."""
    payment = given_payment(given_customer(balance=0))
    response = pay(address_of(payment), behavior, **changes)
    assert (response.status_code, response["Location"]) == (303, RETURN_URL)
    return payment


def confirmed(payment: Payment, *, after: timedelta = timedelta(0)) -> Charge:
    at = clock.now() + after
    with clock.using(lambda: at):
        return sandbox().confirm(payment)


def known(payment: Payment) -> Payment:
    """As it is once we took over what the processor said."""
    charge = sandbox().confirm(payment)
    payment.card, payment.processor_reference = charge.card, charge.reference
    payment.captured_minor, payment.captured_at = charge.totals.captured_minor, clock.now()
    payment.save()
    return payment


def paying_back(payment: Payment, minor: int) -> PayBack:
    return PayBack.objects.create(
        payment=payment, customer=payment.customer, amount_minor=minor, created_at=clock.now()
    )


# -- the page


def test_the_page_says_who_is_paid_how_much_and_what_the_statement_will_say() -> None:
    payment = given_payment(given_customer(balance=0))
    address = address_of(payment)
    assert address.startswith("http://pay.localhost:8000/?")
    assert sandbox().form_origins() == ("http://pay.localhost:8000",)
    page = shown(address)
    text = page.content.decode()
    for words in ("No card is charged", "Pay flirts.nyc", "$25.00", "NYCF*SUPPORT", *SandboxCard.labels):
        assert words in text
    assert "form-action 'self' http://flirts.localhost:8000;" in page["Content-Security-Policy"] + ";"
    assert (page.cookies, page["Cache-Control"].count("no-store")) == ({}, 1)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount_minor", "2400"), ("amount_minor", "x"), ("currency", "EUR"), ("account", "mine"), ("payment", "another"),
        ("return_url", "https://evil.example/"), ("statement_text", "FLIRTS"), ("merchant", "Bank"), ("signature", ""),
    ],
)  # fmt: skip
def test_a_changed_order_is_refused(field: str, value: str) -> None:
    payment = given_payment(given_customer(balance=0))
    address = address_of(payment)
    order = dict(parse_qsl(urlsplit(address).query))
    page = shown(address.partition("?")[0] + "?" + urlencode({**order, field: value}))
    assert (page.status_code, "isn’t a payment" in page.content.decode()) == (400, True)
    response = pay(address, **{field: value})
    assert response.status_code == 400
    assert SandboxCharge.objects.count() == 0


def test_the_host_has_one_page_and_shares_nothing_of_ours() -> None:
    for path in ("/accounts/login/", "/api/balance/check/", "/livez", "/favicon.ico"):
        page = shown(f"http://pay.localhost{path}")
        assert (page.status_code, page.cookies, "isn’t a payment" in page.content.decode()) == (404, {}, True)


def test_a_form_that_chooses_no_card_is_shown_again() -> None:
    payment = given_payment(given_customer(balance=0))
    for changes in ({"behavior": "gold"}, {"kind": "gold"}, {"key": "x"}):
        assert pay(address_of(payment), **changes).status_code == 400
    assert SandboxCharge.objects.count() == 0


# -- what the cards do


def test_nobody_paid_yet() -> None:
    assert sandbox().confirm(given_payment(given_customer(balance=0))) == Charge(ChargeStatus.NONE)


def test_success() -> None:
    payment = paid_with(SandboxCard.SUCCESS, kind=CardKind.DEBIT)
    charge = sandbox().confirm(payment)
    assert charge == Charge(
        ChargeStatus.PAID, charge.reference, "flirts", "USD", Totals(2500), (), charge.card, "Mastercard •••• 5556", "debit"
    )  # fmt: skip
    assert charge.reference
    assert charge.card
    [event] = SandboxEvent.objects.all()
    assert (event.event, event.payment, event.copies) == ("charge.paid", str(payment.public_id), 1)


@pytest.mark.parametrize(
    ("behavior", "status"),
    [(SandboxCard.DECLINED, ChargeStatus.DECLINED), (SandboxCard.SILENT, ChargeStatus.PAID)]
    + [(card, ChargeStatus.PAID) for card in (SandboxCard.LATE, SandboxCard.DUPLICATE, SandboxCard.UNKNOWN)],
)
def test_what_each_card_comes_to(behavior: SandboxCard, status: ChargeStatus) -> None:
    charge = sandbox().confirm(paid_with(behavior))
    assert (charge.status, charge.totals.captured_minor) == (
        status,
        2500 if status == ChargeStatus.PAID else 0,
    )
    assert bool(charge.reason) == (status == ChargeStatus.DECLINED)


def test_cancel() -> None:
    charge = sandbox().confirm(paid_with(SandboxCard.SUCCESS, cancel="1"))
    assert (charge.status, charge.totals, charge.card) == (ChargeStatus.CANCELED, Totals(), "")


def test_slow_is_pending_for_twenty_seconds() -> None:
    payment = paid_with(SandboxCard.SLOW)
    before, after = confirmed(payment, after=15 * SECONDS), confirmed(payment, after=21 * SECONDS)
    assert (before.status, before.totals) == (ChargeStatus.PENDING, Totals())
    assert (after.status, after.totals) == (ChargeStatus.PAID, Totals(2500))
    assert before.reference == after.reference
    charge, event = SandboxCharge.objects.get(), SandboxEvent.objects.get()
    assert event.due_at == charge.settles_at


@pytest.mark.parametrize(
    ("behavior", "told"),
    [
        (SandboxCard.WRONG_AMOUNT, ("flirts", "USD", 2600)),
        (SandboxCard.WRONG_CURRENCY, ("flirts", "EUR", 2500)),
        (SandboxCard.WRONG_ACCOUNT, ("somebody-else", "USD", 2500)),
    ],
)
def test_what_is_charged_wrong(behavior: SandboxCard, told: tuple[str, str, int]) -> None:
    charge = sandbox().confirm(paid_with(behavior))
    assert (charge.account, charge.currency, charge.totals.captured_minor) == told


def test_when_the_webhook_is_told() -> None:
    for behavior, told in (
        (SandboxCard.LATE, [(1, 3)]), (SandboxCard.DUPLICATE, [(3, 0)]), (SandboxCard.SILENT, []),
    ):  # fmt: skip
        charge = SandboxCharge.objects.get(payment=paid_with(behavior).public_id)
        events = charge.events.all()
        assert [(event.copies, (event.due_at - charge.created_at).days) for event in events] == told


# -- idempotence


def test_a_form_sent_twice_is_one_charge_and_a_page_paid_twice_two() -> None:
    payment = given_payment(given_customer(balance=0))
    pay(address_of(payment), key="ab" * 16)
    pay(address_of(payment), key="ab" * 16)
    first = sandbox().confirm(payment)
    assert first.others == ()
    pay(address_of(payment))
    second = sandbox().confirm(payment)
    assert (second.reference, second.totals, len(second.others)) == (first.reference, Totals(2500), 1)


def test_a_payment_after_a_declined_one_counts() -> None:
    payment = paid_with(SandboxCard.DECLINED)
    pay(address_of(payment))
    charge = sandbox().confirm(payment)
    assert (charge.status, charge.others, charge.reason) == (ChargeStatus.PAID, (), "")


# -- saved cards


def test_a_saved_card_is_charged_once_for_a_payment() -> None:
    first = known(paid_with(SandboxCard.SUCCESS))
    again = given_payment(first.customer, "40.00", saved_from=first)
    sandbox().charge_saved(again)
    sandbox().charge_saved(again)
    charge = sandbox().confirm(again)
    assert (charge.status, charge.totals, charge.others) == (ChargeStatus.PAID, Totals(4000), ())
    assert charge.card == first.card


def test_a_saved_card_that_is_declined_or_not_known() -> None:
    first = known(paid_with(SandboxCard.DECLINED_AGAIN))
    again = given_payment(first.customer, saved_from=first)
    with pytest.raises(Refused, match="The card was declined"):
        sandbox().charge_saved(again)
    first.card = ""
    with pytest.raises(Refused, match="The card isn't known"):
        sandbox().charge_saved(again)
    assert sandbox().confirm(again).status == ChargeStatus.NONE


def test_unknown_charges_the_saved_card_and_answers_later() -> None:
    first = known(paid_with(SandboxCard.UNKNOWN))
    again = given_payment(first.customer, saved_from=first)
    for _ in range(2):
        with pytest.raises(NoAnswer):
            sandbox().charge_saved(again)
    with pytest.raises(NoAnswer):
        sandbox().confirm(again)
    charge = confirmed(again, after=21 * SECONDS)
    assert (charge.status, charge.totals, charge.others) == (ChargeStatus.PAID, Totals(2500), ())


# -- back to the card


def test_pay_back_moves_money_once() -> None:
    payment = known(paid_with(SandboxCard.SUCCESS))
    part = paying_back(payment, 1000)
    sandbox().refund(part)
    sandbox().refund(part)
    assert sandbox().confirm(payment).totals == Totals(2500, refunded_minor=1000)
    with pytest.raises(Refused, match="more than is left"):
        sandbox().refund(paying_back(payment, 1501))
    assert SandboxEvent.objects.latest("id").event == "charge.refunded"
    assert SandboxEvent.objects.latest("id").payment == ""


def test_pay_back_of_the_unknown_card_is_done_without_an_answer() -> None:
    payment = known(paid_with(SandboxCard.UNKNOWN))
    with pytest.raises(NoAnswer):
        sandbox().refund(paying_back(payment, 1000))
    assert sandbox().confirm(payment).totals.refunded_minor == 1000


def test_what_was_not_paid_is_not_paid_back() -> None:
    payment = paid_with(SandboxCard.DECLINED)
    payment.processor_reference = sandbox().confirm(payment).reference
    with pytest.raises(Refused, match="Charge not found"):
        sandbox().refund(
            PayBack(payment=payment, customer=payment.customer, amount_minor=1, created_at=clock.now())
        )


def test_what_banks_and_the_processors_staff_do() -> None:
    payment = paid_with(SandboxCard.SUCCESS)
    charge = SandboxCharge.objects.get()
    processor.refund_at_processor(charge, 500)
    processor.charge_back(charge, 2000)
    for too_much in (processor.refund_at_processor, processor.charge_back):
        with pytest.raises(processor.Impossible):
            too_much(charge, 1)
    processor.win_back(charge, 1500)
    with pytest.raises(processor.Impossible):
        processor.win_back(charge, 501)
    assert sandbox().confirm(payment).totals == Totals(2500, 500, 2000, 1500)
    told = SandboxEvent.objects.order_by("id").values_list("event", flat=True)
    assert list(told) == ["charge.paid", "charge.refunded", "charge.disputed", "charge.dispute_won"]


def test_what_it_can_do() -> None:
    assert sandbox().abilities == {Ability.REFUND, Ability.SAVED_CARD}
    assert (sandbox().limits().smallest_minor, sandbox().limits().largest_minor) == (100, 50_000)
