"""People and staff who leave something in every table, and write phone numbers wherever something can be written."""

from datetime import date, time, timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Group, Permission
from django.db import connection
from pytest_django.fixtures import Settings

from billing.deeds import CREDIT
from billing.gateways import gateway_named
from billing.gateways.statement_file import COLUMNS
from billing.models import (
    BrandTax,
    Case,
    Offer,
    ProcessorReport,
    ReportLine,
    TaxJurisdiction,
    TaxRate,
    TaxZip,
)
from billing.receipt_numbers import ReceiptOf, receipt_number
from billing.services.answer_case import answer_case, decide_appeal
from billing.services.appeal_case import appeal_case
from billing.services.carry_out import carry_out
from billing.services.check_payment import check_payment
from billing.services.claim_offer import redeem_code
from billing.services.close_days import close_days
from billing.services.count_hours import count_hours
from billing.services.find_weak_links import find_weak_links
from billing.services.open_case import open_case, open_complaint
from billing.services.pay_back import pay_back, send_pay_back
from billing.services.rate_paid import rate_paid
from billing.services.read_statement import read_statement
from billing.services.refund import refund_reference
from billing.services.request_funds import decline_request, request_funds
from billing.services.seal_ledger import seal_ledger
from billing.services.start_payment import start_payment
from billing.states import OfferKind
from brands.models import Brand, BrandText
from brands.services.pause import pause
from brands.states import Service
from core import clock
from core.database_cache import DatabaseCache
from core.ids import new_id
from customers.api_tokens import issue_token
from customers.models import Customer, User
from customers.services.access_requests import apply_for_access, approve_access
from customers.services.limits import set_limit
from customers.services.publish_legal_edition import publish_legal_edition
from customers.services.staff_decisions import set_access_basis
from customers.states import AccessBasis, LimitMeasure, LimitPeriod
from messaging.models import BrandRules
from messaging.services.block import block
from messaging.services.report import close_report, report
from messaging.services.save_draft import save_draft
from messaging.states import Side
from notices.services.preferences import save_delivery, save_preferences
from notices.states import Channel, PreferenceGroup
from operators.models import Operator, Rating
from operators.services.change_settings import Hours, change_schedule
from operators.services.count_views import count_view
from operators.services.greetings import approve_greeting, prepare_greeting, upload_greeting
from operators.services.photos import approve_photo, upload_photo
from operators.services.profile_texts import change_profile
from operators.services.rate import answer_rating
from operators.services.save_note import save_note
from operators.services.working_time import change_work_plan, set_exception
from operators.states import ReviewState
from privacy.services.export_data import make_export, request_export
from privacy.services.request_erasure import request_erasure
from telephony.models import Call, GreetingCall
from telephony.services.reconcile_talks import reconcile_talks
from telephony.services.request_callback import request_callback
from telephony.services.reserve_operator import end_reservations, reserve_operator
from telephony.services.watch_exchanges import watch_exchanges
from telephony.services.watch_operator import watch_operator
from telephony.states import ReservationState
from tests.billing.sandbox import RETURN_URL, deliver_due, given_merchant_account, pay
from tests.factories import BrandFactory, StaffFactory
from tests.messaging.scenario import answer, between, give_phone, text
from tests.operators.applicants import given_applicant
from tests.operators.photographs import from_a_phone
from tests.operators.recordings import wav
from tests.scenario import (
    given_customer,
    given_free_minutes,
    given_operator,
    given_referral,
    tell,
    when_called,
    when_talked,
)
from tests.security.test_repeated_attacks import Attacker
from tests.support.phone_system import PhoneSystem
from tests.support.push_service import Browser, given_subscription
from tests.telephony.test_reconcile_talks import lost, recorded

# Tables that stay empty here, and what they hold. All others must have a row when the dump is searched.
EMPTY = {
    "billing_collusionfinding": "amounts, and words that are masked when they are written",
    "account_emailconfirmation": "nothing: confirmations are codes in sessions",
    "pghistory_context": "nothing: a history keeps who changed it in its own row",
    "procrastinate_workers": "when a running worker was last alive",
    "procrastinate_periodic_defers": "when a periodic job was last queued",
    "telephony_soundfile": "names of brands and operators, spoken",
}


def empty_tables() -> set[str]:
    """Tables without a row."""
    with connection.cursor() as cursor:
        empty = set()
        for table in connection.introspection.get_table_list(cursor):
            cursor.execute(f"SELECT EXISTS (SELECT FROM {connection.ops.quote_name(table.name)})")
            if table.type == "t" and not cursor.fetchone()[0]:
                empty.add(table.name)
    return empty


def everybody_does_everything(
    phone_system: PhoneSystem, settings: Settings, *, digits: str, number: str
) -> None:
    """`digits` is a number as people write it into a text, `number` one as staff and machines write it."""
    signed_up = Attacker(phone_system).signs_up("anna@example.test")  # by the pages, from a public address
    Attacker(phone_system).signs_up("bert@example.test")
    operator = given_operator(referral_share_bps=8500)
    given_referral(signed_up, operator)
    call = _talk(signed_up, operator)
    _people_write(signed_up, operator, call, f"Call me at {digits}, please")
    _pays_by_card(given_customer(balance=0))
    _operator_at_work(operator, f"My number is {digits}")
    staff: User = StaffFactory()
    _staff_decide(signed_up, operator, staff, f"They called from {number}", settings)
    _machines(phone_system, settings, signed_up, number)
    _rights_and_rules(staff)
    _ask_for_data(signed_up, operator, staff, f"Asked for by {number}")


def _talk(customer: Customer, operator: Operator) -> Call:
    give_phone(customer, "+17125501234")
    given_free_minutes(customer, 3)
    call = when_called(customer, operator)
    tell(call, "answered", at=2, leg="customer")
    when_talked(call, 1_000_000)  # beyond the free minutes
    return call


def _people_write(customer: Customer, operator: Operator, call: Call, words: str) -> None:
    text(customer, operator, words, accepts_hiding=True)
    answer(operator, customer, words, accepts_hiding=True)
    conversation = between(customer, operator)
    for side in Side:
        save_draft(conversation_id=conversation.pk, side=side, text=words)
        report(conversation_id=conversation.pk, side=side, reason=words)
    rate_paid(customer=customer, reference=call.call_id, stars=5, review=words)
    answer_rating(operator_id=operator.pk, rating_id=Rating.objects.get().pk, text=words)
    save_note(operator_id=operator.pk, customer_id=customer.pk, text=words)
    customer.favourites.create(operator=operator)
    save_preferences(customer.user, {(PreferenceGroup.MESSAGES, Channel.MAIL): False})
    save_delivery(customer.user, quiet_hours=None, has_digest=False, names_people=False)
    session = UserSession.objects.filter(user=customer.user).latest("pk")
    given_subscription(customer, Browser("https://fcm.googleapis.com/fcm/send/1"), session.pk)
    waiting = given_operator()
    reserve_operator(customer=customer, operator_id=waiting.pk, brand=call.brand)
    end_reservations(ReservationState.RELEASED, customer=customer.pk)
    away = given_operator(presence="away")
    watch_operator(customer=customer, operator_id=away.pk, brand=call.brand)
    request_callback(customer=customer, operator_id=away.pk, brand=call.brand)
    set_limit(customer=customer, period=LimitPeriod.WEEK, measure=LimitMeasure.MONEY, amount=100_000)
    receipt = receipt_number(ReceiptOf.CALL, call.pk)
    open_case(
        customer=customer, brand=call.brand, receipt=receipt, call_id=call.call_id, problem="other", words=words
    )  # fmt: skip
    open_complaint(brand=call.brand, email="carl@example.test", words=words)


def _pays_by_card(customer: Customer) -> None:
    """On the card company's page, which reports it; and has it all paid back."""
    brand = given_merchant_account().brand
    payment = start_payment(customer=customer, brand=brand, amount_minor=2500)
    pay(gateway_named("sandbox").start(payment, return_url=RETURN_URL))
    deliver_due()
    charge = check_payment(payment_id=payment.pk).processor_reference
    at = clock.now()  # the sandbox has no report; this is what one leaves
    ProcessorReport.objects.create(gateway="sandbox", asked_at=at, covers_until=at)
    ReportLine.objects.create(
        gateway="sandbox",
        key="sale:1",
        kind="sale",
        charge=charge,
        account="1",
        amount_minor=2500,
        payment=payment,
    )
    line = f"1,sale,{charge},,25.00,3.13,USD,{at:%Y-%m-%d}\n2,sale,C-0,,1.00,0,USD,{at:%Y-%m-%d}\n"
    data = f"{','.join(COLUMNS)}\n{line}".encode()
    read_statement(gateway_name="sandbox", name="march.csv", data=data, actor=None)
    for sent in pay_back(customer=customer, expected_minor=2500):
        send_pay_back(pay_back_id=sent.pk)


def _operator_at_work(operator: Operator, words: str) -> None:
    change_profile(
        operator_id=operator.pk, headline=words, bio=words, languages=["English"], specialties=[words]
    )
    upload_photo(operator_id=operator.pk, data=from_a_phone())
    approve_photo(photo_id=operator.photos.get(state=ReviewState.WAITING).pk, actor=None)
    greeting = upload_greeting(operator_id=operator.pk, data=wav(1.2))
    prepare_greeting(greeting_id=greeting.pk)
    approve_greeting(greeting_id=greeting.pk, actor=None)
    given_applicant()
    GreetingCall.objects.create(reference=new_id("greeting"), operator=operator, created_at=clock.now())
    change_schedule(operator_id=operator.pk, hours=[Hours(0, time(9), time(17))])
    day = clock.now().date() + timedelta(days=7)
    set_exception(operator_id=operator.pk, day=day, starts=None, ends=None)
    change_work_plan(operator_id=operator.pk, reminds=True, remind_minutes=15, follows_hours=False)
    count_view(operator_id=operator.pk, brand_id=BrandFactory().pk)


def _staff_decide(
    customer: Customer, operator: Operator, staff: User, reason: str, settings: Settings
) -> None:
    settings.BILLING = {**settings.BILLING, "STAFF_LIMITS": ["*:2000:20"]}
    gift: dict[str, Any] = {"customer": customer.pk, "source": "adjustment", "actor": staff, "reason": reason}
    for key, amount_minor in (("small", 500), ("large", 5000)):
        carry_out(CREDIT, idempotency_key=key, amount_minor=amount_minor, **gift)
    request = request_funds(
        customer=customer, brand=BrandFactory(), amount_minor=500, words=f"{reason}. Paid by wire."
    )
    decline_request(request_id=request.pk, reason=reason, actor=staff)
    refund_reference(
        reference=between(customer, operator).messages.get(number=1).message_id,
        reason=reason, actor=staff, idempotency_key="refund",
    )  # fmt: skip
    for case in Case.objects.order_by("pk"):
        what: dict[str, Any] = {"case_id": case.pk, "text": reason, "outcome": "declined", "reason": reason}
        answer_case(**what, actor=staff)
        appeal_case(case_id=case.pk, words=reason)
        decide_appeal(**what, actor=StaffFactory())
    for row in between(customer, operator).reports.all():
        close_report(report_id=row.pk, outcome=reason, actor=staff)
    set_access_basis(customer_id=customer.pk, basis=AccessBasis.IDENTITY, actor=staff, reason=reason)
    asked = apply_for_access(
        customer=given_customer(adult_access_basis=""), brand=BrandFactory(), words=reason
    )
    approve_access(request_id=asked.pk, actor=staff, reason=reason)
    block(customer_id=given_customer().pk, operator_id=operator.pk, side=Side.OPERATOR, actor=operator.user)


def _machines(phone_system: PhoneSystem, settings: Settings, customer: Customer, number: str) -> None:
    """An adapter of tomorrow says more than it should; jobs find what waits for people."""
    call = when_called(
        given_customer(free_minutes=5), given_operator()
    )  # under way: its minutes are reserved
    tell(call, "ringing", at=1, leg="customer", caller=number, note=f"from {number}")
    recorded(phone_system, lost(3_000), 183_000)
    reconcile_talks()
    settings.EXCHANGE_ALARM = {"SHARE_BPS": 1, "LEAST_MINUTES": 1}
    watch_exchanges()
    settings.BILLING["HELD_EARNINGS"] = settings.BILLING["HELD_EARNINGS"] | {"FLOOR_MINOR": 1}
    operator = given_operator()
    for _ in range(3):
        when_talked(when_called(customer, operator), 65_000)
    find_weak_links()
    seal_ledger()
    close_days(at=clock.now() + timedelta(days=2))
    count_hours(at=clock.now() + timedelta(days=2))


def _rights_and_rules(staff: User) -> None:
    """Changes that histories keep."""
    group = Group.objects.create(name="Helpers")
    group.permissions.add(Permission.objects.earliest("pk"))
    staff.groups.add(group)
    staff.user_permissions.add(Permission.objects.earliest("pk"))
    Group.objects.filter(pk=group.pk).update(name="Assistants")
    brand = BrandFactory()
    Brand.objects.filter(pk=brand.pk).update(asks_access_basis=True)
    brand.hosts.create(host="more.localhost")
    brand.hosts.filter(host="more.localhost").delete()
    brand.listings.update(is_active=True)
    BrandText.objects.create(brand=brand, headline="Talk")
    BrandRules.objects.filter(brand=brand).update(answer_within_hours=1)
    offer = Offer.objects.create(
        kind=OfferKind.CODE, name="Gift", code="GIFT", minutes=1, daily_budget_minor=100_000
    )
    redeem_code(customer=given_customer(), brand=brand, code=offer.code)
    place = TaxJurisdiction.objects.create(code="NY", name="New York")
    TaxZip.objects.create(jurisdiction=place, prefix="1")
    TaxRate.objects.create(jurisdiction=place, starts_on=date(2026, 1, 1), voice_millionths=88_750)
    BrandTax.objects.create(brand=brand, home_zip="10001")
    publish_legal_edition(
        brand=brand, kind="terms", text="# Terms\n\nBe kind.", summary="Shorter.", actor=staff
    )
    pause(service=Service.PAYOUTS, actor=staff, reason="The bank is closed")
    DatabaseCache("", {}).set(f"tries.{staff.email}", 1)


def _ask_for_data(customer: Customer, operator: Operator, staff: User, reason: str) -> None:
    issue_token(customer.user)
    for person in (customer.user, operator.user):
        make_export(export_id=request_export(user=person, actor=staff, reason=reason).pk)
    request_erasure(user=given_customer(balance=0).user, actor=staff, reason=reason)
