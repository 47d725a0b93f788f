"""Which customer accounts belong to one person, for sums over many accounts at once. `selectors.same_person` is the rule for one."""

from collections.abc import Collection, Hashable, Iterable
from typing import Any

from django.db.models import QuerySet

from customers.models import CustomerPhone, Device

# What an account was seen with: a kind, and a phone number's id or a browser's hash.
Trace = tuple[str, Any]


def persons_of(customer_ids: Collection[int]) -> dict[int, int]:
    """Each of these customers → the lowest id of all accounts of the same person.

    Accounts are linked by a phone or a browser that both had, now or once, or through accounts between them. Four queries for
    each step that finds further accounts, the last one included.
    """
    pairs: set[tuple[int, Trace]] = set()
    new, customers = set(customer_ids), set(customer_ids)
    traces: set[Trace] = set()
    while new:
        new_traces = {trace for _, trace in _traces_of(new)} - traces
        traces |= new_traces
        holders = _holders_of(new_traces)
        pairs |= holders
        new = {customer for customer, _ in holders} - customers
        customers |= new
    persons = group(pairs)
    return {customer: persons.get(customer, customer) for customer in customer_ids}


def group(pairs: Iterable[tuple[int, Hashable]]) -> dict[int, int]:
    """Each id → the lowest id that is linked to it, where two ids with one trace are linked. Pure."""
    lowest: dict[int, int] = {}

    def root(one: int) -> int:
        while lowest[one] != one:
            lowest[one] = lowest[lowest[one]]
            one = lowest[one]
        return one

    first: dict[Hashable, int] = {}
    for one, trace in pairs:
        lowest.setdefault(one, one)
        low, high = sorted((root(one), root(first.setdefault(trace, one))))
        lowest[high] = low
    return {one: root(one) for one in lowest}


def _traces_of(customers: Collection[int]) -> set[tuple[int, Trace]]:
    return _pairs(
        CustomerPhone.objects.filter(customer__in=customers),
        Device.objects.filter(user__customer__in=customers),
    )


def _holders_of(traces: Collection[Trace]) -> set[tuple[int, Trace]]:
    numbers = [value for kind, value in traces if kind == "phone"]
    markers = [value for kind, value in traces if kind == "device"]
    return _pairs(
        CustomerPhone.objects.filter(phone_number__in=numbers),
        Device.objects.filter(marker_hash__in=markers, user__customer__isnull=False),
    )


def _pairs(phones: QuerySet[CustomerPhone], devices: QuerySet[Device]) -> set[tuple[int, Trace]]:
    numbers = phones.values_list("customer_id", "phone_number_id")
    markers = devices.values_list("user__customer", "marker_hash")
    pairs: set[tuple[int, Trace]] = {(customer, ("phone", number)) for customer, number in numbers}
    return pairs | {(customer, ("device", marker)) for customer, marker in markers}
