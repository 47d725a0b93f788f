"""Charge a customer for one text to an operator: the rate per message, taxed and split like talk, in one guarded posting."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from billing import conf, sale_postings
from billing.budget import budget_of
from billing.ledger import accounts
from billing.ledger.models import Transaction
from billing.ledger.posting import post
from billing.paid import charged_minor
from billing.push import push_wallet
from billing.referred_sales import keep_share
from billing.shares import share_of
from billing.tariffs import text_price
from billing.tax_terms import tax_terms
from brands.models import Brand
from core import clock
from core.db import transactional
from core.errors import Conflict
from core.money import split
from customers.models import Customer
from operators.models import Operator


@dataclass(frozen=True, slots=True)
class MessageCharge:
    """What a text came to, in minor units, tax included; `transaction_id` is None where it was free."""

    transaction_id: int | None
    charged_minor: int
    operator_minor: int
    currency: str
    available_minor: int  # what the customer can still spend


@transactional
def charge_message(*, customer: Customer, operator: Operator, brand: Brand, message_id: str) -> MessageCharge:
    """Take the operator's rate per message for `message_id` out of what is not held for a running call.

    Once for each `message_id`: a repeat is answered as the first time, whatever the customer has left. Raises
    InsufficientCredit, LimitReached (one of the customer's limits), Conflict (the id was charged before at another price, or to
    somebody else). The wallet stays locked until the end of the transaction.
    """
    wallet = accounts.wallet(customer_id=customer.pk, currency=conf.currency())
    price_minor = operator.rate_per_message_minor
    earlier = Transaction.objects.filter(idempotency_key=sale_postings.message_key(message_id)).first()
    if earlier is not None:
        charge = (earlier.customer_id, earlier.operator_id, earlier.rate_minor)
        if charge != (customer.pk, operator.pk, price_minor):
            raise Conflict(_("This message was charged before in another way."), code="idempotency_conflict")
        return MessageCharge(
            earlier.pk,
            charged_minor(earlier),
            earlier.operator_minor,
            earlier.currency,
            wallet.available_minor,
        )
    if price_minor == 0:
        return MessageCharge(None, 0, 0, wallet.currency, wallet.available_minor)
    at = clock.now()
    terms = tax_terms(customer, brand, at)
    price = text_price(operator, terms)
    budget_of(customer, wallet, at).require(price.charged_minor, customer, what=_("this message"))
    share = share_of(customer, operator, at)
    parts = split(price.net_minor, share.bps)
    [posted] = post(
        sale_postings.for_message(
            parts,
            sale_postings.Parties(
                customer_id=customer.pk,
                wallet_id=wallet.pk,
                operator_id=operator.pk,
                payable_id=accounts.payable_id(operator_id=operator.pk, currency=wallet.currency),
                brand_id=brand.pk,
                currency=wallet.currency,
            ),
            tax=sale_postings.Tax(price.tax_minor, terms.jurisdiction),
            rate_minor=price_minor,
            message_id=message_id,
        )
    )
    keep_share(share, posted.transaction_id)
    push_wallet(customer.pk)
    return MessageCharge(
        posted.transaction_id,
        price.charged_minor,
        parts.operator_minor,
        wallet.currency,
        wallet.available_minor - price.charged_minor,
    )
