"""What stands between a customer and an operator, read in one turn: blocks, what makes the two one person, and agreements.

Composed once: each call, text, and tip asks. The parameters are the customer's id, the operator's, the logins of both, and the brand's id.
"""

from dataclasses import dataclass

from django.db.models import Exists

from brands.models import Brand
from core.planned_query import PlannedQuery, parameter
from customers.legal import agreements, still_to_agree
from customers.models import Customer, CustomerPhone, Device
from customers.selectors import same_person
from customers.states import ConsentKind
from operators.account_links import Link
from operators.models import Block, Operator, OperatorPhone


@dataclass(frozen=True, slots=True)
class Contact:
    """`is_blocked`: either of the two wants no contact. `link`: what makes them one person. `pending`: to be agreed to first."""

    is_blocked: bool
    link: Link | None
    pending: list[ConsentKind]


def contact_of(customer: Customer, operator: Operator, brand: Brand) -> Contact:
    """All of it about these two on `brand`."""
    row = _CONTACT.first(customer.pk, operator.pk, customer.user_id, operator.user_id, brand.pk)
    assert row is not None, "a customer is never deleted"
    return Contact(
        row.is_blocked,  # type: ignore[attr-defined]
        _link(row, customer, operator),
        still_to_agree(row.own_editions, row.agreed),  # type: ignore[attr-defined]
    )


def link_of(customer: Customer, operator: Operator) -> Link | None:
    """What makes the two accounts one person's, now or once; None if nothing does. One query."""
    row = _LINK.first(customer.pk, operator.pk, customer.user_id, operator.user_id)
    return None if row is None else _link(row, customer, operator)


def _link(row: Customer, customer: Customer, operator: Operator) -> Link | None:
    """The strongest of those that they have."""
    if customer.user_id == operator.user_id:
        return Link.LOGIN
    if row.shares_phone:  # type: ignore[attr-defined]
        return Link.PHONE
    return Link.DEVICE if row.shares_device else None  # type: ignore[attr-defined]


_CUSTOMER, _OPERATOR, _USER, _OTHER_USER = (parameter(number) for number in range(1, 5))
# Numbers that were removed or replaced count.
_OTHER_NUMBERS = (
    CustomerPhone.objects.filter(customer__user=_OTHER_USER)
    .values("phone_number")
    .union(
        OperatorPhone.objects.filter(operator__user=_OTHER_USER).values("phone_number"),
        Operator.objects.filter(pk=_OPERATOR).values("phone_number"),
    )
)
_OTHER_MARKERS = Device.objects.filter(user=_OTHER_USER).values("marker_hash")
_LINKED = Customer.objects.only("pk").annotate(
    shares_phone=Exists(CustomerPhone.objects.filter(customer__user=_USER, phone_number__in=_OTHER_NUMBERS))
    | Exists(OperatorPhone.objects.filter(operator__user=_USER, phone_number__in=_OTHER_NUMBERS)),
    shares_device=Exists(Device.objects.filter(user=_USER, marker_hash__in=_OTHER_MARKERS)),
)
_LINK = PlannedQuery(_LINKED, "pk")
_CONTACT = PlannedQuery(
    _LINKED.annotate(
        is_blocked=Exists(Block.objects.filter(same_person(_CUSTOMER, "customer_id"), operator_id=_OPERATOR)),
        **agreements(_CUSTOMER, brand=parameter(5)),
    ),
    "pk",
)
