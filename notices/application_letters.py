"""Letters to who applied to be an operator. The one that says yes is that of every approved operator (`notices.letters`)."""

from django.conf import settings

from notices.letters import day_of
from notices.pages import APPLICATION
from notices.services.enqueue import enqueue
from notices.states import NoticeKind
from operators.domain_events import application_changed
from operators.models import Application
from operators.services.apply import reapply_at
from operators.states import ApplicationState


@application_changed.listener
def _application_changed(*, application: Application, decision: str, reason: str) -> None:
    url = APPLICATION.url(host=settings.PORTAL_HOSTS[0])
    if decision == ApplicationState.SUBMITTED:
        enqueue(NoticeKind.APPLICATION_RECEIVED, recipient=application.user, url=url)
    elif decision == ApplicationState.INCOMPLETE:
        enqueue(NoticeKind.APPLICATION_INCOMPLETE, recipient=application.user, reason=reason, url=url)
    elif decision == ApplicationState.DECLINED:
        again_at = reapply_at(application)
        again_on = day_of(again_at, application.user) if again_at else ""
        enqueue(
            NoticeKind.APPLICATION_DECLINED,
            recipient=application.user,
            reason=reason,
            again_on=again_on,
            url=url,
        )
