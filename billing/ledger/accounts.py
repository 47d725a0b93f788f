"""Wallets and payables: made when first needed, locked when about to change. Functions of the database do it, as its owner."""

from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from billing.ledger.models import Account
from core.errors import InsufficientCredit


def wallet(*, customer_id: int, currency: str) -> Account:
    """The customer's wallet, locked until the end of the transaction; made if there is none."""
    return Account.objects.raw("SELECT * FROM ledger_wallet(%s, %s)", [customer_id, currency])[0]


def locked(account_id: int) -> Account:
    """An account that exists, locked until the end of the transaction."""
    return Account.objects.raw("SELECT * FROM ledger_lock(%s)", [account_id])[0]


def payable_id(*, operator_id: int, currency: str) -> int:
    """The account of what is owed to the operator; made if there is none, never locked here."""
    return int(_value("SELECT ledger_payable(%s, %s)", operator_id, currency))


def change_hold(wallet: Account, change_minor: int) -> None:
    """Hold more (or less) of a wallet's money: one guarded update, so that no more is held than is there.

    Raises InsufficientCredit; giving back always passes.
    """
    if not _value("SELECT ledger_change_hold(%s, %s)", wallet.pk, change_minor):
        raise InsufficientCredit(
            _("The balance doesn’t cover this."),
            balance_minor=wallet.available_minor,
            required_minor=change_minor,
        )


def allow_overdraft(wallet: Account, overdraft_minor: int) -> bool:
    """Let a wallet be so far below zero after chargebacks (0: end that); False if it is further below already.

    A wallet that may be overdrawn is frozen: nothing is spent from it (`billing.budget`).
    """
    return bool(_value("SELECT ledger_allow_overdraft(%s, %s)", wallet.pk, overdraft_minor))


def _value(query: str, *arguments: int | str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(query, arguments)
        return cursor.fetchone()[0]
