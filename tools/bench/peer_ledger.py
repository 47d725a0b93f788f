"""django-ledger: one posted journal entry of three transactions, by its own `commit_txs`."""

import sys
from collections.abc import Callable

from tools.bench.peer_process import OPERATORS, run, set_up


def prepare() -> None:
    from django.contrib.auth import get_user_model
    from django_ledger.io import roles  # type: ignore[import-not-found]
    from django_ledger.models import EntityModel  # type: ignore[import-not-found]

    admin = get_user_model().objects.create_user("bench")
    entity = EntityModel.create_entity(name="bench", use_accrual_method=True, admin=admin, fy_start_month=1)
    entity.create_chart_of_accounts(assign_as_default=True, commit=True)

    def account(name: str, code: str) -> None:
        entity.create_account(
            code=code, role=roles.LIABILITY_CL_OTHER, name=name, balance_type="credit", active=True
        )

    account("platform", "2000")
    for number in range(OPERATORS):
        account(f"customer {number}", f"21{number:03}")
        account(f"operator {number}", f"22{number:03}")
    entity.create_ledger(name="calls", posted=True)


def sale() -> Callable[[int], object]:
    from django.utils import timezone
    from django_ledger.models import AccountModel, LedgerModel

    ledger = LedgerModel.objects.select_related("entity").get(name="calls")
    accounts = {account.name: account for account in AccountModel.objects.filter(code__startswith="2")}

    def post(number: int) -> None:
        at = number % OPERATORS
        parts = (
            (f"customer {at}", "debit", 23.94),
            (f"operator {at}", "credit", 19.15),
            ("platform", "credit", 4.79),
        )
        entry, _ = ledger.commit_txs(
            je_timestamp=timezone.localtime(),
            je_txs=[
                {"account": accounts[name], "tx_type": side, "amount": amount, "description": "call"}
                for name, side, amount in parts
            ],
            je_posted=True,
            je_desc=f"call {number}",
        )
        assert entry.is_posted()

    return post


if __name__ == "__main__":
    set_up(sys.argv[2], ["treebeard", "django_ledger"])
    run(prepare, sale)
