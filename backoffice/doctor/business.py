"""What the business needs: where payments go, what statements say, tax, staff, and texts that customers agree to."""

from collections.abc import Iterator

from allauth.mfa.models import Authenticator
from django.utils import timezone

from backoffice.backup.status import DRILL_WITHIN, backup_status
from backoffice.doctor.findings import Finding, advice, ok, problem
from billing.gateways import SANDBOX
from billing.models import BrandTax, MerchantAccount, TaxRate, TaxZip
from brands.models import Brand
from core.days import BOOKS_ZONE
from customers.legal import own_edition
from customers.models import User
from customers.states import ConsentKind

_STATEMENT_CURE = (
    "On its merchant account, enter the statement text the processor prints and a support phone number."
)


def statements_are_known() -> Iterator[Finding]:
    """Where cards are taken, customers are told what their statement will say."""
    for account in MerchantAccount.objects.filter(is_active=True).select_related("brand"):
        part = f"Statement text of {account.brand.name}"
        if not account.statement_text.strip() or not account.support_phone.strip():
            yield problem(part, f"{account} has none, or no phone number for support.", _STATEMENT_CURE)
        else:
            yield ok(part, f"“{account.statement_text}”, {account.support_phone}.")


def tax_rates_hold() -> Iterator[Finding]:
    """Jurisdictions with ZIP codes have a rate today, and a brand's home is in one."""
    today = timezone.localdate(timezone=BOOKS_ZONE)
    in_force = TaxRate.objects.filter(starts_on__lte=today).exclude(ends_on__lt=today)
    taxed, is_well = set(in_force.values_list("jurisdiction_id", flat=True)), True
    zips = list(TaxZip.objects.select_related("jurisdiction"))
    for code in sorted({row.jurisdiction.code for row in zips if row.jurisdiction_id not in taxed}):
        cure = "Add a rate that begins where the last one ended, or remove its ZIP codes."
        is_well = False
        yield problem("Tax", f"{code} has ZIP codes and no rate today: nothing is taxed there.", cure)
    if taxed:
        for row in BrandTax.objects.exclude(home_zip="").select_related("brand"):
            if not any(row.home_zip.startswith(known.prefix) for known in zips):
                cure = "Correct the ZIP code on the tax of the brand, or add it to a jurisdiction."
                is_well = False
                yield problem("Tax", f"{row.brand.name}'s home {row.home_zip} is in no jurisdiction.", cure)
    if is_well:
        yield ok("Tax", "Rates are in force." if taxed else "There is no rate: nothing is taxed.")


def ready_to_open() -> Iterator[Finding]:
    """What is asked before strangers come in (`--go-live`)."""
    yield from _legal_texts()
    yield from _takes_cards()
    yield from _staff()
    yield _drill()


def _legal_texts() -> Iterator[Finding]:
    for brand in Brand.objects.filter(is_active=True):
        shipped = [
            str(kind.label)
            for kind in (ConsentKind.TERMS, ConsentKind.PRIVACY, ConsentKind.PRICES)
            if own_edition(brand, kind) is None
        ]
        part = f"Legal texts of {brand.name}"
        if shipped:
            cure = "Have a lawyer read them, and publish your own in the admin (Legal texts)."
            yield problem(part, f"Still as shipped: {', '.join(shipped)}.", cure)
        else:
            yield ok(part, "Your own.")


def _takes_cards() -> Iterator[Finding]:
    taking = MerchantAccount.objects.filter(is_active=True)
    for brand in Brand.objects.filter(is_active=True).exclude(pk__in=taking.values("brand")):
        cure = "Add a merchant account in the admin; docs/card-processors.md says how."
        yield advice(f"Cards on {brand.name}", "None: customers have to ask staff to add funds.", cure)
    for account in taking.filter(gateway=SANDBOX).select_related("brand"):
        cure = "Switch it off, and add that of a real processor."
        yield problem(f"Cards on {account.brand.name}", "They go to the sandbox: nobody is charged.", cure)


def _staff() -> Iterator[Finding]:
    staff = User.objects.filter(is_staff=True, is_active=True)
    factors = Authenticator.objects.filter(type=Authenticator.Type.TOTP)
    able = staff.filter(pk__in=factors.values("user")).count()
    words = f"{able} of {staff.count()} staff members have a second factor."
    if able < 2:
        cure = "At least two need one: above the limits, one requests and the other approves."
        yield problem("Staff", words, cure)
    else:
        yield ok("Staff", words)


def _drill() -> Finding:
    """A backup that was never restored is a hope."""
    age, cure = backup_status().drill_age_seconds, "Run manage.py backup_drill where the data are."
    if age is None:
        return problem("Backup drill", "No backup has ever been restored and audited.", cure)
    words = f"The last one that passed was {age / 86_400:.0f} days ago."
    if age > DRILL_WITHIN.total_seconds():
        return problem("Backup drill", words, cure)
    return ok("Backup drill", words)
