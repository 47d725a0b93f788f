"""An operator stops for good, or takes that back. Called while their data are to be erased (`privacy.services.request_erasure`)."""

from core import clock
from operators.domain_events import operator_working_changed
from operators.models import Operator
from operators.services.presence import announce_presence, go_offline
from operators.states import ApprovalStatus


def close_account(operator: Operator) -> None:
    """Offline for everyone from now on, in the caller's transaction. Who may not work anyway stays as they are."""
    if operator.approval_status == ApprovalStatus.APPROVED:
        go_offline(operator, clock.now())
        _change(operator, ApprovalStatus.CLOSED)


def reopen_account(operator: Operator) -> None:
    """They may work again, unless staff decided otherwise meanwhile. They stay offline until they choose."""
    if operator.approval_status == ApprovalStatus.CLOSED:
        _change(operator, ApprovalStatus.APPROVED)


def _change(operator: Operator, status: ApprovalStatus) -> None:
    operator.approval_status = status
    operator.save(update_fields=["approval_status", "presence", "presence_since"])
    announce_presence(operator)
    operator_working_changed.after_commit(operator_id=operator.pk)
