"""A customer tips the operator of a call: out of what is not held for a running call, taxed and split like talk, in one posting."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from billing import conf, sale_postings, tips
from billing.budget import budget_of
from billing.ledger import accounts
from billing.ledger.models import Account, Transaction
from billing.ledger.posting import Posted, post
from billing.paid import charged_minor
from billing.push import push_tip, push_wallet
from billing.referred_sales import keep_share
from billing.shares import Share, share_of
from billing.tariffs import tip_price
from billing.tax_terms import tax_terms
from billing.taxes import Taxed
from brands.models import Brand
from core import clock
from core.db import transactional
from core.errors import Conflict, Invalid, NotAllowed
from core.money import Split, format_money, split
from customers.models import Customer
from operators.models import Operator

MAX_KEY_LENGTH = 150


@dataclass(frozen=True, slots=True)
class Tip:
    """A tip and its parts, in minor units: `amount_minor` is what was chosen, `charged_minor` what the customer pays for it,
    tax on top included. `available_minor`: what the customer has left; `is_new` is False for a repeat.
    """

    transaction_id: int
    reference: str
    amount_minor: int
    charged_minor: int
    tax_minor: int
    operator_minor: int
    platform_minor: int
    currency: str
    available_minor: int
    is_new: bool

    @property
    def tax_label(self) -> str:
        """What customers read beside the tax; empty where there is none."""
        if not self.tax_minor:
            return ""
        return _("Tax") if self.charged_minor > self.amount_minor else _("Tax, included")


@transactional
def tip(
    *, customer: Customer, operator_id: int, brand: Brand, amount_minor: int, call_reference: str,
    is_talking: bool = False, agreed_minor: int | None = None, idempotency_key: str,
) -> Tip:  # fmt: skip
    """Give `amount_minor` to the operator of this call, once for each `idempotency_key`. Tax is that of now.

    `agreed_minor`: what the customer was told that it costs in all; None asks nobody. Money held for a running call is not touched, so no call ends before the end of what was granted. `is_talking`: the two are in a
    call that costs something already, which counts as having paid. Raises Invalid (out of bounds), NotFound and NotAllowed as
    `billing.tips.operator_to_tip`, NotAllowed `not_paid`, `account_frozen`, InsufficientCredit, LimitReached (one of the customer's limits),
    Conflict `price_changed`, `too_many_tips`, `idempotency_conflict`.
    """
    if not 1 <= len(idempotency_key) <= MAX_KEY_LENGTH:
        raise Invalid(_("Idempotency key: 1 to %(most)s characters.") % {"most": MAX_KEY_LENGTH})
    _check_amount(amount_minor)
    key = f"tip:{customer.pk}:{idempotency_key}"
    wallet = accounts.wallet(customer_id=customer.pk, currency=conf.currency())
    earlier = Transaction.objects.filter(idempotency_key=key).first()
    if earlier is not None:
        return _same(earlier, wallet, operator_id, amount_minor, call_reference)
    at = clock.now()  # after the lock
    operator = tips.operator_to_tip(customer, operator_id, brand, at)
    if not is_talking and not tips.paid_lately(customer.pk, operator.pk, at):
        days = conf.tip_rules().paid_days
        raise NotAllowed(
            _("You can tip people you’ve paid in the last %(days)s days.") % {"days": days}, code="not_paid"
        )
    terms = tax_terms(customer, brand, at)
    price = tip_price(amount_minor, terms)
    if agreed_minor not in (None, price.charged_minor):
        raise Conflict(_("The tax on tips has changed. Here’s the new total."), code="price_changed")
    budget_of(customer, wallet, at).require(price.charged_minor, customer, what=_("this tip"))
    number = len(tips.tips_for(call_reference)) + 1
    if number > tips.MOST_FOR_ONE_CALL:
        raise Conflict(
            _("That’s %(count)s tips for one call, which is the limit.") % {"count": tips.MOST_FOR_ONE_CALL},
            code="too_many_tips",
        )
    tax = sale_postings.Tax(price.tax_minor, terms.jurisdiction)
    reference = tips.tip_reference(call_reference, number)
    share = share_of(customer, operator, at)
    posted, parts = _post(customer, operator, brand, wallet, price, tax, share, key, reference)
    keep_share(share, posted.transaction_id)
    return Tip(
        transaction_id=posted.transaction_id,
        reference=reference,
        amount_minor=amount_minor,
        charged_minor=price.charged_minor,
        tax_minor=price.tax_minor,
        operator_minor=parts.operator_minor,
        platform_minor=parts.platform_minor,
        currency=wallet.currency,
        available_minor=wallet.available_minor - price.charged_minor,
        is_new=True,
    )


def _check_amount(amount_minor: int) -> None:
    rules = conf.tip_rules()
    if not rules.smallest_minor <= amount_minor <= rules.largest_minor:
        bounds = [
            format_money(minor, conf.currency()) for minor in (rules.smallest_minor, rules.largest_minor)
        ]
        raise Invalid(
            _("A tip can be %(smallest)s to %(largest)s.") % {"smallest": bounds[0], "largest": bounds[1]}
        )


def _post(
    customer: Customer, operator: Operator, brand: Brand, wallet: Account, price: Taxed, tax: sale_postings.Tax,
    share: Share, key: str, reference: str,
) -> tuple[Posted, Split]:  # fmt: skip
    """Take the price out of the wallet, and share what is left without tax."""
    parts = split(price.net_minor, share.bps)
    parties = sale_postings.Parties(
        customer_id=customer.pk,
        wallet_id=wallet.pk,
        operator_id=operator.pk,
        payable_id=accounts.payable_id(operator_id=operator.pk, currency=wallet.currency),
        brand_id=brand.pk,
        currency=wallet.currency,
    )
    [posted] = post(sale_postings.for_tip(parts, parties, tax=tax, key=key, reference=reference))
    push_wallet(customer.pk)
    push_tip(operator.pk)
    return posted, parts


def _same(
    earlier: Transaction, wallet: Account, operator_id: int, amount_minor: int, call_reference: str
) -> Tip:
    """The tip of the first time. Raises Conflict if this one is another."""
    paid_minor = charged_minor(earlier)
    # What was chosen: the amount with tax where that was included, without it where it was on top.
    chosen = (earlier.amount_minor, paid_minor)
    asked = (operator_id, call_reference)
    if amount_minor not in chosen or asked != (
        earlier.operator_id,
        tips.call_reference_of(earlier.reference),
    ):
        raise Conflict(_("This key was used before for another tip."), code="idempotency_conflict")
    return Tip(
        transaction_id=earlier.pk,
        reference=earlier.reference,
        amount_minor=amount_minor,
        charged_minor=paid_minor,
        tax_minor=paid_minor - earlier.amount_minor,
        operator_minor=earlier.operator_minor,
        platform_minor=earlier.platform_minor,
        currency=earlier.currency,
        available_minor=wallet.available_minor,
        is_new=False,
    )
