"""The balance check beside Django's plain view: both by WSGI in this process, in turns, one request after the other."""

from statistics import median

from tools.bench.plain import asker, plain_rate, rate
from tools.bench.table import Goal


def measure(*, rounds: int = 5, requests: int = 400) -> list[Goal]:
    from django.core.wsgi import get_wsgi_application
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from customers.api_tokens import issue_token
    from tests.scenario import given_customer, given_operator

    connection.settings_dict["CONN_MAX_AGE"] = None  # kept, as the pool of a running process keeps them
    connection.close()
    customer, operator = given_customer(balance="45.00", free_minutes=10), given_operator()
    token = issue_token(customer.user)
    ours = asker(
        get_wsgi_application(),
        "/api/balance/check/",
        QUERY_STRING=f"operator_id={operator.pk}",
        HTTP_HOST="flirts.localhost",
        HTTP_AUTHORIZATION=f"Token {token}",
    )
    ours()
    with CaptureQueriesContext(connection) as asked:
        ours()
    statements = [query["sql"] for query in asked if "authtoken" not in query["sql"]]
    theirs_rates, our_rates = [], []
    for _ in range(rounds):
        our_rates.append(rate(ours, requests))
        theirs_rates.append(plain_rate(requests))
    theirs, own = median(theirs_rates), median(our_rates)
    return [
        Goal(
            what="balance check",
            measured=own / theirs,
            wanted=0.12,
            is_least=True,
            unit=" ×",
            beside=f"Django's plain view: {theirs:.0f}/s in one process; ours {own:.0f}/s; then 0.2",
        ),
        Goal(
            what="balance check, statements after authentication",
            measured=len(statements),
            wanted=1,
            beside="a limit",
        ),
    ]
