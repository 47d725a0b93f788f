"""Reads about where operators are paid."""

from datetime import datetime

from django.db.models import Q

from billing.payouts.models import PayoutAccount


def account_in_effect(operator_id: int, at: datetime) -> PayoutAccount | None:
    """Where money is sent at `at`: what took effect last."""
    rows = PayoutAccount.objects.filter(operator=operator_id, effective_at__lte=at)
    return rows.filter(Q(ended_at=None) | Q(ended_at__gt=at)).order_by("-effective_at", "-id").first()


def account_to_come(operator_id: int, at: datetime) -> PayoutAccount | None:
    """The change that takes effect later, if there is one."""
    rows = PayoutAccount.objects.filter(operator=operator_id, effective_at__gt=at, ended_at=None)
    return rows.order_by("-id").first()


def shared_by(digests: list[bytes], operator_id: int) -> list[int]:
    """Other operators (ids) with the same account."""
    rows = PayoutAccount.objects.filter(digest__in=digests, ended_at=None).exclude(operator=operator_id)
    return sorted(set(rows.values_list("operator", flat=True)))


def has_account(operator_id: int) -> bool:
    """Whether the operator said where to be paid, also where it takes effect later."""
    return PayoutAccount.objects.filter(operator=operator_id, ended_at=None).exists()
