"""One email a day, for whoever wants that: what could wait is a line in it."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from core.days import write_clock
from customers.models import User
from notices.kinds import RULES
from notices.models import DeliverySettings, Notice
from notices.pages import CUSTOMER_HOME
from notices.services.outbox import Texts, cleaned_texts, write
from notices.states import NoticeKind, NoticeState

SENT_AT = time(9)  # by the reader's clock


def add_to_digest(notice: Notice, reader: User, texts: Texts, *, at: datetime) -> None:
    """Add what `notice` is about to the email of the next morning. Two at once: the reader's settings are locked."""
    DeliverySettings.objects.select_for_update().get(person=reader)
    waiting = Notice.objects.select_for_update().filter(
        kind=NoticeKind.DIGEST, recipient=reader, brand=notice.brand, state=NoticeState.QUEUED
    )
    digest = waiting.order_by("id").last()
    local = at.astimezone(ZoneInfo(reader.time_zone))
    when = f"{local:%A}, {write_clock(at, reader.time_zone)}"
    line = f"{when}: {_(RULES[NoticeKind(notice.kind)].words).format(**texts)}"
    if digest is not None:
        digest.payload = cleaned_texts({**digest.payload, "lines": f"{digest.payload['lines']}\n{line}"})
        digest.save(update_fields=["payload"])
        return
    host = notice.brand.hosts.first() if notice.brand else None
    shown = {"lines": line, "url": CUSTOMER_HOME.url(host=host.host) if host else ""}
    wait = next_digest_at(at, reader.time_zone) - at
    write(NoticeKind.DIGEST, recipient=reader, brand=notice.brand, texts=shown, wait=wait)


def next_digest_at(at: datetime, time_zone: str) -> datetime:
    """The next 9 AM there."""
    zone = ZoneInfo(time_zone)
    local = at.astimezone(zone)
    day = local.date() + timedelta(days=1 if local.time() >= SENT_AT else 0)
    return datetime.combine(day, SENT_AT, tzinfo=zone).astimezone(at.tzinfo)
