"""django-hordak: one transaction of three legs, written in bulk, checked by its triggers."""

import sys
from collections.abc import Callable

from tools.bench.peer_process import OPERATORS, run, set_up

CURRENCY = "USD"


def prepare() -> None:
    from hordak.models import Account, AccountType  # type: ignore[import-not-found]

    def account(name: str, code: str) -> None:
        Account.objects.create(name=name, code=code, type=AccountType.liability, currencies=[CURRENCY])

    account("platform", "0")
    for number in range(OPERATORS):
        account(f"customer {number}", f"1{number:03}")
        account(f"operator {number}", f"2{number:03}")


def sale() -> Callable[[int], object]:
    from django.db import transaction
    from hordak.models import Account, Leg, Transaction
    from moneyed import Money  # type: ignore[import-not-found]

    ids = dict(Account.objects.values_list("name", "pk"))

    def post(number: int) -> None:
        at = number % OPERATORS
        with transaction.atomic():
            posted = Transaction.objects.create(description=f"call {number}")
            Leg.objects.bulk_create(
                [
                    Leg(transaction=posted, account_id=ids[f"customer {at}"], debit=Money("23.94", CURRENCY)),
                    Leg(
                        transaction=posted, account_id=ids[f"operator {at}"], credit=Money("19.15", CURRENCY)
                    ),
                    Leg(transaction=posted, account_id=ids["platform"], credit=Money("4.79", CURRENCY)),
                ]
            )

    return post


if __name__ == "__main__":
    set_up(sys.argv[2], ["mptt", "hordak"], DEFAULT_CURRENCY=CURRENCY, HORDAK_INTERNAL_CURRENCY=CURRENCY)
    run(prepare, sale)
