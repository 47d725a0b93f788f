"""Who is answered what at every address: the table beside this file, compared with what the sites answer.

A new address needs a row. With `AEIMS_WRITE_URL_TABLE=1` the tests write what is answered now, the long one too (`-m "long or
slow"`); read what changed before it is committed.
"""

import os
import re

import pytest

from tests.security import urls_by_role
from tests.security.urls_by_role import HOSTS, Row
from tests.support.page_queries import Asked, assert_listed

SITES = sorted(HOSTS)
# Operators and icons are everybody's to see, and a complaint is for who has its link.
PUBLIC = re.compile(r"<slug:slug>|<int:operator_id>|<int:size>|<str:token>")
_PUBLIC_TO_STRANGERS_OF_THE_ADMIN = {"login/", "jsi18n/"}


def rows_of(site: str) -> list[Row]:
    return [row for row in urls_by_role.stored() if row.site == site]


@pytest.mark.parametrize("site", SITES)
def test_every_address_has_a_row(site: str) -> None:
    assert [row.route for row in rows_of(site)] == urls_by_role.routes(site)


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("site", SITES)
def test_everybody_is_answered_what_the_table_says(site: str) -> None:
    """The pages that Django's admin makes are in the test below.

    What these ask of the database is all on the site's list, and none of it reads or sorts a large table whole.
    """
    asked = Asked()
    assert_answered(
        site, [route for route in urls_by_role.routes(site) if not is_of_django(site, route)], asked
    )
    assert_listed(site, asked)


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.django_db
def test_everybody_is_answered_what_the_table_says_in_the_admin() -> None:
    assert_answered(
        "admin", [route for route in urls_by_role.routes("admin") if is_of_django("admin", route)], Asked()
    )


def is_of_django(site: str, route: str) -> bool:
    return site == "admin" and not route.startswith("backoffice/")


def assert_answered(site: str, routes: list[str], asked: Asked) -> None:
    rows = list(urls_by_role.ask(site, routes, asked))
    if os.environ.get("AEIMS_WRITE_URL_TABLE"):
        urls_by_role.store(rows)
    assert [str(row) for row in rows_of(site) if row.route in routes] == list(map(str, rows))


@pytest.mark.parametrize("site", ["brand", "portal"])
def test_what_belongs_to_somebody_else_looks_like_what_is_not_there(site: str) -> None:
    about_things = [row for row in rows_of(site) if "<" in row.route and not PUBLIC.search(row.route)]
    assert about_things
    assert [str(row) for row in about_things if row.answers["another"] != row.answers["missing"]] == []


def test_strangers_to_the_admin_are_shown_nothing() -> None:
    strangers = ("visitor", "customer", "operator")
    shown = [
        str(row)
        for row in rows_of("admin")
        if row.route not in _PUBLIC_TO_STRANGERS_OF_THE_ADMIN
        and any("200" in row.answers[stranger] for stranger in strangers)
    ]
    assert shown == []
