"""Letters about applications for access: the code, or why there is none."""

from customers.domain_events import access_approved, access_declined
from customers.models import AccessRequest
from notices.letters import customer_home, day_of
from notices.services.enqueue import enqueue
from notices.states import NoticeKind


@access_approved.listener
def _approved(*, request: AccessRequest, code: str) -> None:
    assert request.code_expires_at is not None, "it was approved"
    user = request.customer.user
    enqueue(
        NoticeKind.ACCESS_APPROVED, recipient=user, brand=request.brand, key=f"access:{request.pk}", code=code,
        until=day_of(request.code_expires_at, user), url=customer_home(request.brand),
    )  # fmt: skip


@access_declined.listener
def _declined(*, request: AccessRequest) -> None:
    enqueue(
        NoticeKind.ACCESS_DECLINED, recipient=request.customer.user, brand=request.brand, key=f"access:{request.pk}",
        reason=request.answer,
    )  # fmt: skip
