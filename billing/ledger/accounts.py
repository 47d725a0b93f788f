"""Wallets and payables: made when first needed, locked when about to change."""

from django.db.models import F

from billing.ledger.models import Account
from billing.ledger.states import AccountKind
from core.errors import InsufficientCredit


def wallet(*, customer_id: int, currency: str) -> Account:
    """The customer's wallet, locked until the end of the transaction; made if there is none."""
    own_wallet = Account.objects.select_for_update().filter(
        kind=AccountKind.WALLET, customer_id=customer_id, currency=currency
    )
    account = own_wallet.first()
    if account is None:
        _open(Account(kind=AccountKind.WALLET, customer_id=customer_id, currency=currency))
        account = own_wallet.get()
    return account


def payable_id(*, operator_id: int, currency: str) -> int:
    """The account of what is owed to the operator; made if there is none, never locked here."""
    theirs = Account.objects.filter(
        kind=AccountKind.PAYABLE, operator_id=operator_id, currency=currency
    ).values_list("id", flat=True)
    account = theirs.first()
    if account is None:
        _open(Account(kind=AccountKind.PAYABLE, operator_id=operator_id, currency=currency))
        account = theirs.get()
    return account


def change_hold(wallet: Account, change_minor: int) -> None:
    """Hold more (or less) of a wallet's money: one guarded update, so that no more is held than is there.

    Raises InsufficientCredit; giving back always passes.
    """
    guarded = Account.objects.filter(pk=wallet.pk)
    if change_minor > 0:
        guarded = guarded.filter(balance_minor__gte=F("held_minor") + change_minor)
    if not guarded.update(held_minor=F("held_minor") + change_minor):
        raise InsufficientCredit(
            "The balance does not cover this.",
            balance_minor=wallet.available_minor,
            required_minor=change_minor,
        )


def _open(account: Account) -> None:
    Account.objects.bulk_create([account], ignore_conflicts=True)
