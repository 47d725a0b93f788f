"""Read a processor's list of charges: for payments that nobody reported, and for amounts that it tells nowhere else."""

import logging
from datetime import datetime, timedelta

from billing.gateways import gateway_named
from billing.gateways.base import Gateway, Listed, NoAnswer, Notice
from billing.models import ProcessorReport, ReportLine
from billing.services.make_payment_again import payment_made_again
from billing.services.receive_notice import payment_of, receive_notice
from core.db import transactional

log = logging.getLogger(__name__)

LONGEST = timedelta(days=1)  # of one report
OVERLAP = timedelta(hours=6)  # what is listed late


def read_report(*, gateway_name: str, at: datetime) -> int:
    """Ask for what happened since the last report, unless it is too early, and have the payments checked; how many lines are new.

    Asked for once in `report_every`, by whichever process is first, answered or not. What was missed is read later, a day at a time.
    """
    gateway = gateway_named(gateway_name)
    since = _claim(gateway, at)
    if since is None:
        return 0
    until = min(at, since + LONGEST)
    try:
        lines = gateway.report(since, until)
    except NoAnswer:
        log.warning("a card processor gave no report gateway=%s", gateway_name)
        return 0
    return _take(gateway_name, lines, until)


@transactional
def _claim(gateway: Gateway, at: datetime) -> datetime | None:
    """From when on to ask, and on record that we do; None: it is too early."""
    if gateway.report_every is None:
        return None
    begun = at - LONGEST + OVERLAP
    ProcessorReport.objects.get_or_create(
        gateway=gateway.name, defaults={"asked_at": at - gateway.report_every, "covers_until": begun}
    )
    due = ProcessorReport.objects.filter(gateway=gateway.name, asked_at__lte=at - gateway.report_every)
    if not due.update(asked_at=at):
        return None
    return ProcessorReport.objects.get(gateway=gateway.name).covers_until - OVERLAP


@transactional
def _take(gateway_name: str, lines: list[Listed], until: datetime) -> int:
    new = take_lines(gateway_name, lines)
    ProcessorReport.objects.filter(gateway=gateway_name).update(covers_until=until)
    return new


@transactional
def take_lines(gateway_name: str, lines: list[Listed]) -> int:
    """Keep the lines that are new, and have their payments checked; how many they are."""
    known = set(
        ReportLine.objects.filter(gateway=gateway_name, key__in=[line.key for line in lines]).values_list(
            "key", flat=True
        )
    )
    new = {line.key: line for line in lines if line.key not in known}
    for line in new.values():
        payment = payment_of(gateway_name, charge=line.charge, public_id=line.payment)
        payment = payment or payment_made_again(gateway_name, line)
        ReportLine.objects.create(
            gateway=gateway_name, key=line.key, kind=line.kind, charge=line.charge, account=line.account,
            amount_minor=line.amount_minor, payment=payment,
        )  # fmt: skip
        named = str(payment.public_id) if payment else ""
        notice = Notice(f"report:{line.key}", f"report {line.kind}", payment=named, charge=line.charge)
        receive_notice(gateway_name=gateway_name, notice=notice)
    return len(new)
