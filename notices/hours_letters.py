"""The reminder before an operator's hours begin."""

from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core.days import write_clock
from notices.pages import OPERATOR_CONSOLE, OPERATOR_HOME
from notices.services.enqueue import enqueue
from notices.services.operator_push import push_to_operator
from notices.states import NoticeKind
from operators.domain_events import hours_begin_soon
from operators.models import Operator

_SET_ONLINE = gettext_noop(
    "We’ll set you online then. If something comes up, change your hours or take the day off before that."
)
_BY_HAND = gettext_noop("Go online when you’re ready.")


@hours_begin_soon.listener
def _hours_begin_soon(*, operator: Operator, begins: datetime, is_automatic: bool) -> None:
    """Once for each beginning, by mail and in the operator's browsers."""
    event = f"{operator.pk}:{begins:%Y%m%d%H%M}"
    push_to_operator(NoticeKind.OPERATOR_HOURS, operator.user, event=event, path=OPERATOR_CONSOLE.path())
    enqueue(
        NoticeKind.HOURS_BEGIN,
        recipient=operator.user,
        key=f"hours_begin:{event}",
        begins=write_clock(begins, operator.user.time_zone),
        then=_(_SET_ONLINE) if is_automatic else _(_BY_HAND),
        url=OPERATOR_HOME.url(host=settings.PORTAL_HOSTS[0]),
    )
