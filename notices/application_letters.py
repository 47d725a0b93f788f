"""Letters to who applied to be an operator. The one that says yes is that of every approved operator (`notices.letters`)."""

from django.conf import settings

from notices.pages import APPLICATION
from notices.services.enqueue import enqueue
from notices.states import NoticeKind
from operators.domain_events import application_changed
from operators.models import Application
from operators.states import ApplicationState


@application_changed.listener
def _application_changed(*, application: Application, decision: str, reason: str) -> None:
    url = APPLICATION.url(host=settings.PORTAL_HOSTS[0])
    if decision == ApplicationState.SUBMITTED:
        enqueue(NoticeKind.APPLICATION_RECEIVED, recipient=application.user, url=url)
    elif decision == ApplicationState.INCOMPLETE:
        enqueue(NoticeKind.APPLICATION_INCOMPLETE, recipient=application.user, reason=reason, url=url)
    elif decision == ApplicationState.DECLINED:
        enqueue(NoticeKind.APPLICATION_DECLINED, recipient=application.user, reason=reason)
