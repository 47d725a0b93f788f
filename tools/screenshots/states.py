"""States of the demo that no click leads to, or not fast enough. Runs on the demo's database as its owner."""

import io
import time
from datetime import timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password
from django.core.cache import cache
from PIL import Image, ImageDraw, ImageFilter

from billing.cases import link_token
from billing.models import Case, Payment
from billing.services.open_case import open_complaint
from billing.states import PaymentState
from brands.models import Brand
from core import clock
from customers.legal import SHIPPED_EDITIONS
from customers.models import Customer, User
from demo.funds import add_funds
from demo.people import PASSWORD
from messaging.models import Conversation
from messaging.services.block import block, unblock
from messaging.states import Side
from notices.one_tap import token_of
from notices.states import PreferenceGroup
from operators.models import Operator, Rating
from operators.services.photos import approve_photo, upload_photo
from operators.states import Presence
from phones.services.store_number import store_number
from telephony.models import AvailabilityWatch, CallbackRequest
from telephony.selectors import live_calls
from telephony.services.hang_up import hang_up_as_staff
from tools.screenshots import applicants

PHOTOGRAPHED = ("theo", "ruby")
WAITING_PHOTO = "caleb"
RICH = ("customer@aeims.test", "second@aeims.test", "regular1@aeims.test")
FUNDS_MINOR = 20_000


def prepare() -> None:
    """Photos, money for the calls that are made, nobody who pauses after a call. Once; a repeat changes nothing."""
    Operator.objects.update(wrap_up_seconds=0)
    staff = User.objects.get(email="staff@aeims.test")
    for slug in (*PHOTOGRAPHED, WAITING_PHOTO):
        operator = Operator.objects.get(slug=slug)
        if not operator.photos.exists():
            upload_photo(operator_id=operator.pk, data=_photo(slug))
            if slug != WAITING_PHOTO:
                approve_photo(photo_id=operator.photos.get().pk, actor=staff)
    for customer in Customer.objects.exclude(user__email=unagreed()).select_related("home_brand"):
        _agree(customer)
    for email in RICH:
        customer = _customer(email)
        if not Payment.objects.filter(customer=customer, amount_minor=FUNDS_MINOR).exists():
            add_funds(customer, customer.home_brand, FUNDS_MINOR)


def unagreed() -> str:
    """The email address of a customer who has agreed to nothing yet."""
    email = "unagreed@aeims.test"
    if not User.objects.filter(email=email).exists():
        user = User.objects.create(email=email, password=make_password(PASSWORD))
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
        brand = Brand.objects.get(slug="flirts")
        Customer.objects.create(user=user, alias="Olive Crane 118", home_brand=brand)
    return email


def _agree(customer: Customer) -> None:
    """To the texts as they are now: a demo that ran before may know older ones."""
    for kind, edition in SHIPPED_EDITIONS.items():
        customer.consents.get_or_create(kind=kind, version=edition, defaults={"brand": customer.home_brand})


def applicant(state: str) -> str:
    """The email address of an applicant in this state."""
    return applicants.applicant(state, _photo("jordan"))


def application_of(email: str) -> int:
    """The number of their application."""
    return applicants.number_of(email)


def tested_phone(email: str, number: str) -> str:
    """Give an operator a verified phone; who they are."""
    operator = Operator.objects.get(user__email=email)
    Operator.objects.filter(pk=operator.pk).update(
        phone_number=store_number(number), phone_verified_at=clock.now()
    )
    return operator.stage_name


def presence(slug: str, state: str) -> None:
    """Online, away or offline for the day."""
    until = clock.now() + timedelta(hours=8) if state == Presence.ONLINE else None
    Operator.objects.filter(slug=slug).update(presence=state, online_until=until, wrap_up_until=None)


def nobody_waits() -> None:
    """No callback is asked for, and nobody is to be told of an operator."""
    AvailabilityWatch.objects.all().delete()
    CallbackRequest.objects.all().delete()


def end_calls() -> None:
    """End every call that is live, as staff do."""
    for call in live_calls():
        hang_up_as_staff(call_id=call.call_id, actor=None, reason="The picture is taken")
    for _ in range(100):
        if not live_calls():
            return
        time.sleep(0.1)


def blocked(email: str, slug: str, is_on: bool) -> None:
    """The operator wants no more contact with the customer, or does again."""
    customer, operator = _customer(email), Operator.objects.get(slug=slug)
    if is_on:
        block(customer_id=customer.pk, operator_id=operator.pk, side=Side.OPERATOR, actor=operator.user)
    else:
        unblock(customer_id=customer.pk, operator_id=operator.pk, side=Side.OPERATOR, actor=operator.user)


def no_second_factor(email: str) -> None:
    """As before the app was set up."""
    Authenticator.objects.filter(user__email=email).delete()


def forget_throttles() -> None:
    """Whoever tried too often may try again."""
    cache.clear()


def complaint() -> str:
    """The address of a complaint's page."""
    brand = Brand.objects.get(slug="flirts")
    words = "The line was noisy and I paid for it."
    case = Case.objects.filter(email="carl@example.test").first() or open_complaint(
        brand=brand, email="carl@example.test", words=words
    )
    return f"/complaints/{case.number}/{link_token(case)}/"


def mail_off() -> str:
    """The address that turns off mail with one tap."""
    return f"/emails/off/{token_of(_customer('second@aeims.test').user_id, [PreferenceGroup.MESSAGES])}/"


def rating_of(email: str) -> int | None:
    """The number of a review of theirs."""
    row = Rating.objects.filter(customer=_customer(email)).order_by("-pk").first()
    return row.pk if row else None


def conversation_of(email: str) -> str | None:
    """With whom they write."""
    row = Conversation.objects.filter(customer=_customer(email)).select_related("operator").first()
    return row.operator.slug if row else None


def last_payment(state: str) -> None:
    """Show the newest payment as it is in this state, for a picture alone."""
    payment = Payment.objects.latest("pk")
    Payment.objects.filter(pk=payment.pk).update(state=PaymentState(state))


def _customer(email: str) -> Customer:
    return Customer.objects.select_related("home_brand", "user").get(user__email=email)


def _photo(slug: str) -> bytes:
    """No person's: an evening sky behind a figure, out of focus."""
    hue = sum(map(ord, slug)) % 90
    image = Image.new("RGB", (1200, 1500))
    draw = ImageDraw.Draw(image)
    for line in range(1500):
        draw.line(
            [(0, line), (1200, line)], fill=(70 + line // 12, 50 + hue // 2 + line // 22, 110 - line // 30)
        )
    draw.ellipse([360, 300, 840, 880], fill=(196, 142, 116))
    draw.ellipse([320, 230, 880, 620], fill=(54, 36, 30))
    draw.ellipse([400, 380, 800, 900], fill=(206, 152, 124))
    draw.rounded_rectangle([180, 940, 1020, 1700], 320, fill=(60 + hue, 42, 72))
    file = io.BytesIO()
    image.filter(ImageFilter.GaussianBlur(9)).save(file, "JPEG", quality=88)
    return file.getvalue()
