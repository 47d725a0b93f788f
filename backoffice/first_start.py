"""From an empty database to an owner, a brand, and a first operator: what `manage.py setup` and its page make of the answers.

Only while no administrator exists. Everything is made in one transaction, or nothing.
"""

from collections.abc import Callable, Iterator
from typing import Any

from allauth.account.models import EmailAddress
from django.core import signing
from django.db import connection

from backoffice.doctor import examine
from backoffice.doctor.findings import Finding, advice, ok
from backoffice.doctor.phone import call_a_phone
from billing.models import BrandTax, MerchantAccount, TaxJurisdiction, TaxRate, TaxZip
from billing.taxes import MILLIONTHS
from brands.models import Brand
from brands.selectors import forget
from core import audit, clock
from core.days import BOOKS_ZONE
from core.db import transactional
from core.errors import Conflict
from customers.login_help import send_password_link
from customers.models import User
from operators.models import Operator
from operators.pricing import RATE_COLUMNS
from operators.services.review_operator import approve_operator
from phones.services.store_number import store_number
from telephony.services.make_sounds import make_missing_sounds
from telephony.speech import SpeechError

TOKEN_SECONDS = 3600
_SALT = "first start"


def is_needed() -> bool:
    """Whether nobody administers this installation yet."""
    return not User.objects.filter(is_superuser=True, is_active=True).exists()


def new_token() -> str:
    """Opens the page for an hour; of no use once there is an administrator."""
    return signing.dumps("setup", salt=_SALT)


def is_token(text: str) -> bool:
    """Whether it was made here within the last hour."""
    try:
        return bool(signing.loads(text.strip(), salt=_SALT, max_age=TOKEN_SECONDS) == "setup")
    except signing.BadSignature:
        return False


@transactional
def set_up(answers: dict[str, Any]) -> User:
    """Make the owner, the site, and what else was answered (`FirstStartForm.cleaned_data`). Raises Conflict `set_up_already`."""
    with connection.cursor() as cursor:  # two at once: one of them finds the other's owner
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('first start', 0))")
    if not is_needed():
        raise Conflict(
            "This installation already has an administrator. Log in instead.", code="set_up_already"
        )
    owner: User = User.objects.create_superuser(answers["owner_email"], answers["owner_password"])
    _confirm_address(owner)
    brand = _brand(answers)
    if answers["processor"]:
        MerchantAccount.objects.create(
            brand=brand,
            gateway=answers["processor"],
            account=answers["processor_account"],
            statement_text=answers["statement_text"],
            support_phone=answers["support_phone"],
        )
    if answers["operator_name"]:
        _operator(answers, brand, owner)
    if answers["tax_jurisdiction"]:
        _tax(answers, brand)
    audit.record(actor=owner, action="installation.set_up", subject=brand, host=answers["brand_host"])
    forget()
    return owner


def try_out(answers: dict[str, Any], heard: Callable[[], str] | None = None) -> Iterator[Finding]:
    """After `set_up`: make the sounds of the new names, look at everything, send the test mail, call the phone.

    `heard` asks for the digits that the phone spoke.
    """
    yield from _prompts()
    yield from examine(mail=answers["owner_email"] if answers["test_mail"] else "")
    if answers["test_phone"]:
        yield from call_a_phone(answers["test_phone"], heard)


def _prompts() -> Iterator[Finding]:
    try:
        made = make_missing_sounds()
    except SpeechError as error:
        yield advice(
            "New prompts", str(error), "The worker makes them within minutes, or run manage.py make_prompts."
        )
    else:
        yield ok("New prompts", f"{made.made} sounds made.")


def _tax(answers: dict[str, Any], brand: Brand) -> None:
    """One jurisdiction with one rate, from today on. Tips aren't taxed unless somebody says so in the admin."""
    code = answers["tax_jurisdiction"]
    jurisdiction = TaxJurisdiction.objects.create(code=code, name=code)
    TaxZip.objects.bulk_create(
        TaxZip(jurisdiction=jurisdiction, prefix=prefix) for prefix in answers["tax_zips"]
    )
    millionths = int(answers["tax_percent"] * (MILLIONTHS // 100))
    TaxRate.objects.create(
        jurisdiction=jurisdiction,
        starts_on=clock.now().astimezone(BOOKS_ZONE).date(),
        voice_millionths=millionths,
        text_millionths=millionths,
        fee_millionths=millionths,
    )
    BrandTax.objects.create(brand=brand, is_included=answers["tax_included"])


def _confirm_address(user: User) -> None:
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)


def _brand(answers: dict[str, Any]) -> Brand:
    host = answers["brand_host"]
    brand = Brand.objects.create(
        slug=host.removeprefix("www.").replace(".", "-")[:50],
        name=answers["brand_name"],
        spoken_name=answers["brand_spoken_name"],
        theme=answers["brand_theme"],
        caller_id=answers["caller_id"],
        operator_caller_id=answers["operator_caller_id"] or answers["caller_id"],
        support_email=answers["support_email"],
    )
    brand.hosts.create(host=host)
    return brand


def _operator(answers: dict[str, Any], brand: Brand, owner: User) -> None:
    """They choose their password by a link that is mailed to them, and verify their phone in the portal."""
    user = User.objects.create_user(answers["operator_email"])
    _confirm_address(user)
    operator = Operator.objects.create(
        user=user,
        stage_name=answers["operator_name"],
        slug=answers["operator_name"].lower().replace(" ", "-"),
        portrait_seed=answers["operator_name"].lower(),
        phone_number=store_number(answers["operator_phone"]),
        **dict.fromkeys(RATE_COLUMNS, answers["operator_rate"]),
    )
    operator.listings.create(brand=brand)
    approve_operator(operator_id=operator.pk, actor=owner, reason="First operator, known to the owner")
    send_password_link(user_id=user.pk, actor=owner)
