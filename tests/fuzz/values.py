"""Odd values for fields, queries, and path parts: what people, programs, and scanners send."""

from random import Random

TEXTS = [
    "", " ", "0", "-1", "1", "7", "+5", "1e9", "1e400", "NaN", "Infinity", "-0", "0.001", "3.99", "$3.99", "99999999999999999999",
    "9" * 400, "2147483648", "9223372036854775808", "-9223372036854775809", "٣", "²", "１２", "true", "on", "null", "None", "undefined", "[]", "{}",
    '{"a": [1, null]}', '["English"]', "[[[[", '"', "'", "';--", "%", "%s", "%00", "_", "\\", "\n", "\r\nX: y", "\t", "a\x00b", "\x00",
    "\x01\x1f\x7f", "\ud800", "x\udfff", "\ufeff", "\u202e", "\U0001f600", "é" * 300, "a" * 10_000, "<script>alert(1)</script>", "{{ 7 }}",
    "{% now %}", "../../etc/passwd", "//evil.example/", "https://evil.example", "http://[", "javascript:1", "/dashboard/",
    "Atlantis/Poseidonis", "../UTC", "America/New_York", "Factory", "localtime", "posixrules", "UTC", "utc", "+12125550100",
    "(212) 555-0100", "212-555-0100 ext 5", "911", "+999", "2026-02-30", "2026-11-28", "0000-00-00", "0001-01-01", "9999-12-31",
    "99999-01-01", "20260101", "2026-W01-1", "01/02/1990", "02/30/1990", "01011990", "25:00", "23:59:60", "00:00", "a@b.co", "@", "a@", "a" * 250 + "@b.co",
    "x@xn--.example", "call_x", "sarah", "desc", "-id", "1,2,3", ",,,", "1;2", "STOP", "shown", "day", "half-year", "chat", "sms", "ban",
]  # fmt: skip
PARAMETERS = [
    "before", "after", "limit", "page", "p", "q", "o", "e", "all", "next", "from", "to", "kind", "brand", "operator", "customer", "call",
    "call_id", "region", "sort", "order", "language", "specialty", "topic", "presence", "max_rate", "day", "month", "period", "person",
    "transaction", "amount", "email", "alias", "format", "search", "id", "id__in", "id__exact", "user__email", "pk__foo", "_to_field", "_popup",
    "_changelist_filters", "is_staff__exact", "created_at__gte", "created_at__year", "brand__id__exact", "operator_id", "up_to", "theme",
]  # fmt: skip
PATH_PARTS = [
    "%00", "a%00b", "%ED%A0%80", "%FF%FE", "%C0%80", "%0A", "%20", "%2F", "%2e%2e", "..%2f..", "%25", "0", "1", "-1", "00001", "9" * 30,
    "2147483648", "9223372036854775808", "%D9%A3", "sarah", "call_x", "x" * 300, "a.b", "%F0%9F%98%80", "%E2%80%AE", "%5C", "'", "%22",
    "None", "_05F00", "_", "_add", "1%2F2", "~", "%7f",
]  # fmt: skip


def text(chance: Random) -> str:
    """An odd text, sometimes several run together or a random string of the first planes of Unicode."""
    kind = chance.random()
    if kind < 0.8:
        return chance.choice(TEXTS)
    if kind < 0.9:
        return chance.choice(TEXTS) + chance.choice(TEXTS)
    return "".join(chr(chance.randrange(0x11000)) for _ in range(chance.randrange(1, 12)))


def as_sent(value: str) -> str:
    """What a client can put into a form or an address: UTF-8, with half characters replaced as a browser does."""
    return value.encode("utf-8", "replace").decode()


def query(chance: Random, more_names: list[str]) -> str:
    """A query string: known and unknown names, odd values, and sometimes bytes that are no query at all."""
    if chance.random() < 0.1:
        return chance.choice(
            [
                "&&&==",
                "%",
                "%ff=%ff",
                "a%00=1",
                "=",
                "region=" + "&region=".join("a" * 200),
                "x=" + "y" * 5000,
            ]
        )
    from urllib.parse import quote

    pairs = []
    for _ in range(chance.randrange(1, 5)):
        name = chance.choice([*PARAMETERS, *more_names, *more_names])
        value = text(chance)
        pairs.append(f"{quote(name)}={quote(value.encode('utf-8', 'surrogatepass'))}")
    return "&".join(pairs)
