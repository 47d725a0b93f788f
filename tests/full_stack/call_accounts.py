"""What the database says of one call: its row, its authorization, its postings; and what the second model says."""

from collections.abc import Iterable
from dataclasses import dataclass

from billing.ledger.models import Account
from billing.ledger.states import AccountKind
from billing.models import Authorization, FreeMinutesPackage
from billing.states import FundedBy
from operators.models import Operator
from telephony.models import Call
from tests.full_stack.people import Pair
from tests.model import rules
from tests.scenario import earned, ledger_of, wallet


@dataclass(frozen=True, slots=True)
class CallAccounts:
    """One call, all amounts in cents."""

    status: str
    end_reason: str
    ended_by: str
    needs_review: bool
    joined_ms: int | None
    charged_seconds: int
    billable_seconds: int
    free_used_seconds: int
    granted_seconds: int
    charged: int
    operator: int  # all the operator earned with it
    platform: int
    promo: int
    ledger: dict[str, tuple[int, int, int]]
    balance: int
    held: int
    reserved_seconds: int
    operator_in_call: bool
    operator_balance: int
    terms: rules.Terms
    packages: list[rules.Package]

    @property
    def is_over(self) -> bool:
        return self.status not in ("initiated", "ringing", "answered")

    @property
    def posted(self) -> int:
        """What the ledger took from the customer for it."""
        return sum(self.ledger.get(kind, (0, 0, 0))[0] for kind in ("call", "connect_fee"))

    @property
    def posted_operator(self) -> int:
        return sum(operator for _, operator, _ in self.ledger.values())

    def by_the_rules(self, joined_ms: int | None) -> rules.Outcome:
        """What the second model makes of such a call under these terms."""
        return rules.outcome(self.terms, joined_ms, self.granted_seconds, self.packages)


def accounts_of(call_id: str) -> CallAccounts:
    """Read them. The call must have been authorized."""
    call = Call.objects.select_related("authorization", "customer", "operator").get(call_id=call_id)
    authorization = call.authorization
    assert authorization is not None
    balance, held = wallet(call.customer)
    packages = FreeMinutesPackage.objects.filter(customer=call.customer)
    return CallAccounts(
        status=call.status,
        end_reason=call.end_reason,
        ended_by=call.ended_by,
        needs_review=call.needs_review,
        joined_ms=call.joined_ms,
        charged_seconds=call.charged_seconds or 0,
        billable_seconds=authorization.billable_seconds,
        free_used_seconds=authorization.free_used_seconds,
        granted_seconds=authorization.granted_seconds,
        charged=authorization.charged_minor,
        operator=authorization.operator_minor,
        platform=authorization.platform_minor,
        promo=authorization.promo_minor,
        ledger=ledger_of(call),
        balance=balance,
        held=held,
        reserved_seconds=sum(package.seconds_reserved for package in packages),
        operator_in_call=Operator.objects.get(pk=call.operator_id).in_call,
        operator_balance=earned(call.operator),
        terms=_terms(authorization),
        packages=[
            rules.Package(seconds, funded_by == FundedBy.PLATFORM)
            for seconds, funded_by in authorization.reservations.order_by("order").values_list(
                "seconds", "funded_by"
            )
        ],
    )


def money_held(pairs: Iterable[Pair] | None = None) -> dict[str, int]:
    """Every hold that there is, of these people or of all, by whose it is: empty when all calls are over."""
    wallets = Account.objects.filter(kind=AccountKind.WALLET, held_minor__gt=0)
    open_ones = Authorization.objects.filter(state="open")
    packages = FreeMinutesPackage.objects.filter(seconds_reserved__gt=0)
    busy = Operator.objects.filter(in_call=True)
    if pairs is not None:
        customers = [pair.customer for pair in pairs]
        wallets = wallets.filter(customer__in=customers)
        open_ones = open_ones.filter(customer__in=customers)
        packages = packages.filter(customer__in=customers)
        busy = busy.filter(pk__in=[pair.operator.pk for pair in pairs])
    held = {f"wallet {account.pk}": account.held_minor for account in wallets}
    held |= {f"authorization {one.reference}": one.held_minor for one in open_ones}
    held |= {f"package {package.pk}": package.seconds_reserved for package in packages}
    return held | {f"operator {operator.pk} in call": 1 for operator in busy}


def _terms(authorization: Authorization) -> rules.Terms:
    return rules.Terms(
        rate=authorization.rate_per_minute_minor,
        fee=authorization.connect_fee_minor,
        first=authorization.first_increment_seconds,
        following=authorization.next_increment_seconds,
        grace=authorization.grace_seconds,
        share=authorization.operator_share_bps,
        promo_pay=authorization.promo_pay_bps,
        promo_rate=authorization.promo_max_rate_minor,
        fee_covered_by=authorization.fee_covered_by,
    )
