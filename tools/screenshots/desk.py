"""The staff's pages: what the customer sites show is written, heard and looked at there."""

from tools.screenshots.stage import VISITOR, Stage

STAFF = "staff@aeims.test"
_PAGES = {
    "home": "/",
    "home-pages": "/backoffice/home-pages/",
    "home-page": "/backoffice/home-pages/1/",
    "greetings": "/backoffice/greetings/",
    "photos": "/backoffice/photos/",
    "profile-texts": "/backoffice/profile-texts/",
    "operator": "/backoffice/operators/1/",
    "operator-row": "/operators/operator/1/change/",
    "customer": "/backoffice/customers/1/",
    "live-calls": "/backoffice/live-calls/",
    "funds": "/backoffice/funds/",
    "payments": "/backoffice/payments/",
    "cases": "/backoffice/cases/",
    "access": "/backoffice/access/",
    "notices": "/backoffice/mail/",
    "services": "/backoffice/services/",
}


def desk(stage: Stage) -> None:
    """As a member of staff who may do everything."""
    page = stage.page(VISITOR)
    page.goto("/accounts/login/")
    stage.take(page, "log-in")
    page = stage.page(STAFF)
    for name, path in _PAGES.items():
        page.goto(path)
        stage.take(page, name)
