"""Pages for somebody who is logged in, as whole requests in this process: their CPU in plain views, their statements."""

import re
from typing import TYPE_CHECKING

from tools.bench.database import people, settle_statistics
from tools.bench.plain import asker, cpu_ms, plain_cpu_ms
from tools.bench.table import Goal

if TYPE_CHECKING:
    from django.test import Client

OPERATORS = 100  # of whom the directory's first page shows some
DIRECTORY, OTHERS = "/operators/", ("/activity/", "/account/", "/messages/")
DIRECTORY_STATEMENTS, MOST_STATEMENTS = "directory for a customer: statements", 8
DIRECTORY_VIEWS, AROUND_A_PAGE = 90, 2
_PARTICULARS = re.compile(r"'[^']*'|[0-9]+")  # of one request: times, keys


def measure(*, requests: int = 60, operators: int = OPERATORS) -> list[Goal]:
    from django.core.wsgi import get_wsgi_application
    from django.db import connection

    from tests.scenario import BRAND_HOST, logged_in

    connection.settings_dict["CONN_MAX_AGE"] = None
    connection.close()
    them = people(operators)
    settle_statistics()
    client = logged_in(them.customer.user, BRAND_HOST)
    plain_ms = plain_cpu_ms()
    cookie = f"sessionid={client.session.session_key}"
    directory = asker(get_wsgi_application(), DIRECTORY, HTTP_HOST=BRAND_HOST, HTTP_COOKIE=cookie)
    directory_ms = cpu_ms(directory, requests)
    asked = [statements(client, address) for address in (DIRECTORY, *OTHERS)]
    around = sum(min(page.count(sql) for page in asked) for sql in set(asked[0]))
    return [
        Goal(
            what="directory for a customer",
            measured=directory_ms / plain_ms,
            wanted=DIRECTORY_VIEWS,
            unit=" views",
            beside=f"one of Django's plain views: {plain_ms:.3f} ms of CPU; ours {directory_ms:.1f} ms with {len(asked[0])} statements",
        ),
        Goal(
            what=DIRECTORY_STATEMENTS,
            measured=len(asked[0]),
            wanted=MOST_STATEMENTS,
            beside="a limit; however many cards there are",
        ),
        Goal(
            what="signed-in pages: statements around the page itself",
            measured=around,
            wanted=AROUND_A_PAGE,
            beside=f"that {len(asked)} pages have in common: who is here, and the figures of the frame",
        ),
    ]


def shown(client: "Client", address: str) -> None:
    """Ask for a page. Raises RuntimeError for any answer but 200."""
    status = client.get(address).status_code
    if status != 200:
        raise RuntimeError(f"{address} answered {status}")


def statements(client: "Client", address: str) -> list[str]:
    """What a page asks of the database once all is warm, in order."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    shown(client, address)
    with CaptureQueriesContext(connection) as captured:
        shown(client, address)
    return [_PARTICULARS.sub("?", query["sql"]) for query in captured.captured_queries]
