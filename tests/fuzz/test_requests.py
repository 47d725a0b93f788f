"""Forms, queries, and paths of every site, with odd input: an answer always, never a crash."""

import json
from collections.abc import Iterator
from random import Random
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from tests.fuzz import addresses, forms, values
from tests.fuzz.forms import Form
from tests.fuzz.sender import Sender
from tests.fuzz.world import Person, World, made

pytestmark = pytest.mark.django_db
SHORT, LONG = 80, 5_000
_NOT_CRAWLED = ("/static/", "/api/schema", "/_gallery", "/accounts/logout")
API_POSTS = [
    "calls/initiate/", "calls/hangup/", "messages/send/", "messages/reply/", "messages/block/", "messages/read/", "messages/report/",
    "telephony/events/", "telephony/event-batches/", "sms/inbound/", "sms/status/x/", "calls/initiate.php", "messages/send.php",
]  # fmt: skip


@pytest.fixture
def world() -> World:
    return made()


def sizes(short: int, long: int) -> list[object]:
    return [short, pytest.param(long, marks=[pytest.mark.long, pytest.mark.slow, pytest.mark.timeout(7200)])]


@pytest.mark.slow
@pytest.mark.parametrize("count", sizes(SHORT, LONG))
def test_no_query_and_no_path_breaks_a_page(world: World, count: int) -> None:
    chance, sender = Random(11), Sender()
    tables = {site: addresses.of_site(site) for site in settings.SITE_URLCONFS}
    for number in range(count):
        person = chance.choice(world.people)
        address = tables[person.site][number % len(tables[person.site])]
        path = address.path(chance, world.values, odd=chance.choice([0.0, 0.5]))
        query = values.query(chance, ["q", "before", "from", "region"]) if chance.random() < 0.8 else ""
        method = chance.choices(["get", "head", "options", "post"], [12, 1, 1, 2])[0]
        sender.send(person, method, f"{path}?{query}", headers=odd_headers(chance))
    assert not sender.failures, sender.report()
    assert {200, 302, 400, 404} <= set(sender.answers), "too few kinds of answers: the fuzz misses the pages"


def odd_headers(chance: Random) -> dict[str, str]:
    """Headers that views read, now and then."""
    if chance.random() < 0.8:
        return {}
    name = chance.choice(["Referer", "Idempotency-Key", "X-Requested-With", "Accept", "Authorization", "If-None-Match", "Range",
                          "X-Forwarded-For", "Accept-Language", "Origin", "If-Modified-Since", "Accept-Encoding"])  # fmt: skip
    odd = [value for value in values.TEXTS if value.isascii() and value.isprintable()]
    return {
        name: chance.choice(
            [*odd, "http://[", "fetch", "text/html;q=x", "bytes=5-1", "Token x", "Token \xff"]
        )
    }


@pytest.mark.slow
@pytest.mark.parametrize("count", sizes(SHORT, LONG))
def test_no_form_breaks_a_page(world: World, count: int) -> None:
    chance, sender = Random(7), Sender()
    fillers = [
        person
        for person in world.people
        if person.name in ("visitor", "customer", "operator", "staff", "nobody")
    ]
    pages = 400 if count == LONG else 60
    shown = [(person, form) for person in fillers for form in forms_of(person, world, sender, pages)]
    assert len(shown) > (100 if count == LONG else 40), "the pages show their forms"
    chance.shuffle(shown)
    for number in range(count):
        person, form = shown[number % len(shown)]
        data = form.filled(chance)
        path = urlsplit(form.action)
        method = "get" if form.method != "post" else "post"
        sender.send(person, method, f"{path.path}?{path.query}", data)
    assert not sender.failures, sender.report()
    assert {200, 302, 400} <= set(sender.answers)


def forms_of(person: Person, world: World, sender: Sender, most: int) -> Iterator[Form]:
    """The forms that this person is shown: on pages of the URL table, and those that they lead to; `most` pages by chance."""
    chance, seen = Random(3), set[str]()
    waiting = [address.path(chance, world.values, odd=0) for address in addresses.of_site(person.site)]
    chance.shuffle(waiting)
    kinds = set[tuple[str, frozenset[str]]]()
    while waiting and len(seen) < most:
        path = waiting.pop(0)
        if path in seen or path.startswith(_NOT_CRAWLED) or urlsplit(path).netloc:
            continue
        seen.add(path)
        html, page = sender.page(person, path)
        found, links = forms.read(html, page)
        for form in found:
            kind = (form.action, frozenset(form.fields))
            if kind not in kinds and not form.action.startswith("/scheme/"):
                kinds.add(kind)
                yield form
        waiting += [
            link for link in links if person.site == "admin" and link.endswith(("/change/", "/add/"))
        ][:3]


@pytest.mark.slow
@pytest.mark.parametrize("count", sizes(60, 1_000))
def test_no_body_breaks_the_api_or_a_webhook(world: World, count: int) -> None:
    chance, sender = Random(5), Sender()
    odd = [
        None,
        [],
        {},
        0,
        -1,
        1e308,
        True,
        "",
        "\x00",
        "\ud800",
        [[]],
        {"a": {}},
        "9" * 5000,
        2**70,
        *values.TEXTS[:40],
    ]
    names = ["operator_id", "call_id", "message_text", "message_type", "customer_phone", "conversation_id", "up_to", "reason", "event_id",
             "sequence", "ts", "state", "metadata", "Body", "From", "To", "MessageSid"]  # fmt: skip
    for _ in range(count):
        person = chance.choice(world.people)
        body: object = {chance.choice(names): chance.choice(odd) for _ in range(chance.randrange(5))}
        if chance.random() < 0.2:
            body = chance.choice(odd)
        raw = json.dumps(body, default=str).encode()
        kind = chance.choice(["application/json", "application/json", "application/x-www-form-urlencoded", "multipart/form-data",
                              "multipart/form-data; boundary=x", "text/plain", "application/json; charset=utf-16", ""])  # fmt: skip
        if chance.random() < 0.2:
            raw = chance.choice([b"{", b"[" * 5000, b"\xff", b"a=%00", b"--x\r\n", b"null", b'{"a": 1e999}'])
        sender.send(person, "post", f"/api/{chance.choice(API_POSTS)}", raw, content_type=kind)
    assert not sender.failures, sender.report()
